# SPDX-License-Identifier: GPL-2.0-only
"""Numbers, comparisons, choices, optionals."""

from operator import and_, or_, xor
from typing import Any

from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Arithmetic, Relation

from .context import Context
from .doors import Eval, Frame, expression, place, statement
from .numbers import arithmetic, relation
from .reserved import rooms_of, sending
from .values import copier, cut, is_signed

_OF_BOOLS = {Arithmetic.AND: and_, Arithmetic.OR: or_, Arithmetic.XOR: xor}


@expression.register
def _(node: typed.Literal, c: Context) -> Eval:
    value = node.value
    return lambda f: value


@expression.register
def _(node: typed.KernelConstant, c: Context) -> Eval:
    value = c.kernel.constant(node.name)
    if value is None:
        def missing(f: Frame) -> Any:
            raise LookupError(f"kernel {c.kernel.m.series} has no {node.name}")

        return missing
    return lambda f: value


@expression.register
def _(node: typed.Read, c: Context) -> Eval:
    if isinstance(node.place, typed.LocalPlace) and node.place.variable not in c.references:
        room, copy = c.room(node.place.variable), copier(node.type)
        if copy is not None:
            return lambda f: copy(f[room])
        return lambda f: f[room]
    where = place(node.place, c)
    locate, read, copy = where.locate, where.read, copier(node.type)
    if copy is not None:
        return lambda f: copy(read(f, locate(f)))
    return lambda f: read(f, locate(f))


@expression.register
def _(node: typed.Binary, c: Context) -> Eval:
    left, right = expression(node.left, c), expression(node.right, c)
    op = _OF_BOOLS[node.op] if isinstance(node.type, lang.BoolType) else arithmetic(node.op, node.left.type)
    to = cut(node.type) if is_signed(node.type) != is_signed(node.left.type) else None
    if to is not None:  # the difference of two vtimes is an i64
        return lambda f: to(op(left(f), right(f)))
    return lambda f: op(left(f), right(f))


@expression.register
def _(node: typed.Compare, c: Context) -> Eval:
    left, right = expression(node.left, c), expression(node.right, c)
    test = relation(node.relation, node.left.type)
    return lambda f: test(left(f), right(f))


@expression.register
def _(node: typed.Extreme, c: Context) -> Eval:
    """max: `if a < b { b } else { a }`; min: `if b < a { b } else { a }`."""
    left, right = expression(node.left, c), expression(node.right, c)
    before = relation(Relation.LT, node.type)

    def largest(f: Frame) -> int:
        a, b = left(f), right(f)
        return b if before(a, b) else a

    def least(f: Frame) -> int:
        a, b = left(f), right(f)
        return b if before(b, a) else a

    return largest if node.largest else least


@expression.register
def _(node: typed.Logical, c: Context) -> Eval:
    left, right = expression(node.left, c), expression(node.right, c)
    if node.conjunction:
        return lambda f: left(f) and right(f)
    return lambda f: left(f) or right(f)


@expression.register
def _(node: typed.Not, c: Context) -> Eval:
    value = expression(node.value, c)
    return lambda f: not value(f)


@expression.register
def _(node: typed.Convert, c: Context) -> Eval:
    value, to = expression(node.value, c), cut(node.type)
    if to is None:
        return value
    return lambda f: to(value(f))


@expression.register
def _(node: typed.FlagTest, c: Context) -> Eval:
    left, right = expression(node.left, c), expression(node.right, c)

    def test(f: Frame) -> bool:
        a, b = left(f), right(f)
        return a & b == b

    return test


@expression.register
def _(node: typed.TupleValue, c: Context) -> Eval:
    items = [expression(i, c) for i in node.items]
    return lambda f: tuple(item(f) for item in items)


@expression.register
def _(node: typed.TupleItem, c: Context) -> Eval:
    value, index = expression(node.value, c), node.index
    return lambda f: value(f)[index]


@expression.register
def block(node: typed.BlockValue, c: Context) -> Eval:
    rooms = rooms_of(node.statements, c)
    return sending(_block(node, c), rooms)


def _block(node: typed.BlockValue, c: Context) -> Eval:
    steps = [statement(s, c) for s in node.statements]
    if node.value is None:
        if len(steps) == 1:
            return steps[0]

        def run(f: Frame) -> None:
            for step in steps:
                step(f)

        return run
    value = expression(node.value, c)
    if not steps:
        return value

    def run_and_give(f: Frame) -> Any:
        for step in steps:
            step(f)
        return value(f)

    return run_and_give


def no_branch(f: Frame) -> None:
    """The `else` that is not there."""


@expression.register
def _(node: typed.IfValue, c: Context) -> Eval:
    condition, then = expression(node.condition, c), expression(node.then, c)
    otherwise = expression(node.otherwise, c) if node.otherwise is not None else no_branch
    return lambda f: then(f) if condition(f) else otherwise(f)


# ---- optionals: None, or the value; an optional of an optional holds its value in a tuple


def is_nested(t: lang.Type) -> bool:
    return isinstance(t, lang.Optional) and isinstance(t.of, lang.Optional)


@expression.register
def _(node: typed.Some, c: Context) -> Eval:
    value = expression(node.value, c)
    return (lambda f: (value(f),)) if is_nested(node.type) else value


@expression.register
def _(node: typed.Absent, c: Context) -> Eval:
    return lambda f: None


@expression.register
def _(node: typed.HoldsNothing, c: Context) -> Eval:
    value = expression(node.value, c)
    return lambda f: value(f) is None


def opened(node: typed.Expr, c: Context) -> tuple[Eval, bool]:
    """An optional's closure, and whether what it holds is wrapped."""
    return expression(node, c), is_nested(node.type)


@expression.register
def _(node: typed.Coalesce, c: Context) -> Eval:
    left, right = expression(node.left, c), expression(node.right, c)
    unwrap = is_nested(node.left.type) and node.type != node.left.type

    def choose(f: Frame) -> Any:
        value = left(f)
        if value is None:
            return right(f)
        return value[0] if unwrap else value

    return choose
