# SPDX-License-Identifier: GPL-2.0-only
"""Timers: a body that runs once its time is up, unless it was stopped."""

from collections.abc import Callable

from scxdsl.typing import typed

from .context import Context, Stop
from .doors import Eval, Frame, expression
from .locks import deferred
from .statements import body


class TimerState:
    """One timer: whether it is armed, and how its body runs. Two of them are never the same key for the kernel."""

    def __init__(self) -> None:
        self.armed = False
        self.run: Callable[[], None] = lambda: None


def prepare(timer: typed.Timer, c: Context) -> None:
    """Makes the body of a timer; a repeating one starts itself again after each run."""
    assert timer.body is not None
    state = c.state.timers[c.policy.timers.index(timer)]
    inside = c.inside()
    inside.callback = "timer"
    run = body(timer.body, inside)
    every = expression(timer.every, inside) if timer.every is not None else None
    size = len(inside.rooms)

    def expired() -> None:
        if not state.armed:
            return
        state.armed = False
        frame = [None] * size
        try:
            run(frame)
            if every is not None:
                start(state, every(frame), c)
        except Stop:
            return

    state.run = expired


def start(state: TimerState, delay: int, c: Context) -> bool:
    state.armed = True
    return c.kernel.timer_start(state, delay, state.run) == 0


def init(c: Context) -> None:
    """Repeating timers start with the policy."""
    for timer, state in zip(c.policy.timers, c.state.timers, strict=True):
        if timer.every is not None:
            start(state, expression(timer.every, c)([]), c)


def _state(timer: typed.Timer, c: Context) -> TimerState:
    return c.state.timers[c.policy.timers.index(timer)]


@expression.register
def _(node: typed.TimerStart, c: Context) -> Eval:
    state, delay = _state(node.timer, c), expression(node.delay, c)
    begin = deferred(lambda d: start(state, d, c), c)
    return lambda f: begin(delay(f))


@expression.register
def _(node: typed.TimerStop, c: Context) -> Eval:
    state = _state(node.timer, c)

    def disarm() -> None:
        state.armed = False

    stop = deferred(disarm, c)
    return lambda f: stop()


@expression.register
def _(node: typed.TimerArmed, c: Context) -> Eval:
    state = _state(node.timer, c)
    return lambda f: state.armed
