# SPDX-License-Identifier: GPL-2.0-only
"""Spin locks and timers (kernel/bpf/helpers.c)."""

from typing import Any

from ..code import FunctionAddress
from ..errors import NotAPointer
from ..maps.base import EBUSY, EDEADLK, EINVAL, error
from ..memory import Region, as_pointer
from .maps import as_map
from .registry import helper


@helper("spin_lock", returns=False)
def spin_lock(m: Any, lock: Any) -> None:
    m.lock(as_pointer(lock, "a lock"))


@helper("spin_unlock", returns=False)
def spin_unlock(m: Any, lock: Any) -> None:
    m.unlock(as_pointer(lock, "a lock"))


class Timer:
    """A bpf_timer: lies as an opaque value in the map value that holds it. `Machine.fire` runs its callback."""

    __slots__ = ("map", "region", "offset", "callback", "armed")

    def __init__(self, map_: Any, region: Region, offset: int) -> None:
        self.map, self.region, self.offset = map_, region, offset
        self.callback: FunctionAddress | None = None
        self.armed = False

    def __repr__(self) -> str:
        return f"the timer at {self.region.name}{self.offset:+d}"


def _timer(value: Any) -> Timer | None:
    p = as_pointer(value, "a timer")
    p.region.check(p.offset, 16, False)
    found = p.region.pointers.get(p.offset)
    return found if isinstance(found, Timer) else None


@helper("timer_init")
def timer_init(timer: Any, target: Any, flags: int) -> int:
    if flags & 15 not in (0, 1, 7):  # CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME
        return error(EINVAL)
    if _timer(timer) is not None:
        return error(EBUSY)
    p = as_pointer(timer)
    p.region.pointers[p.offset] = Timer(as_map(target), p.region, p.offset)
    return 0


@helper("timer_set_callback")
def timer_set_callback(timer: Any, callback: Any) -> int:
    found = _timer(timer)
    if not isinstance(callback, FunctionAddress):
        raise NotAPointer(callback, "a function")
    if found is None:
        return error(EINVAL)
    found.callback = callback
    return 0


@helper("timer_start")
def timer_start(m: Any, timer: Any, nanoseconds: int, flags: int) -> int:
    found = _timer(timer)
    if found is None or found.callback is None or flags & ~3:
        return error(EINVAL)
    found.armed = True
    return m.calls.timer_start(found, nanoseconds, flags) & (1 << 64) - 1


@helper("timer_cancel")
def timer_cancel(m: Any, timer: Any) -> int:
    """1 if it was armed. A callback that cancels its own timer gets -EDEADLK."""
    found = _timer(timer)
    if found is None:
        return error(EINVAL)
    if m.firing is found:
        return error(EDEADLK)
    found.armed = False
    found.callback = None
    return int(m.calls.timer_cancel(found))


