# SPDX-License-Identifier: GPL-2.0-only
"""Calls: the policy's functions, operations of the kernel, conversions, and the few functions of the language itself."""

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import atomics, cgroups, cpumasks, cpusets, inboxes, machine, maps, modules, queues, rings, staging, texts, timers, trees, typed, view
from .access import default_slice
from .c_names import CALLS
from .checker import Checker, broken, expression, place
from .convert import common, fit, settle, unchecked
from .data import struct_value, variant_value
from .errors_names import NotACallable, UnknownMember, UnknownName, close_to
from .errors_types import MaybeNone, NoSuchOperator, NotAssignable, WrongArguments, WrongType
from .kernel_names import known, refused, unsupported
from .kernel_names import operation as operation_of
from .left_out import left_out
from .operators import comparable
from .scope import Declaration
from .surface import Default, Operation, Receiver
from .types import (
    CPU,
    CPUSET,
    DSQ,
    U64,
    ArrayType,
    Broken,
    EnumType,
    IndexType,
    IntType,
    LiteralInt,
    Never,
    Optional,
    StructType,
    TaskType,
    Type,
    UnitType,
)

_CONVERSIONS = {"dsq": DSQ}


@expression.register
def _(node: tree.Call, c: Checker, expected: Type | None = None) -> typed.Expr:
    if isinstance(node.function, tree.Member):
        of_module = modules.declared(node.function, c)
        if of_module is not None:
            return _of_module(node, of_module[0], c)
        return _method(node, node.function, c)
    if isinstance(node.function, tree.DotName):
        of = expected.of if isinstance(expected, Optional) else expected
        if isinstance(of, EnumType):
            return variant_value(node.span, node.function.name, node.arguments, of, c)
    if not isinstance(node.function, tree.NameExpr):
        c.report(NotACallable(node.function.span, node.function.span.text, "value"))
        return broken(node.span)
    name = node.function.name.text
    if name in ("max", "min", "clamp"):
        return _extreme(node, name, c)
    if name == "LOCAL":
        return _local_on(node, c)
    found = staging.call(node, name, c) or machine.call(node, name, c) or cpumasks.call(node, name, c) or cgroups.call(node, name, c)
    if found is not None:
        return found
    if name in _CONVERSIONS:
        return _conversion(node, _CONVERSIONS[name], c)
    operation = view.OPERATIONS.get((Receiver.NONE, name))
    if operation is not None:
        return _operation(node, operation, None, c)
    declared = c.names.known.get(name)
    if isinstance(declared, typed.Function):
        return _function(node, declared, c)
    if isinstance(declared, StructType):
        return struct_value(node, declared, c)
    if declared is None and known(name, c):
        if refused(node, name, c):
            return broken(node.span)
        found = operation_of(name, c)
        if found is not None:
            return _operation(node, found, None, c)
        unsupported(node, name, c)
        return broken(node.span)
    if declared is not None or c.locals.find(name) is not None:
        what = "local" if declared is None else type(declared).__name__.lower()
        c.report(NotACallable(node.function.span, name, what))
    else:
        words = [n for where, n in view.OPERATIONS if where is Receiver.NONE]
        functions = [n for n, d in c.names.known.items() if isinstance(d, typed.Function)]
        c.report(UnknownName(node.function.span, name, close_to(name, [*words, *functions, *c.target.facts.kfunc_names, "max", "min", "clamp"])))
    for argument in node.arguments if name not in CALLS else ():  # of a function of C one message is enough
        expression(argument.value, c)
    return broken(node.span)


def _of_module(node: tree.Call, declared: Declaration | None, c: Checker) -> typed.Expr:
    """`m.f(x)`, `m.S(x: 1)`."""
    if isinstance(declared, typed.Function):
        return _function(node, declared, c)
    if isinstance(declared, StructType):
        return struct_value(node, declared, c)
    if declared is not None:
        c.report(NotACallable(node.function.span, node.function.span.text, type(declared).__name__.lower()))
    for argument in node.arguments:
        expression(argument.value, c)
    return broken(node.span)


