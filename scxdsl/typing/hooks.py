# SPDX-License-Identifier: GPL-2.0-only
"""`hook tp_btf sched_switch(…) { … }`, `hook fentry f(…)`, `hook fexit f(…, ret) if param optional`: programs that the kernel runs at
a tracepoint, or when one of its functions is entered or left. Their tasks are the kernel's, managed or not."""

from scxdsl.kernel.ctype import Arg, CType, Kind, Proto
from scxdsl.kernel.versioned import Versioned
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, declare
from .declarations import body_of
from .errors_names import close_to
from .errors_programs import HookCondition, HookDiffers, HookKind, HookMissing, HookParameters, HookUnknown
from .types import BOOL, BROKEN, CGROUP, KERNEL_TASK, NOTHING, U64, IntType, KernelStruct, Optional, Type

KINDS = ("tp_btf", "fentry", "fexit")
RESULT_NAME = "ret"


@declare.register
def _(node: tree.HookDecl, c: Checker) -> None:
    """Hooks have no name in the policy's own space."""


def hook(node: tree.HookDecl, outer: Checker) -> None:
    """Checks one hook and adds it to the policy."""
    kind, target = node.kind.text, node.target.text
    if kind not in KINDS:
        outer.report(HookKind(node.kind.span, kind))
        return
    protos = _protos(node, outer)
    if protos is None:
        return
    params, places, arguments = _parameters(node, protos, outer)
    c = outer.inside(result=NOTHING, result_of=f"hook `{target}`", callback="hook")
    body = body_of(node.body, list(zip([p.name for p in node.parameters], params, strict=True)), c)
    outer.policy.hooks.append(
        typed.Hook(
            kind=kind, target=target, params=params, places=places, arguments=arguments, span=node.span, name_span=node.target.span,
            body=body, condition=_condition(node, outer), optional=node.optional,
        )  # fmt: skip
    )


def _protos(node: tree.HookDecl, c: Checker) -> Versioned[Proto] | None:
    """The target's prototype on the declared kernels that have it; None where that was reported."""
    name, facts = node.target.text, c.target.facts
    what = "tracepoint" if node.kind.text == "tp_btf" else "function"
    found = facts.tracepoint(name) if what == "tracepoint" else facts.function(name)
    if found is None:
        if what == "function" and node.optional and not node.parameters:
            return Versioned((), c.target.kernels.names)
        known = facts.tracepoint_names if what == "tracepoint" else facts.function_names
        c.report(HookUnknown(node.target.span, what, name, close_to(name, known)))
        return None
    missing = c.target.lacking(found.where)
    if missing and not node.optional:
        c.report(HookMissing(node.target.span, str(missing), "has" if len(missing) == 1 else "have", what, name))
    return found.within(c.target.kernels)


def _parameters(node: tree.HookDecl, protos: Versioned[Proto], c: Checker) -> tuple[list[typed.Variable], list[int], list[Type]]:
    """The parameters, the place of each, and the types of all arguments up to the first on which kernels differ."""
    rows = list(protos)
    least = min((len(proto.args) for _, proto in rows), default=0)
    most = max((len(proto.args) for _, proto in rows), default=0)
    same = next((i for i in range(least) if len({_shape(proto.args[i]) for _, proto in rows}) > 1), least)
    traced = node.kind.text == "tp_btf"
    arguments = [argument_type(rows[0][1].args[i], traced) for i in range(same)]
    params, places = [], []
    for i, p in enumerate(node.parameters):
        t: Type = BROKEN
        place = i
        if p.name.text == RESULT_NAME and node.kind.text == "fexit" and i == len(node.parameters) - 1:
            place, t = typed.RESULT, _result(node, [proto for _, proto in rows], c)
        elif i < same:
            t = arguments[i]
        elif i < most:
            told = tuple((str(kernels), _words(proto, i)) for kernels, proto in rows)
            c.report(HookDiffers(p.span, i + 1, node.target.text, told))
        elif i == most:
            signature = ", ".join(f"{a.type} {a.name}" for a in rows[0][1].args) if rows else ""
            c.report(HookParameters(p.span, node.target.text, most, len(node.parameters), signature))
        params.append(typed.Variable(p.name.text, t, p.name.span))
        places.append(place)
    return params, places, arguments


def _shape(arg: Arg) -> tuple[str, Kind]:
    return arg.name, arg.type.kind


def _words(proto: Proto, i: int) -> str:
    return f"`{proto.args[i].type} {proto.args[i].name}`" if i < len(proto.args) else "not there"


def _result(node: tree.HookDecl, protos: list[Proto], c: Checker) -> Type:
    if not protos or protos[0].returns.kind is Kind.VOID:
        c.report(HookParameters(node.parameters[-1].span, node.target.text, 0, len(node.parameters), "it gives nothing back"))
        return BROKEN
    return _plain(protos[0].returns)


def argument_type(arg: Arg, traced: bool) -> Type:
    """The language's type of an argument. A tracepoint vouches for its pointers, a function does not (kernel/bpf/btf.c,
    prog_args_trusted): its cgroups can be read and no more."""
    struct = arg.type.target.name if arg.type.kind is Kind.POINTER and arg.type.target is not None else ""
    if arg.type.kind is not Kind.POINTER:
        return _plain(arg.type)
    if not struct or arg.type.target is not None and arg.type.target.kind not in (Kind.STRUCT, Kind.UNION):
        return U64
    t: Type = KernelStruct(struct)
    if struct == "task_struct":
        t = KERNEL_TASK
    elif struct == "cgroup" and traced:
        t = CGROUP
    return Optional(t) if arg.nullable else t


def _plain(t: CType) -> Type:
    if t.kind is Kind.BOOL:
        return BOOL
    return IntType(t.bits, t.signed) if t.kind in (Kind.INT, Kind.ENUM) and t.bits in (8, 16, 32, 64) else U64


def _condition(node: tree.HookDecl, c: Checker) -> typed.Param | None:
    if node.condition is None:
        return None
    if isinstance(node.condition, tree.NameExpr):
        found = c.names.known.get(node.condition.name.text)
        if isinstance(found, typed.Param) and found.type == BOOL:
            return found
    c.report(HookCondition(node.condition.span))
    return None
