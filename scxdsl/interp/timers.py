# SPDX-License-Identifier: GPL-2.0-only
"""Timers: a body that runs once its time is up, unless it was stopped."""

from collections.abc import Callable

from scxdsl.typing import typed

from .context import Context, Stop
from .doors import Eval, Frame, expression
from .locks import deferred
from .state import bound, each_possible, exists
from .statements import body


class TimerState:
    """One timer: whether it is armed, and how its body runs. Two of them are never the same key for the kernel."""

    def __init__(self) -> None:
        self.armed = False
        self.run: Callable[[], None] = lambda: None


def prepare(timer: typed.Timer, c: Context) -> None:
    """Makes the body of a timer; a repeating one starts itself again after each run."""
    assert timer.body is not None
    inside = c.inside()
    inside.callback = "timer"
    here = None if timer.here is None else inside.room(timer.here)
    run = body(timer.body, inside)
    every = expression(timer.every, inside) if timer.every is not None else None
    size = len(inside.rooms)

    def expiring(state: TimerState, index: int) -> Callable[[], None]:
        def expired() -> None:
            if not state.armed:
                return
            state.armed = False
            frame = [None] * size
            if here is not None:
                frame[here] = index  # type: ignore[call-overload]
            try:
                run(frame)
                if every is not None:
                    start(state, every(frame), c)
            except Stop:
                return

        return expired

    for index, state in enumerate(c.state.timers[c.policy.timers.index(timer)]):
        state.run = expiring(state, index)


def start(state: TimerState, delay: int, c: Context) -> bool:
    state.armed = True
    return c.kernel.timer_start(state, delay, state.run) == 0


def init(c: Context) -> None:
    """Repeating timers start with the policy: those of a row for each that the machine or the table has."""
    for timer, states in zip(c.policy.timers, c.state.timers, strict=True):
        if timer.every is None:
            continue
        delay = expression(timer.every, c)
        for index in [0] if timer.rows is None else _rows(timer.rows, c):
            start(states[index], delay([]), c)


def _rows(rows: typed.Rows, c: Context) -> list[int]:
    every = each_possible(rows.kind, c)
    if rows.capacity is not None:
        most = bound(None, rows.kind, rows, c)([])
        return [i for i in every if i < most]
    return [i for i in every if exists(rows.kind, i, c)]


def _state(node: typed.TimerStart | typed.TimerStop | typed.TimerArmed, c: Context) -> Callable[[Frame], TimerState]:
    """The timer that a node is about."""
    states = c.state.timers[c.policy.timers.index(node.timer)]
    if node.base is None:
        return lambda f: states[0]
    base, kind, span = expression(node.base, c), node.timer.rows.kind, node.span  # type: ignore[union-attr]

    def state(f: Frame) -> TimerState:
        index = base(f)
        if not 0 <= index < len(states):
            raise c.stop(span, f"there is no {kind} {index}")
        return states[index]

    return state


@expression.register
def _(node: typed.TimerStart, c: Context) -> Eval:
    state, delay = _state(node, c), expression(node.delay, c)
    begin = deferred(lambda s, d: start(s, d, c), c)

    def run(f: Frame) -> bool:
        timer = state(f)
        return begin(timer, delay(f))

    return run


@expression.register
def _(node: typed.TimerStop, c: Context) -> Eval:
    state = _state(node, c)

    def disarm(timer: TimerState) -> None:
        timer.armed = False

    stop = deferred(disarm, c)
    return lambda f: stop(state(f))


@expression.register
def _(node: typed.TimerArmed, c: Context) -> Eval:
    state = _state(node, c)
    return lambda f: state(f).armed
