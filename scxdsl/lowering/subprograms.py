# SPDX-License-Identifier: GPL-2.0-only
"""Functions that are not laid into their callers (typing/subprograms.py chooses them).

What a function becomes depends on the callback around it; where two callbacks make the same of it they share it. Parameters are values in
registers. Where something inside can fail, a function without a result gives 1 instead of 0, and one with a truth value 2; of others the last
parameter points to a number on the caller's stack, and the callee sets it. The caller then
closes what it has open and leaves in its turn, so that `error` still ends the whole invocation. A function that takes numbers, and of
tasks and cgroups only those that the kernel gave to the callback, is a global one for the kernel, which verifies it once; another is
verified with each call, and knows what the caller knows of its arguments (kernel/bpf/verifier.c, check_func_call, btf_prepare_func_args).
"""

from collections.abc import Callable

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.printer import print_function
from scxdsl.ir.ops import CompareOp, Const, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import Builder, number
from .context import FunctionContext
from .layout import register_type
from .moves import get_slot, scalar, set_slot
from .slots import new_slot
from .values import Lowered, Slot

FAILED = ir.Pointer(ir.U64)
TRUTH = ir.U32  # of a function that gives a truth value
Lay = Callable[[typed.BlockValue, Slot | None, FunctionContext], None]
"""Lays a body into code at hand (calls.py, whose calls come here)."""
TOLD = {lang.Nothing: Const(ir.I32, 1), lang.BoolType: Const(TRUTH, 2)}  # what those give that failed


def call(node: typed.CallFunction, arguments: list[Operand], f: FunctionContext, lay: Lay) -> Lowered:
    """A call of the function's own code, which is written at the first call."""
    function = _function(node.function, f, lay)
    told = TOLD.get(type(node.function.result))
    points = len(function.params) > len(arguments)
    if points:
        failed = f.build.local_address(Local(f.name("failed"), ir.U64))
        f.build.store(failed, number(0))
        arguments = [*arguments, failed]
    out = f.build.call(function.name, function.result, *arguments)
    assert out is not None
    if points:
        with f.build.when(f.build.compare(CompareOp.NE, f.build.load(failed, ir.U64), number(0))):
            f.abandon()
    elif told is not None and function.fails:
        with f.build.when(f.build.compare(CompareOp.EQ, out, told)):
            f.abandon()
    if isinstance(node.function.result, lang.BoolType):
        return f.build.convert(out, ir.BOOL)
    return None if isinstance(node.function.result, lang.Nothing) else out


def _function(source: typed.Function, f: FunctionContext, lay: Lay) -> irm.Function:
    key = (source, f.callback, f.sleepable, f.in_section)
    known = f.module.subprograms.get(key)
    if known is None:
        made = _written(source, f, lay)
        known = _same(made, [x for (other, *_), x in f.module.subprograms.items() if other is source])
        if known is None:
            known = made
            made.name = _name(source, f)
            f.module.module.functions.append(made)
        known.interrupts_off &= f.interrupts_off
        f.module.subprograms[key] = known
    if f.callback and f.callback not in known.callers:
        known.callers.append(f.callback)
    return known


def _same(made: irm.Function, others: list[irm.Function]) -> irm.Function | None:
    """The code that another callback has made of the same function, where it is the same."""
    for other in others:
        name, other.name = other.name, ""
        same = made.linkage is other.linkage and print_function(made) == print_function(other)
        other.name = name
        if same:
            return other
    return None


def _written(source: typed.Function, outer: FunctionContext, lay: Lay) -> irm.Function:
    assert source.body is not None
    gives = not isinstance(source.result, lang.Nothing)
    told = TOLD.get(type(source.result))
    result = register_type(source.result) if told is None else told.type
    build = Builder(source.span)
    f = FunctionContext(outer.module, build, outer.callback, Const(result, 0), source.result, sleepable=outer.sleepable,
                        interrupts_off=outer.interrupts_off, in_section=outer.in_section, plan=outer.plan)  # fmt: skip
    if told is None:
        f.failed = Value(FAILED, "failed")
    f.failure = told
    params = [Value(register_type(p.type), p.name) for p in source.params]
    for parameter, given in zip(source.params, params, strict=True):
        f.slots[parameter] = new_slot(f, parameter.type, parameter.name)
        set_slot(f, f.slots[parameter], given)
    slot = new_slot(f, source.result, source.name) if gives else None
    lay(source.body, slot, f)
    if not build.ended:
        build.ret(Const(result, 0) if slot is None else build.convert(scalar(get_slot(f, slot)), result))
    alone = source in outer.plan.alone and not outer.in_section
    tags = {at: ("arg:trusted",) for at, p in enumerate(params) if isinstance(p.type, ir.Pointer)}
    points = f.fails and f.failed is not None
    if points:
        tags[len(params)] = ("arg:nonnull",)
    return irm.Function(
        name="",
        params=[*params, *([f.failed] if points and f.failed is not None else [])],
        result=result,
        body=build.body,
        linkage=irm.Linkage.GLOBAL if alone else irm.Linkage.NOINLINE,
        span=source.span,
        title=f"fn {source.name}",
        interrupts_off=outer.interrupts_off,
        param_tags=tags if alone else {},
        fails=f.fails,
    )


def _name(source: typed.Function, f: FunctionContext) -> str:
    """The policy and the function; the callback as well where that is taken, and a number where two modules have functions of one name."""
    taken = {x.name for x in f.module.module.functions}
    policy, function = f.module.policy.name, source.name.replace(".", "_")
    for stem in (f"{policy}_fn_{function}", f"{policy}_{f.callback or 'test'}_{function}"):
        if stem not in taken:
            return stem
    return f"{stem}_{len(taken)}"
