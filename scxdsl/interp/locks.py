# SPDX-License-Identifier: GPL-2.0-only
"""Locks: the guarded state is atomic, and effects wait for the release."""

from collections.abc import Callable
from typing import Any

from scxdsl.typing import typed

from .context import Context, Stop
from .doors import Eval, Frame, expression

Waiting = list[tuple[Callable[..., Any], tuple[Any, ...]]]


def has_locks(policy: typed.Policy) -> bool:
    return bool(policy.locks) or any(rows.locks for rows in policy.rows.values())


def deferred(act: Callable[..., Any], c: Context) -> Callable[..., Any]:
    """An effect: now, or where a lock is held, at its release, with the operands that it has now."""
    if not has_locks(c.policy):
        return act
    state = c.state

    def do(*operands: Any) -> Any:
        if state.held is None:
            return act(*operands)
        state.held.append((act, operands))
        return None

    return do


@expression.register
def _(node: typed.Under, c: Context) -> Eval:
    body, state = expression(node.body, c), c.state

    def release() -> None:
        waiting, state.held = state.held or [], None
        for act, operands in waiting:
            act(*operands)

    def under(f: Frame) -> Any:
        state.held = []
        try:
            value = body(f)
        except Stop:
            state.held = None  # what waits is discarded
            raise
        except BaseException:
            release()
            raise
        release()
        return value

    return under


@expression.register
def _(node: typed.Racy, c: Context) -> Eval:
    return expression(node.value, c)
