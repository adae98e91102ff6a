# SPDX-License-Identifier: GPL-2.0-only
"""Chains of conditions, and loops."""

from collections.abc import Callable, Iterable
from typing import Any

from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.types import is_owner

from .context import Broke, Context, Continued
from .doors import Eval, Exec, Frame, expression, place, statement
from .expressions import is_nested, no_branch
from .marks import recorded_turns
from .match import Fits, fits
from .owners import reader
from .reserved import rooms_of, sending
from .values import copier

_MOST_TURNS = 1 << 23  # of a loop; more is an error (docs/language/control.md)


def _condition(node: typed.Expr, c: Context) -> Eval:
    if not isinstance(node, typed.Opens):
        return expression(node, c)
    value, wrapped = expression(node.value, c), _wrapped(node.value)
    if node.test is not None:
        test = fits(node.test, node.value.type, c)
        return lambda f: test(f, value(f))
    room = c.room(node.variable) if node.variable is not None else c.hidden()

    def opens(f: Frame) -> bool:
        found = value(f)
        if found is None:
            return False
        f[room] = found[0] if wrapped else found
        return True

    return opens


def _wrapped(node: typed.Expr) -> bool:
    """Whether what an optional holds lies in a tuple; a place in a ring does not."""
    return is_nested(node.type) and not isinstance(node, typed.RingReserve)


def _all(nodes: list[typed.Expr], c: Context) -> Eval:
    conditions = [_condition(n, c) for n in nodes]
    if len(conditions) == 1:
        return conditions[0]
    return lambda f: all(test(f) for test in conditions)


@expression.register
def _(node: typed.Chain, c: Context) -> Eval:
    rooms = rooms_of(node.conditions, c)
    test = _all(node.conditions, c)
    then = expression(node.then, c)
    otherwise = expression(node.otherwise, c) if node.otherwise is not None else no_branch
    if not rooms:
        return lambda f: then(f) if test(f) else otherwise(f)
    taken = sending(lambda f: (then(f),) if test(f) else None, rooms)

    def chain(f: Frame) -> Any:
        done = taken(f)
        return otherwise(f) if done is None else done[0]

    return chain


def _let_parts(value: Eval, test: Fits, otherwise: Eval) -> Exec:
    def let(f: Frame) -> None:
        if not test(f, value(f)):
            otherwise(f)

    return let


@statement.register
def _(node: typed.LetParts, c: Context) -> Exec:
    value, bind = expression(node.value, c), fits(node.test, node.value.type, c)

    def let(f: Frame) -> None:
        bind(f, value(f))

    return let


@statement.register
def _(node: typed.LetElse, c: Context) -> Exec:
    value, wrapped = expression(node.value, c), _wrapped(node.value)
    otherwise = expression(node.otherwise, c)
    if node.test is not None:
        return _let_parts(value, fits(node.test, node.value.type, c), otherwise)
    room = c.room(node.variable) if node.variable is not None else c.hidden()

    def let(f: Frame) -> None:
        found = value(f)
        if found is None:
            otherwise(f)
        f[room] = found[0] if wrapped else found

    return let


def loop(turns: Callable[[Frame], Iterable[Any]], room: int, body: typed.BlockValue, otherwise: typed.BlockValue | None, c: Context) -> Exec:
    """Runs the body for each of `turns`, which lies in `room` meanwhile; `otherwise` where no `break` ended it."""
    turns = recorded_turns(turns, body, c)
    run = expression(body, c)
    after = expression(otherwise, c) if otherwise is not None else no_branch

    def whole(f: Frame) -> None:
        try:
            for value in turns(f):
                f[room] = value
                try:
                    run(f)
                except Continued:
                    pass
        except Broke:
            return
        after(f)

    return whole


def _room(variable: typed.Variable | None, c: Context) -> int:
    return c.room(variable) if variable is not None else c.hidden()


@statement.register
def _(node: typed.ForRange, c: Context) -> Exec:
    low, high, more, span = expression(node.low, c), expression(node.high, c), int(node.inclusive), node.span

    def turns(f: Frame) -> Iterable[int]:
        first = low(f)
        last = high(f) + more
        _allowed(last - first, span, c)
        return range(first, last)

    return loop(turns, _room(node.variable, c), node.body, node.otherwise, c)


def _allowed(count: int, span: Span, c: Context) -> int:
    """The count of a loop's turns. Raises Stop, before the first one, where it has too many; 2**64, the most that a range can have, is told as one less."""
    if count > _MOST_TURNS:
        raise c.stop(span, f"a loop of {min(count, 2**64 - 1)} turns: at most {_MOST_TURNS}")
    return count


@statement.register
def _(node: typed.Repeat, c: Context) -> Exec:
    count, span = expression(node.count, c), node.span
    return loop(lambda f: range(_allowed(count(f), span, c)), c.hidden(), node.body, node.otherwise, c)


@statement.register
def _(node: typed.While, c: Context) -> Exec:
    limit, rooms, span = expression(node.limit, c), rooms_of(node.conditions, c), node.span
    test, body = _all(node.conditions, c), expression(node.body, c)

    def turn_runs(f: Frame) -> bool:
        if not test(f):
            return False
        body(f)
        return True

    turn = sending(turn_runs, rooms)
    otherwise = expression(node.otherwise, c) if node.otherwise is not None else no_branch

    def whole(f: Frame) -> None:
        try:
            for _ in range(_allowed(limit(f), span, c)):
                try:
                    if not turn(f):
                        return
                except Continued:
                    pass
        except Broke:
            return
        otherwise(f)

    return whole


@statement.register
def _(node: typed.Break, c: Context) -> Exec:
    def leave(f: Frame) -> None:
        raise Broke

    return leave


@statement.register
def _(node: typed.Continue, c: Context) -> Exec:
    def leave(f: Frame) -> None:
        raise Continued

    return leave


@statement.register
def _(node: typed.ForArray, c: Context) -> Exec:
    """Each turn reads one element of the place, in order; the place is located once."""
    where = place(node.array, c)
    array: Any = node.array.type
    copy = reader(array.of, c) if is_owner(array.of) else copier(array.of) or (lambda v: v)

    def turns(f: Frame) -> Iterable[Any]:
        token = where.locate(f)
        length = len(where.read(f, token)) if array.bounded else array.length
        for i in range(length):
            yield copy(where.read(f, token)[i])

    return loop(turns, _room(node.variable, c), node.body, node.otherwise, c)
