# SPDX-License-Identifier: GPL-2.0-only
"""Owners: places that hold tasks and cgroups. Here nobody counts references: what is held lives."""

from collections.abc import Callable
from typing import Any

from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import kind_of

from .context import Context
from .doors import Eval, Exec, Frame, Where, expression, place, statement


def reader(t: lang.Type, c: Context) -> Callable[[Any], Any]:
    """What is read out of an owner: a task that has left the scheduler is none."""
    if kind_of(t) != "task":
        return lambda found: found
    ours = c.state.rows["task"].found
    return lambda found: found if found is not None and found in ours else None


@place.register
def _(node: typed.MapPlace, c: Context) -> Where:
    """Looking an entry up counts as its use, as everywhere."""
    from .maps import key_of, store_of

    store, key = store_of(node, c), expression(node.key, c)

    def locate(f: Frame) -> Any:
        m = store(f)
        return m, key_of(key(f))

    def read(f: Frame, at: Any) -> Any:
        m, k = at
        return m.entries[k] if m.has(k) else None

    def write(f: Frame, at: Any, value: Any) -> None:
        m, k = at
        if m.has(k):
            m.entries[k] = value
        elif value is not None:
            m.put(k, value, False)

    return Where(locate, read, write)


@expression.register
def _(node: typed.Borrow, c: Context) -> Eval:
    where, read = place(node.place, c), reader(node.type, c)
    return lambda f: read(where.read(f, where.locate(f)))


@expression.register
def _(node: typed.Take, c: Context) -> Eval:
    where, read = place(node.place, c), reader(node.type, c)

    def take(f: Frame) -> Any:
        token = where.locate(f)
        found = where.read(f, token)
        where.write(f, token, None)
        return read(found)

    return take


@statement.register
def _(node: typed.Keep, c: Context) -> Exec:
    """The place before the value."""
    where, value = place(node.place, c), expression(node.value, c)

    def keep(f: Frame) -> None:
        token = where.locate(f)
        where.write(f, token, value(f))

    return keep
