# SPDX-License-Identifier: GPL-2.0-only
"""What runs on a CPU, and the tasks that are in no list: idle threads and real-time tasks."""

from .constants import PF_IDLE
from .cpu import RunQueue
from .state import State
from .task import Task


def queue(m: State, cpu: int) -> RunQueue | None:
    """struct rq of a CPU; None for a number that is none."""
    if not 0 <= cpu < len(m.cpus):
        return None
    if cpu not in m.run_queues:
        m.run_queues[cpu] = RunQueue(m.cpus[cpu])
    return m.run_queues[cpu]


def idle_task(m: State, cpu: int) -> Task:
    """The CPU's idle thread, which has no state and is in no list."""
    if cpu not in m.idle_tasks:
        m.idle_tasks[cpu] = Task(0, f"swapper/{cpu}", 1 << cpu, flags=PF_IDLE, cpu=cpu)
    return m.idle_tasks[cpu]


def higher_task(m: State, cpu: int) -> Task:
    """The real-time task that takes the CPU, which has no state and is in no list."""
    if cpu not in m.higher_tasks:
        m.higher_tasks[cpu] = Task(40 + cpu, f"rt/{cpu}", 1 << cpu, cpu=cpu, realtime=True)
    return m.higher_tasks[cpu]


def runs(m: State, cpu: int) -> Task:
    """What runs on a CPU, whatever its class."""
    here = m.cpus[cpu]
    return higher_task(m, cpu) if here.taken else here.curr or idle_task(m, cpu)


def current(m: State) -> Task | None:
    """The task that runs on this CPU; None for the idle thread and for real-time tasks. While a switch is told to hooks it is still
    the one that leaves (kernel/sched/core.c, __schedule)."""
    if m.leaving is not None:
        return m.leaving if m.leaving.pid in m.tasks else None
    return m.cpus[m.this].curr
