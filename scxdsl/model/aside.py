# SPDX-License-Identifier: GPL-2.0-only
"""A task is taken aside while something about it changes. Source: kernel/sched/core.c, do_set_cpus_allowed and its like."""

from .accounting import update_curr
from .constants import DEQUEUE_NOCLOCK, DEQUEUE_SAVE, ENQUEUE_NOCLOCK, ENQUEUE_RESTORE
from .cpu import Cpu
from .enqueue import dequeue_task, enqueue_task
from .schedule import set_next
from .state import State
from .task import Task


class Aside:
    """Takes a task off its run queue while something about it changes (the `queued` and `running` dance of core.c)."""

    def __init__(self, m: State, p: Task, flags: int = DEQUEUE_SAVE | DEQUEUE_NOCLOCK) -> None:
        self.m, self.p, self.flags = m, p, flags

    def __enter__(self) -> None:
        m, p = self.m, self.p
        self.cpu: Cpu = m.cpu_of(p)
        self.queued, self.running = p.queued, self.cpu.curr is p
        if self.queued:
            dequeue_task(m, self.cpu, p, self.flags)
        if self.running:
            update_curr(m, self.cpu)

    def __exit__(self, *_: object) -> None:
        m, p = self.m, self.p
        if self.queued:
            enqueue_task(m, self.cpu, p, ENQUEUE_RESTORE | ENQUEUE_NOCLOCK | self.flags & 4)
        if self.running:
            set_next(m, self.cpu, p)
