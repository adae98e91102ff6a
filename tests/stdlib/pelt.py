# SPDX-License-Identifier: GPL-2.0-only
"""PELT in Python, after kernel/sched/pelt.c function by function (read at upstream's 0b119045b79a), with C's widths: what stdlib/pelt.scx is compared with."""

from dataclasses import astuple, dataclass
from math import floor

U32, U64 = (1 << 32) - 1, (1 << 64) - 1
LOAD_AVG_PERIOD, LOAD_AVG_MAX, SHIFT = 32, 47742, 10


def _powers() -> list[int]:
    """runnable_avg_yN_inv: (2^32 - 1) * y^n, as Documentation/scheduler/sched-pelt.c prints it."""
    y = 0.5 ** (1 / 32)
    return [floor((2**32 - 1) * y**n) for n in range(32)]


INV = _powers()


@dataclass
class SchedAvg:
    last_update_time: int = 0
    load_sum: int = 0
    runnable_sum: int = 0
    util_sum: int = 0  # u32
    period_contrib: int = 0  # u32
    load_avg: int = 0
    runnable_avg: int = 0
    util_avg: int = 0

    def fields(self) -> tuple[int, ...]:
        return astuple(self)


def decay_load(val: int, n: int) -> int:
    if n > LOAD_AVG_PERIOD * 63:
        return 0
    n &= U32
    if n >= LOAD_AVG_PERIOD:
        val >>= n // LOAD_AVG_PERIOD
        n %= LOAD_AVG_PERIOD
    return (val * INV[n] >> 32) & U64


def accumulate_segments(periods: int, d1: int, d3: int) -> int:
    c1 = decay_load(d1, periods) & U32
    c2 = (LOAD_AVG_MAX - decay_load(LOAD_AVG_MAX, periods) - 1024) & U32
    return (c1 + c2 + d3) & U32


def accumulate_sum(delta: int, sa: SchedAvg, load: int, runnable: int, running: int) -> int:
    contrib = delta & U32
    delta = (delta + sa.period_contrib) & U64
    periods = delta // 1024
    if periods:
        sa.load_sum = decay_load(sa.load_sum, periods)
        sa.runnable_sum = decay_load(sa.runnable_sum, periods)
        sa.util_sum = decay_load(sa.util_sum, periods) & U32
        delta %= 1024
        if load:
            contrib = accumulate_segments(periods, (1024 - sa.period_contrib) & U32, delta & U32)
    sa.period_contrib = delta & U32
    if load:
        sa.load_sum = (sa.load_sum + load * contrib) & U64
    if runnable:
        sa.runnable_sum = (sa.runnable_sum + (runnable * contrib << SHIFT)) & U64
    if running:
        sa.util_sum = (sa.util_sum + (contrib << SHIFT & U32)) & U32
    return periods


def update_load_sum(now: int, sa: SchedAvg, load: int, runnable: int, running: int) -> bool:
    delta = (now - sa.last_update_time) & U64
    if delta >> 63:
        sa.last_update_time = now
        return False
    delta >>= 10
    if not delta:
        return False
    sa.last_update_time = (sa.last_update_time + (delta << 10)) & U64
    if not load:
        runnable = running = 0
    return bool(accumulate_sum(delta, sa, load, runnable, running))


def update_load_avg(sa: SchedAvg, load: int) -> None:
    divider = LOAD_AVG_MAX - 1024 + sa.period_contrib
    sa.load_avg = (load * sa.load_sum & U64) // divider
    sa.runnable_avg = sa.runnable_sum // divider
    sa.util_avg = sa.util_sum // divider


def update_se(now: int, sa: SchedAvg, weight: int, on_rq: bool, current: bool) -> bool:
    """__update_load_avg_se: a task has se_runnable == on_rq."""
    if update_load_sum(now, sa, int(on_rq), int(on_rq), int(current)):
        update_load_avg(sa, weight)
        return True
    return False


def update_cfs_rq(now: int, sa: SchedAvg, load: int, h_nr_runnable: int, current: bool) -> bool:
    if update_load_sum(now, sa, load, h_nr_runnable, int(current)):
        update_load_avg(sa, 1)
        return True
    return False
