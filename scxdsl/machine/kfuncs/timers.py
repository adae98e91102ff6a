# SPDX-License-Identifier: GPL-2.0-only
"""Timers, as far as kernel functions (kernel/bpf/helpers.c)."""

from typing import Any

from ..helpers.sync import timer_cancel
from .registry import kfunc


@kfunc
def bpf_timer_cancel_async(m: Any, timer: Any) -> int:
    """From 7.0: disarms without waiting, from anywhere. 1 if it was armed."""
    result = timer_cancel(m, timer)
    return result - (1 << 64) if result >> 63 else result
