# SPDX-License-Identifier: GPL-2.0-only
"""Calls of kernel functions that have other names or arguments on other kernels: a branch for each form that the declared
kernels need, each behind a test of its own that the form is there. The verifier cuts the branches that are dead."""

from collections.abc import Callable
from dataclasses import replace

from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Kfunc, Local, Operand
from scxdsl.kernel.ctype import Arg, Kind
from scxdsl.kernel.forms import Form, families, needed
from scxdsl.typing.left_out import left_out

from .context import FunctionContext
from .kernel_types import ir_proto, ir_type, never_null
from .moves import scalar
from .values import Lowered


def family(
    f: FunctionContext, name: str, *arguments: Operand | None, otherwise: Callable[[], Lowered] | None = None
) -> Lowered:
    """The call, with whichever form the running kernel has, and its result where every form gives one. `otherwise` is
    what to do on the kernels that have none."""
    found = families()[name]
    caller = None if left_out("contexts") else f.callback or None  # tests may ask the kernel anything
    forms, lacking = needed(f.module.target.facts, found, f.module.target.kernels, caller)
    if lacking and otherwise is None:
        otherwise = _nothing  # the rules made sure that these kernels never come here: `kernel has` stands before it
    if not forms and otherwise is not None:
        return otherwise()  # no kernel that runs this callback has any form
    values = dict(zip(found.params, arguments, strict=True))
    alone = len(forms) == 1 and not lacking
    if alone:
        return _call(f, forms[0], values, weak=False)
    gives = all(form.proto.returns.kind is not Kind.VOID for form in forms)
    result = ir_type(forms[0].proto.returns) if gives and forms else ir.VOID
    slot = None if result == ir.VOID else Local(f.name(name), _wide(result))
    _chain(f, forms, values, slot, otherwise, bool(lacking))
    return None if slot is None else f.build.get(slot)


def _nothing() -> Lowered:
    return None


def _chain(
    f: FunctionContext,
    forms: list[Form],
    values: dict[str, Operand | None],
    slot: Local | None,
    otherwise: Callable[[], Lowered] | None,
    lacking: bool,
) -> None:
    """Every form behind its own test; the last one is taken for granted where no kernel lacks all. The verifier does not
    follow a test of two symbols at once, so each has its branch."""
    if not forms:
        value = otherwise() if otherwise is not None else None
        if slot is not None:  # who has no result of its own gives 0
            _keep(f, slot, Const(slot.type, 0) if value is None else value)
        return
    first, *rest = forms
    kfunc = _declared(first, weak=True)
    if not rest and not lacking:
        _keep(f, slot, _call(f, first, values, weak=True))
        return
    with f.build.when(f.build.kfunc_exists(kfunc)) as branch:
        _keep(f, slot, _call(f, first, values, weak=True))
    with f.build.otherwise(branch):
        _chain(f, rest, values, slot, otherwise, lacking)


def _keep(f: FunctionContext, slot: Local | None, value: Lowered) -> None:
    if slot is not None and value is not None:
        f.build.set(slot, f.build.convert(scalar(value), slot.type))


def _declared(form: Form, weak: bool) -> Kfunc:
    """libbpf takes one `___suffix` off a name before it looks for it: a kernel name that has one itself gets another."""
    symbol = f"{form.name}___x" if "___" in form.name else form.name
    return Kfunc(symbol, ir_proto(form.proto), weak)


def _call(f: FunctionContext, form: Form, values: dict[str, Operand | None], weak: bool) -> Lowered:
    """Arguments by the kernel's names; those that a form wants in a struct are laid into one."""
    kfunc = replace(_declared(form, weak), sure=never_null(f.module.target.facts, form.name))
    given = [_argument(f, arg, values) for arg in form.proto.args]
    out = f.build.kfunc(kfunc, *given)
    return None if out is None else f.build.convert(out, _wide(out.type))


def _argument(f: FunctionContext, arg: Arg, values: dict[str, Operand | None]) -> Operand:
    type = ir_type(arg.type)
    name = arg.name + arg.suffix if arg.name + arg.suffix in values else arg.name  # a buffer and its length have one name but for the suffix
    if name in values:
        value = values[name]
        return Const(type, 0) if value is None else f.build.convert(value, type)
    if arg.name == "args" and arg.type.target is not None:
        return _arguments_struct(f, arg.type.target.name, values)
    raise LookupError(f"no value for the argument {arg.name}")


def _arguments_struct(f: FunctionContext, name: str, values: dict[str, Operand | None]) -> Operand:
    facts = f.module.target.facts
    struct = facts.struct(name)
    if struct is None:
        raise LookupError(name)
    fields = []
    for member in struct.fields:
        field = facts.field(f"{name}.{member}")
        assert field is not None and field.type.newest is not None
        fields.append(ir.Field(member, ir_type(field.type.newest.type)))
    shape = ir.Struct(name, tuple(fields))
    address = f.build.local_address(Local(f.name("args"), shape))
    f.build.clear(address, shape)
    for member in shape.fields:
        value = values.get(member.name)
        if value is not None:
            f.build.store(f.build.member(address, shape, member.name), f.build.convert(value, member.type))
    return address


def _wide(type: ir.Type) -> ir.Type:
    """What a result is in a register: integers of 64 bits."""
    if isinstance(type, ir.Int | ir.Enum):
        return ir.I64 if type.signed else ir.U64
    return type