def _method(node: tree.Call, member: tree.Member, c: Checker) -> typed.Expr:
    special = atomics.method(node, member, c)
    if special is not None:
        return special
    found_tree = trees.tree_named(member.object, c)
    if found_tree is not None:
        return trees.method(node, member, *found_tree, c)
    ring = rings.ring_named(member.object, c)
    if ring is not None:
        return rings.method(node, member, ring, c)
    inbox = inboxes.inbox_named(member.object, c)
    if inbox is not None:
        return staging.feed(node, member, inbox, c)
    timer = timers.timer_named(member.object, c)
    if timer is not None:
        return timers.method(node, member, timer, c)
    m = maps.map_named(member.object, c)
    if m is not None:
        return maps.method(node, member, m, c)
    outer = place(member.object, c)
    if outer is not None and isinstance(outer.type, ArrayType) and member.name.text == "get":
        given = _plain_arguments(node, 1, "get", "(i: u64)", c)
        if given is None:
            return broken(node.span)
        index = fit(expression(given[0], c, U64), U64, c)
        return typed.GetElement(span=node.span, type=Optional(outer.type.of), place=outer, index=index)
    base = expression(member.object, c)
    if isinstance(base.type, Broken):
        return broken(node.span)
    if isinstance(base.type, Optional) and left_out("optionals"):
        base = unchecked(base)
    if isinstance(base.type, Optional):
        c.report(MaybeNone(member.object.span, str(base.type)))
        return broken(node.span)
    for topic in (cpumasks, cpusets, queues, cgroups, texts):
        special = topic.method(node, member.name.text, base, c)
        if special is not None:
            return special
    if isinstance(base.type, TaskType) and member.name.text == queues.MOVE.name:
        return queues.moved(_operation(node, queues.MOVE, base, c), c)
    receiver = view.receiver_of(base.type)
    operation = view.OPERATIONS.get((receiver, member.name.text)) if receiver else None
    if operation is not None:
        return _operation(node, operation, base, c)
    known = [n for where, n in view.OPERATIONS if where is receiver] if receiver else []
    known += cpumasks.names_of(base.type) or (cpusets.MEMBERS if base.type == CPUSET else ())
    c.report(UnknownMember(member.name.span, f"a {base.type}", member.name.text, close_to(member.name.text, known), tuple(known)))
    return broken(node.span)


@dataclass
class _Wanted:
    """One parameter as the matching of arguments sees it."""

    name: str
    type: Type
    required: bool
    named_only: bool = False


def _too_many(name: str, count: int, named: list[str], given: str) -> str:
    if named:
        return f"`{name}` takes {count} arguments in order; `{named[0]}` is given by its name: `{named[0]}: {given}`"
    return f"`{name}` takes {count or 'no'} argument{'s' * (count != 1)}"


def _match(
    node: tree.Call, wanted: list[_Wanted], name: str, c: Checker, declared: Span | None = None
) -> list[tree.Argument | None] | None:
    """The argument of each parameter; reports and gives None where they do not go together."""
    signature = "(" + ", ".join(f"{w.name}: {w.type}" + ("" if w.required else " …") for w in wanted) + ")"
    found: list[tree.Argument | None] = [None] * len(wanted)

    def refuse(span: Span, problem: str) -> None:
        c.report(WrongArguments(span, problem, name, signature, declared))

    positional = [i for i, w in enumerate(wanted) if not w.named_only]
    at = 0
    for argument in node.arguments:
        if argument.name is None:
            if at >= len(positional):
                refuse(argument.span, _too_many(name, len(positional), [w.name for w in wanted if w.named_only], argument.span.text))
                return None
            found[positional[at]] = argument
            at += 1
            continue
        index = next((i for i, w in enumerate(wanted) if w.name == argument.name.text), None)
        if index is None:
            refuse(argument.name.span, f"`{name}` has no parameter `{argument.name.text}`")
            return None
        if found[index] is not None:
            refuse(argument.name.span, f"`{argument.name.text}` is given twice")
            return None
        found[index] = argument
    for w, argument in zip(wanted, found, strict=True):
        if argument is None and w.required:
            refuse(node.span, f"`{name}` needs `{w.name}`")
            return None
    return found


def _operation(node: tree.Call, operation: Operation, receiver: typed.Expr | None, c: Checker) -> typed.Expr:
    wanted = [
        _Wanted(p.name, p.type, p.default is Default.REQUIRED, p.named) for p in operation.params
    ]
    found = _match(node, wanted, operation.name, c)
    if found is None:
        return broken(node.span)
    arguments: list[typed.Expr | None] = []
    for p, argument in zip(operation.params, found, strict=True):
        if argument is not None:
            value = expression(argument.value, c, p.type)
            arguments.append(fit(value, p.type, c, node.function.span, f"because `{p.name}` is {p.type}"))
        elif p.default is Default.ZERO:
            arguments.append(typed.Literal(span=node.span, type=p.type, value=0))
        elif p.default is Default.SLICE:
            arguments.append(default_slice(node.span, c))
        else:
            arguments.append(None)
    return typed.KernelCall(
        span=node.span, type=operation.result, operation=operation, receiver=receiver, arguments=arguments
    )


