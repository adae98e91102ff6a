# SPDX-License-Identifier: GPL-2.0-only
"""Places: locals, parameters, globals, counters, properties, fields, elements."""

from typing import Any

from scxdsl.typing import typed

from .context import Context
from .doors import Frame, Where, expression, place
from .locks import deferred
from .properties import reader, writer


def _nothing(f: Frame) -> None:
    """A place without bases and indices."""


class Reference:
    """A place of another function, for a `mut` parameter or a `ref`: located once."""

    __slots__ = ("where", "frame", "token")

    def __init__(self, where: Where, frame: Frame) -> None:
        self.where, self.frame, self.token = where, frame, where.locate(frame)

    def read(self) -> Any:
        return self.where.read(self.frame, self.token)

    def write(self, value: Any) -> None:
        self.where.write(self.frame, self.token, value)


@place.register
def _(node: typed.LocalPlace, c: Context) -> Where:
    room = c.room(node.variable)
    if node.variable in c.references:
        return Where(_nothing, lambda f, t: f[room].read(), lambda f, t, v: f[room].write(v))

    def write(f: Frame, token: None, value: Any) -> None:
        f[room] = value

    return Where(_nothing, lambda f, t: f[room], write)


def _slot(rooms: list[Any], index: int) -> Where:
    def write(f: Frame, token: None, value: Any) -> None:
        rooms[index] = value

    return Where(_nothing, lambda f, t: rooms[index], write)


@place.register
def _(node: typed.ParamPlace, c: Context) -> Where:
    return _slot(c.state.params, c.policy.params.index(node.param))


@place.register
def _(node: typed.GlobalPlace, c: Context) -> Where:
    index = c.policy.globals.index(node.declaration)
    if not node.declaration.percpu:
        return _slot(c.state.globals, index)
    rooms, model = c.state.percpu[index], c.kernel.m

    def write(f: Frame, cpu: int, value: Any) -> None:
        rooms[cpu] = value

    return Where(lambda f: model.this, lambda f, cpu: rooms[cpu], write)


@place.register
def _(node: typed.StatPlace, c: Context) -> Where:
    rooms, model = c.state.stats[c.policy.stats.index(node.stat)], c.kernel.m

    def write(f: Frame, cpu: int, value: Any) -> None:
        rooms[cpu] = value

    return Where(lambda f: model.this, lambda f, cpu: rooms[cpu], write)


@place.register
def _(node: typed.PropertyPlace, c: Context) -> Where:
    base = expression(node.base, c)
    read = reader(node.property, c)
    write = deferred(writer(node.property, c), c) if node.property.writable else None

    def store(f: Frame, owner: Any, value: Any) -> None:
        assert write is not None
        write(owner, value)

    return Where(base, lambda f, owner: read(owner), store)


@place.register
def _(node: typed.FieldPlace, c: Context) -> Where:
    base = place(node.base, c)
    index = [f.name for f in node.base.type.fields].index(node.field)  # type: ignore[union-attr]
    read = base.read

    def write(f: Frame, token: Any, value: Any) -> None:
        read(f, token)[index] = value

    return Where(base.locate, lambda f, token: read(f, token)[index], write)


@place.register
def _(node: typed.IndexPlace, c: Context) -> Where:
    """The base is located before the index is evaluated; out of range is an error of the policy, before any value."""
    base, index = place(node.base, c), expression(node.index, c)
    array: Any = node.base.type
    read, locate, span = base.read, base.locate, node.span

    def find(f: Frame) -> tuple[Any, int]:
        token = locate(f)
        i = index(f)
        length = len(read(f, token)) if array.bounded else array.length
        if i >= length:
            raise c.stop(span, f"index {i} is out of range: the length is {length}")
        return token, i

    def write(f: Frame, at: tuple[Any, int], value: Any) -> None:
        read(f, at[0])[at[1]] = value

    return Where(find, lambda f, at: read(f, at[0])[at[1]], write)
