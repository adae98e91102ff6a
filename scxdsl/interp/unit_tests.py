# SPDX-License-Identifier: GPL-2.0-only
"""Runs a policy's own tests, each on a policy just attached to a kernel without tasks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from scxdsl.model import KernelOps, Model, staging
from scxdsl.model.attach import attach
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.sizes import offsets

from . import programs
from .context import Context, Leave, Stop
from .doors import Eval, Exec, Frame, expression, statement
from .engine import Interpreter
from .statements import body
from .wire import decode, encode


@dataclass(frozen=True)
class Outcome:
    """What a test came to. `span`: the assert that does not hold, or nothing where the test did not come to one; `values`: what
    stood on the two sides of its comparison; `error`: the message of an `error` that ended the test."""

    test: typed.Test
    passed: bool
    span: Span | None = None
    values: tuple[Any, Any] | None = None
    error: str = ""


class Failed(Leave):
    """An assert does not hold."""

    def __init__(self, span: Span, values: tuple[Any, Any] | None) -> None:
        self.span, self.values = span, values


@statement.register
def _(node: typed.Assert, c: Context) -> Exec:
    condition, span = node.condition, node.span
    if not isinstance(condition, typed.Compare):
        test = expression(condition, c)

        def hold(f: Frame) -> None:
            if not test(f):
                raise Failed(span, None)

        return hold
    sides = condition.left, condition.right
    left, right = (expression(side, c) for side in sides)
    names = [typed.Variable("", side.type, side.span) for side in sides]
    rooms = [c.room(name) for name in names]
    reads = [
        typed.Read(span=v.span, type=v.type, place=typed.LocalPlace(span=v.span, type=v.type, variable=v)) for v in names
    ]
    compare = expression(replace(condition, left=reads[0], right=reads[1]), c)

    def compared(f: Frame) -> None:
        f[rooms[0]], f[rooms[1]] = left(f), right(f)
        if not compare(f):
            raise Failed(span, (f[rooms[0]], f[rooms[1]]))

    return compared


@expression.register
def _(node: typed.TestSpawn, c: Context) -> Eval:
    nice, model = expression(node.nice, c), c.kernel.m
    return lambda f: staging.spawn(model, nice(f))


@expression.register
def _(node: typed.TestCallback, c: Context) -> Eval:
    arguments, model, name = [expression(a, c) for a in node.arguments], c.kernel.m, node.callback.op
    return lambda f: staging.call(model, name, tuple(a(f) for a in arguments))


@expression.register
def _(node: typed.TestCommand, c: Context) -> Eval:
    command, model = node.command, c.kernel.m
    arguments = [expression(a, c) for a in node.arguments]
    types = [p.type for p in command.params]
    size, places = programs.context_size(command), offsets([*types, command.result])
    gives = not isinstance(command.result, lang.Nothing)

    def run(f: Frame) -> Any:
        context = bytearray(size)
        for argument, t, at in zip(arguments, types, places, strict=False):
            data = encode(argument(f), t)
            context[at : at + len(data)] = data
        status, after = model.command(command.name, bytes(context))
        if not gives:
            return status == 0
        return None if status else decode(after[places[-1] :], command.result, lambda kind, index: True)

    return run


@expression.register
def _(node: typed.InboxFeed, c: Context) -> Eval:
    value, store = expression(node.value, c), c.state.inboxes[c.policy.inboxes.index(node.inbox)]
    return lambda f: store.post(encode(value(f), node.inbox.element))


@expression.register
def _(node: typed.RingTake, c: Context) -> Eval:
    store = c.state.rings[c.policy.rings.index(node.ring)]

    def take(f: Frame) -> Any:
        found = store.take(1)
        return decode(found[0], node.ring.element, lambda kind, index: True) if found else None

    return take


def prepared(interpreter: Interpreter, node: typed.BlockValue) -> Callable[[], Any]:
    """A body without parameters, to be run in the state of the interpreter."""
    c = interpreter.context.inside()
    run = body(node, c)
    size = len(c.rooms)
    return lambda: run([None] * size)


def run_test(policy: typed.Policy, test: typed.Test, series: str) -> Outcome:
    """One test, on a fresh kernel of that series with two CPUs."""
    model = Model(series)
    made: list[Interpreter] = []

    def make(kernel: KernelOps) -> Interpreter:
        made.append(Interpreter(policy, kernel))
        return made[0]

    attach(model, make)
    if model.exit is not None:
        return Outcome(test, False, error=model.exit.msg)
    try:
        prepared(made[0], test.body)()
    except Failed as failed:
        return Outcome(test, False, failed.span, failed.values)
    except Stop:
        return Outcome(test, False, error=model.exit.msg if model.exit is not None else "")
    return Outcome(test, True)