def _function(node: tree.Call, function: typed.Function, c: Checker) -> typed.Expr:
    if c.function is not None:
        c.calls.setdefault(c.function, []).append((function, node.span))
    wanted = [_Wanted(p.name, p.type, True) for p in function.params]
    found = _match(node, wanted, function.name, c, function.span)
    if found is None:
        return broken(node.span)
    arguments: list[typed.Expr | typed.Place] = []
    for parameter, argument in zip(function.params, found, strict=True):
        assert argument is not None
        if not parameter.reference:
            value = expression(argument.value, c, parameter.type)
            because = f"because `{parameter.name}` is {parameter.type}"
            arguments.append(fit(value, parameter.type, c, parameter.span, because))
            continue
        where = place(argument.value, c)
        if where is None:
            c.report(NotAssignable(argument.span, argument.span.text, "a `mut` parameter needs a place"))
            return broken(node.span)
        if where.type != parameter.type and not isinstance(where.type, Broken):
            c.report(WrongType(argument.span, str(parameter.type), str(where.type), parameter.span, "because of this"))
        arguments.append(where)
    return typed.CallFunction(span=node.span, type=function.result, function=function, arguments=arguments)


def _plain_arguments(node: tree.Call, count: int, name: str, signature: str, c: Checker) -> list[tree.Expr] | None:
    if len(node.arguments) != count or any(a.name is not None for a in node.arguments):
        c.report(WrongArguments(node.span, f"`{name}` takes {count} arguments", name, signature))
        return None
    return [a.value for a in node.arguments]


def _extreme(node: tree.Call, name: str, c: Checker) -> typed.Expr:
    """`max`, `min`, and `clamp(x, low, high)`, which is `min(max(x, low), high)`."""
    count = 3 if name == "clamp" else 2
    given = _plain_arguments(node, count, name, "(x, low, high)" if count == 3 else "(a, b)", c)
    if given is None:
        return broken(node.span)
    values = [expression(a, c) for a in given]
    if any(isinstance(v.type, Broken) for v in values):
        return broken(node.span)
    out = _one_extreme(node.span, name != "min", values[0], values[1], c)
    if name == "clamp" and not isinstance(out.type, Broken):
        out = _one_extreme(node.span, False, out, values[2], c)
    return out


def _one_extreme(span: Span, largest: bool, left: typed.Expr, right: typed.Expr, c: Checker) -> typed.Expr:
    if isinstance(left.type, LiteralInt) and isinstance(right.type, LiteralInt):
        chosen = (max if largest else min)(left.type.value, right.type.value)
        return typed.Literal(span=span, type=LiteralInt(chosen), value=chosen)
    joint = common(left.type, right.type)
    if joint is not None and not isinstance(joint, IntType | LiteralInt | UnitType | IndexType):
        c.report(NoSuchOperator(span, "max" if largest else "min", str(joint)))
        return broken(span)
    sides = comparable(span, "max" if largest else "min", left, right, False, c)
    if sides is None:
        return broken(span)
    out: typed.Expr = typed.Extreme(span=span, type=sides[0].type, largest=largest, left=sides[0], right=sides[1])
    if isinstance(joint, IntType) and joint != out.type:  # two u32 give a u32: the larger of both fits
        out = typed.Convert(span=span, type=joint, value=out)
    return out


def _local_on(node: tree.Call, c: Checker) -> typed.Expr:
    given = _plain_arguments(node, 1, "LOCAL", "(c: cpu)", c)
    if given is None:
        return broken(node.span)
    cpu = fit(expression(given[0], c, CPU), CPU, c)
    return typed.DsqValue(span=node.span, type=DSQ, dsq=None, index=cpu, builtin="local_on")


def _conversion(node: tree.Call, to: Type, c: Checker) -> typed.Expr:
    """`dsq(id)`: a number as a queue's id. It is not checked here: the kernel does that."""
    given = _plain_arguments(node, 1, str(to), "(n: u64)", c)
    if given is None:
        return broken(node.span)
    value = settle(expression(given[0], c))
    if isinstance(value.type, Broken | Never):
        return broken(node.span)
    return typed.Convert(span=node.span, type=to, value=fit(value, U64, c))

