# SPDX-License-Identifier: GPL-2.0-only
"""`on NAME(…)`: parameters typed by the kernel, and what the body gives."""

import re

from scxdsl.kernel.ctype import Arg, CType, Kind
from scxdsl.kernel.items import Op
from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker
from .declarations import body_of
from .errors_declarations import CallbackDeprecated, CallbackMissing, CallbackRefused, CallbackTwice, TooManyParameters
from .left_out import left_out
from .errors_names import UnknownCallback, close_to
from .typed import FLAG_TYPES
from .types import (
    BOOL,
    BROKEN,
    CGROUP,
    CPU,
    CPUMASK,
    NOTHING,
    TASK,
    IntType,
    KernelStruct,
    Optional,
    Type,
)

# Arguments whose C type says less than their name does (kernel/sched/ext.c, struct sched_ext_ops).
_BY_NAME: dict[str, Type] = {
    "enq_flags": FLAG_TYPES["enq"],
    "deq_flags": FLAG_TYPES["deq"],
    "wake_flags": FLAG_TYPES["wake"],
    "cpu": CPU,
    "prev_cpu": CPU,
}
_BY_STRUCT: dict[str, Type] = {"task_struct": TASK, "cgroup": CGROUP, "cpumask": CPUMASK}
# What the body gives; of the rest the kernel reads an error, and the body gives nothing.
RESULTS: dict[str, Type] = {"select_cpu": CPU, "yield": BOOL, "core_sched_before": BOOL}


def parameter_type(arg: Arg) -> Type:
    """The language's type of a callback's parameter."""
    if arg.name in _BY_NAME:
        return _BY_NAME[arg.name]
    if arg.type.kind is Kind.POINTER and arg.type.target is not None:
        t = _BY_STRUCT.get(arg.type.target.name) or KernelStruct(arg.type.target.name)
        return Optional(t) if arg.nullable else t
    return _plain(arg.type)


def _plain(t: CType) -> Type:
    return BOOL if t.kind is Kind.BOOL else IntType(t.bits, t.signed)


def callback(node: tree.CallbackDecl, outer: Checker) -> None:
    """Checks one callback and adds it to the policy."""
    name = node.name.text
    facts = outer.target.facts
    op = facts.op("dequeue" if name == "custody_end" else name)
    if op is None:
        outer.report(UnknownCallback(node.name.span, name, close_to(name, [*facts.op_names, "custody_end"]), facts.tracepoint(name) is not None))
        return
    first = outer.policy.callback(name)
    if first is not None:
        outer.report(CallbackTwice(node.name.span, name, first.name_span))
        return
    marks = facts.constant(typed.TELLS_ALL) if name == "custody_end" else None
    missing = outer.target.lacking(op.where if marks is None else marks.where)
    if missing:
        outer.report(CallbackMissing(node.name.span, name, str(missing)))
    refused = op.refused & outer.target.kernels
    if refused and not left_out("cid_form"):
        outer.report(CallbackRefused(node.name.span, name, str(refused)))
    deprecated = op.deprecated & outer.target.kernels
    if deprecated:
        outer.report(CallbackDeprecated(node.name.span, name, str(deprecated)))
    params = _parameters(node, op, outer)
    result = RESULTS.get(name, NOTHING)
    c = outer.inside(result=result, result_of=f"`{name}`", callback=name)
    body = body_of(node.body, list(zip([p.name for p in node.parameters], params, strict=True)), c)
    outer.policy.callbacks.append(typed.Callback(name, params, result, node.span, node.name.span, body))


def _surplus(node: tree.CallbackDecl, first: int) -> Span | None:
    """The parameters from this one on; none where the body may use one of them."""
    text = node.body.span.text
    if first == 0 or any(re.search(rf"\b{p.name.text}\b", text) for p in node.parameters[first:]):
        return None
    return node.span.source.span(node.parameters[first - 1].span.end, node.parameters[-1].span.end)


def _parameters(node: tree.CallbackDecl, op: Op, c: Checker) -> list[typed.Variable]:
    proto = op.proto.newest
    args = proto.args if proto is not None else ()
    out = []
    for i, p in enumerate(node.parameters):
        if i == len(args):
            signature = ", ".join(f"{a.name}: {parameter_type(a)}" for a in args)
            plural = "s" * (len(args) != 1)
            c.report(TooManyParameters(p.span, op.name, len(args), len(node.parameters), signature, plural, _surplus(node, i)))
        t: Type = parameter_type(args[i]) if i < len(args) else BROKEN
        out.append(typed.Variable(p.name.text, t, p.name.span))
    return out
