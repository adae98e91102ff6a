# SPDX-License-Identifier: GPL-2.0-only
"""The marks of a recorded policy (typing/recording.py): without a record they do nothing; with one, answers come from it and decisions
are held against it."""

from collections.abc import Callable, Iterable
from typing import Any

from scxdsl.typing import typed

from .context import Context, Leave
from .doors import Eval, Exec, Frame, Where, expression, place, statement
from .record import Diverged


@expression.register
def _(node: typed.Answer, c: Context) -> Eval:
    made, record, site = expression(node.value, c), c.record, node.site
    if record is None:
        return made

    def answer(f: Frame) -> Any:
        try:
            made(f)  # for its parts, which have marks of their own
        except (Leave, Diverged):
            raise
        except Exception:  # noqa: S110  (it asks what only the recorded kernel knew; parts that were left out are missed in the record)
            pass
        return record.answer(site)

    return answer


@expression.register
def _(node: typed.Decision, c: Context) -> Eval:
    made, record, site = expression(node.value, c), c.record, node.site
    if record is None:
        return made

    def decide(f: Frame) -> Any:
        value = made(f)
        record.decide(site, value)
        return value

    return decide


@place.register
def _(node: typed.Seen, c: Context) -> Where:
    inner, record, site = place(node.place, c), c.record, node.site
    if record is None:
        return inner
    return Where(inner.locate, lambda f, token: record.answer(site), inner.write)


def nothing(f: Frame) -> None:
    """A mark that only the compiled policy writes."""


@statement.register
def _(node: typed.Began, c: Context) -> Exec:
    return nothing


@statement.register
def _(node: typed.Turn, c: Context) -> Exec:
    return nothing


@statement.register
def _(node: typed.TurnsOver, c: Context) -> Exec:
    return nothing


@statement.register
def _(node: typed.Passed, c: Context) -> Exec:
    record, site = c.record, node.site
    if record is None:
        return nothing

    def passed(f: Frame) -> None:
        record.take(site)

    return passed


def recorded_turns(turns: Callable[[Frame], Iterable[Any]], body: typed.BlockValue, c: Context) -> Callable[[Frame], Iterable[Any]]:
    """A loop's turns: from the record, where it has them."""
    first = body.statements[0] if body.statements else None
    if c.record is None or not isinstance(first, typed.Turn):
        return turns
    record = c.record
    return lambda f: record.turns(first.site, iter(turns(f)))
