# SPDX-License-Identifier: GPL-2.0-only
"""Declarations of locals, assignments, returns, functions."""

from typing import Any

from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .context import Context, Returned
from .doors import Eval, Exec, Frame, Where, expression, place, statement
from .expressions import no_branch
from .locks import deferred
from .numbers import arithmetic
from .places import Reference
from .values import copier, cut, zero


@statement.register
def _(node: typed.Let, c: Context) -> Exec:
    t = node.variable.type
    value = expression(node.value, c) if node.value is not None else None
    room = c.room(node.variable)
    if value is None:
        fresh = copier(t)
        nothing = zero(t)

        def clear(f: Frame) -> None:
            f[room] = fresh(nothing) if fresh else nothing

        return clear

    def let(f: Frame) -> None:
        f[room] = value(f)

    return let


@statement.register
def _(node: typed.Destructure, c: Context) -> Exec:
    value = expression(node.value, c)
    rooms = [None if v is None else c.room(v) for v in node.variables]

    def let(f: Frame) -> None:
        for room, item in zip(rooms, value(f), strict=True):
            if room is not None:
                f[room] = item

    return let


@statement.register
def _(node: typed.Assign, c: Context) -> Exec:
    """The place before the value."""
    where, value = place(node.place, c), expression(node.value, c)
    locate, write = where.locate, where.write

    def assign(f: Frame) -> None:
        token = locate(f)
        write(f, token, value(f))

    return assign


@statement.register
def _(node: typed.Update, c: Context) -> Exec:
    """The place, the value, one load, the operation, one store that wraps into the place's type."""
    where, value = place(node.place, c), expression(node.value, c)
    locate, read, write = where.locate, where.read, where.write
    op, to = arithmetic(node.op, node.operand), cut(node.place.type)
    assert to is not None

    def change(f: Frame, token: Any, by: int) -> None:
        write(f, token, to(op(read(f, token), by)))

    if isinstance(node.place, typed.StatPlace):  # an effect: where a lock is held it waits for the release
        change = deferred(change, c)

    def update(f: Frame) -> None:
        token = locate(f)
        change(f, token, value(f))

    return update


@statement.register
def _(node: typed.Evaluate, c: Context) -> Exec:
    return expression(node.value, c)


@statement.register
def _(node: typed.Return, c: Context) -> Exec:
    value = expression(node.value, c) if node.value is not None else no_branch

    def leave(f: Frame) -> None:
        raise Returned(value(f))

    return leave


def body(node: typed.BlockValue, c: Context) -> Eval:
    """A function's body as what gives its result. A `return` at its very end needs no way out of the middle."""
    if node.statements and isinstance(last := node.statements[-1], typed.Return):
        result = last.value
        rest = typed.BlockValue(span=node.span, type=node.type, statements=node.statements[:-1], value=result)
        run = expression(rest, c)
    else:
        run = expression(node, c)

    def call(f: Frame) -> Any:
        try:
            return run(f)
        except Returned as left:
            return left.value

    return call


class Called:
    """A function as closures: the rooms of its parameters, the size of its frame, its body."""

    __slots__ = ("body", "rooms", "size")

    def __init__(self, function: typed.Function, outer: Context) -> None:
        c = outer.inside()
        c.references |= {p for p in function.params if p.reference}
        self.rooms = [c.room(p) for p in function.params]
        assert function.body is not None
        self.body = body(function.body, c)
        self.size = len(c.rooms)


def called(function: typed.Function, c: Context) -> Called:
    found = c.functions.get(function)
    if found is None:
        found = c.functions[function] = Called(function, c)
    return found


def _argument(node: typed.Expr | typed.Place, c: Context) -> Eval:
    if not isinstance(node, typed.Place):
        return expression(node, c)
    where: Where = place(node, c)
    return lambda f: Reference(where, f)


@expression.register
def _(node: typed.CallFunction, c: Context) -> Eval:
    target = called(node.function, c)
    arguments = [_argument(a, c) for a in node.arguments]
    rooms, size, run = target.rooms, target.size, target.body
    gives = not isinstance(node.function.result, lang.Nothing | lang.Never)

    def call(f: Frame) -> Any:
        inner: Frame = [None] * size
        for room, argument in zip(rooms, arguments, strict=True):
            inner[room] = argument(f)
        result = run(inner)
        return result if gives else None

    return call
