# SPDX-License-Identifier: GPL-2.0-only
"""Walks over queues, moves of the task at hand, `peek`, `reenqueue`."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken
from .errors_queues import NotWalked, OwnQueuesOnly
from .errors_types import WrongArguments
from .left_out import left_out
from .surface import Default, Operation, Parameter, Receiver
from .typed import FLAG_TYPES
from .types import BOOL, DSQ, DURATION, KERNEL_TASK, NOTHING, TASK, VTIME, Optional
from .walking import ITERABLES, apart, looped

MOVE = Operation(
    Receiver.TASK,
    "move",
    (
        Parameter("to", DSQ),
        Parameter("flags", FLAG_TYPES["enq"], Default.ZERO),
        Parameter("slice", DURATION, Default.ABSENT, named=True),
        Parameter("vtime", VTIME, Default.ABSENT, named=True),
    ),
    BOOL,
    effect=True,
)


def _for(loop: tree.For, value: typed.Expr, c: Checker) -> list[typed.Stmt]:
    _own(value, "walk", c)
    variable = None
    if isinstance(loop.pattern, tree.NamePattern):
        variable = typed.WalkVariable(loop.pattern.name.text, TASK, loop.pattern.name.span)
        c.locals.declare(loop.pattern.name, variable)
    elif not isinstance(loop.pattern, tree.WildcardPattern):
        apart(loop.pattern, TASK, c)
    body, otherwise = looped(loop, c)
    return [typed.ForQueue(span=loop.span, variable=variable, queue=value, body=body, otherwise=otherwise)]


ITERABLES[type(DSQ)] = _for


def _own(queue: typed.Expr, what: str, c: Checker) -> None:
    if isinstance(queue, typed.DsqValue) and queue.dsq is None and not left_out("looks_into_queues"):
        c.report(OwnQueuesOnly(queue.span, queue.span.text, what))


def moved(call: typed.Expr, c: Checker) -> typed.Expr:
    """A call of `move`, with its arguments matched, as the move of a walk; reports where there is none."""
    if not isinstance(call, typed.KernelCall):
        return call
    match call.receiver:
        case typed.Read(place=typed.LocalPlace(variable=typed.WalkVariable() as variable)):
            queue, flags, slice, vtime = call.arguments
            assert queue is not None and flags is not None
            return typed.MoveTask(
                span=call.span, type=BOOL, variable=variable, queue=queue, flags=flags, slice=slice, vtime=vtime
            )
    c.report(NotWalked(call.span, call.receiver.span.text if call.receiver else "this"))
    return broken(call.span)


def method(node: tree.Call, name: str, base: typed.Expr, c: Checker) -> typed.Expr | None:
    """`q.peek()`, `LOCAL.reenqueue()`; None for any other."""
    if base.type != DSQ or name not in ("peek", "reenqueue"):
        return None
    if node.arguments:
        c.report(WrongArguments(node.span, f"`{name}` takes no arguments", name, "()"))
        return broken(node.span)
    if name == "peek":
        _own(base, "look into", c)
        return typed.PeekQueue(span=node.span, type=Optional(KERNEL_TASK), queue=base)
    if not (isinstance(base, typed.DsqValue) and base.builtin == "local"):
        return _only_local(node.span, c)
    return typed.Reenqueue(span=node.span, type=NOTHING)


def _only_local(span: Span, c: Checker) -> typed.Expr:
    c.report(WrongArguments(span, "only `LOCAL` is enqueued again", "reenqueue", "LOCAL.reenqueue()"))
    return broken(span)
