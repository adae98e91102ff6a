# SPDX-License-Identifier: GPL-2.0-only
"""What a task has run. Source: kernel/sched/ext.c."""

from .cpu import Cpu
from .state import State


def update_curr(m: State, cpu: Cpu) -> None:
    """update_curr_scx: what ran is taken off the slice."""
    p = cpu.curr
    if p is None:
        return
    ran = m.now - p.exec_start
    if ran <= 0:
        return
    p.exec_start = m.now
    p.ran += ran
    if p.slice != m.k.slice_inf:
        p.slice -= min(p.slice, ran)
