# SPDX-License-Identifier: GPL-2.0-only
"""Structs, arrays, variants, constant tables, names for places."""

from typing import Any

from scxdsl.typing import typed

from .context import Context
from .doors import Eval, Exec, Frame, Where, expression, place, statement
from .places import Reference
from .values import copier, from_plain, zero


def _field_of(t: Any, name: str) -> int:
    return [f.name for f in t.fields].index(name)


@expression.register
def _(node: typed.StructValue, c: Context) -> Eval:
    """Fields are evaluated in the order of the text."""
    fields = [None if v is None else expression(v, c) for v in node.fields]
    order = [i for i in node.order if fields[i] is not None]
    t = node.type

    def make(f: Frame) -> list[Any]:
        out = zero(t)
        for i in order:
            out[i] = fields[i](f)  # type: ignore[misc]
        return out

    return make


@expression.register
def _(node: typed.ArrayValue, c: Context) -> Eval:
    items = [expression(i, c) for i in node.items]
    if node.repeat is None:
        return lambda f: [item(f) for item in items]
    count, copy, one = node.repeat, copier(node.type.of) or (lambda v: v), items[0]

    def fill(f: Frame) -> list[Any]:
        value = one(f)
        return [copy(value) for _ in range(count)]

    return fill


@expression.register
def _(node: typed.VariantValue, c: Context) -> Eval:
    name, parts = node.variant, [expression(p, c) for p in node.payload]
    return lambda f: (name, tuple(p(f) for p in parts))


@expression.register
def _(node: typed.FieldOf, c: Context) -> Eval:
    value, index = expression(node.value, c), _field_of(node.value.type, node.field)
    return lambda f: value(f)[index]


@expression.register
def _(node: typed.ElementOf, c: Context) -> Eval:
    value, index, span = expression(node.value, c), expression(node.index, c), node.span

    def element(f: Frame) -> Any:
        array, i = value(f), index(f)
        if i >= len(array):
            raise c.stop(span, f"index {i} is out of range: the length is {len(array)}")
        return array[i]

    return element


@expression.register
def _(node: typed.GetElement, c: Context) -> Eval:
    where, index = place(node.place, c), expression(node.index, c)
    copy = copier(node.place.type.of) or (lambda v: v)  # type: ignore[union-attr]

    def get(f: Frame) -> Any:
        token = where.locate(f)
        i = index(f)
        array = where.read(f, token)
        return copy(array[i]) if i < len(array) else None

    return get


@place.register
def _(node: typed.TablePlace, c: Context) -> Where:
    values = from_plain(node.table.values, node.table.type)

    def write(f: Frame, token: Any, value: Any) -> None:
        raise TypeError("a constant table is not written")

    return Where(lambda f: None, lambda f, token: values, write)


@statement.register
def _(node: typed.LetRef, c: Context) -> Exec:
    where = place(node.place, c)
    c.references.add(node.variable)
    room = c.room(node.variable)

    def name(f: Frame) -> None:
        f[room] = Reference(where, f)

    return name


@statement.register
def _(node: typed.AssignTuple, c: Context) -> Exec:
    """Places first, in order, then the value, then the stores in order."""
    places = [None if p is None else place(p, c) for p in node.places]
    value = expression(node.value, c)

    def assign(f: Frame) -> None:
        tokens = [None if p is None else p.locate(f) for p in places]
        for where, token, item in zip(places, tokens, value(f), strict=True):
            if where is not None:
                where.write(f, token, item)

    return assign
