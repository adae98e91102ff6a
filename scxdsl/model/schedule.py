# SPDX-License-Identifier: GPL-2.0-only
"""A CPU chooses what runs next; ticks. Source: kernel/sched/core.c (__schedule, sched_tick), kernel/sched/ext.c."""

from . import findings, idle
from .accounting import update_curr
from .arguments import CpuAcquireArgs, CpuReleaseArgs
from .constants import DEQUEUE_NOCLOCK, MAX_LOOPS, PF_EXITING
from .cpu import Cpu
from .enqueue import clear_runnable, dequeue_task, do_enqueue, ops_dequeue, set_runnable
from .kicks import kick
from .state import State
from .moves import consume_global, flush, run_deferred
from .queues import insert, online, remove
from .running import runs
from .task import Task


TASK_DEAD = 0x80  # include/linux/sched.h


def tick(m: State, cpu: Cpu) -> None:
    """sched_tick on a busy CPU: task_tick_scx, then the watchdog's own check (scx_tick)."""
    p = cpu.curr
    assert p is not None
    m.this = cpu.id
    update_curr(m, cpu)
    if cpu.bypassing:
        p.slice = 0
    elif "tick" in m.has and p.state:
        with m.serving("hardirq"):  # of the timer (kernel/time/timer.c, update_process_times)
            m.call("tick", p)
    if not p.slice:
        m.resched(cpu)
    late = m.now - m.checked_at
    if m.enabled and late > m.timeout:
        m.eject(findings.WatchdogLate(late // 1_000_000_000, late // 1_000_000 % 1000))


def schedule(m: State, cpu: Cpu, leaving: bool = False) -> None:
    """__schedule. `leaving`: the running task goes to sleep or is dead."""
    m.this = cpu.id
    prev = cpu.curr
    before = runs(m, cpu.id) if "sched_switch" in m.hooked else None
    if leaving and prev is not None:
        prev.sleeping = True
        dequeue_task(m, cpu, prev, m.k.deq_sleep | DEQUEUE_NOCLOCK)
    chosen, taken = _pick(m, cpu)
    cpu.need_resched = False
    if taken:
        if not cpu.taken:
            _give_way(m, cpu, taken)
    elif chosen is None:
        if prev is None and not cpu.taken:
            idle.update(m, cpu.id, True, False)
        else:
            if prev is not None:
                put_prev(m, cpu, prev, False, "")
            idle.update(m, cpu.id, True, True)
            cpu.curr, cpu.taken = None, ""
            if prev is not None and prev.queued and prev.dsq is cpu.local:
                m.resched(cpu)  # a task that was put on the local queue in the end runs, as anywhere else
    elif chosen is not prev:
        if prev is not None:
            put_prev(m, cpu, prev, True, "")
        elif not cpu.taken:
            idle.update(m, cpu.id, False, True)
        cpu.taken = ""
        set_next(m, cpu, chosen)
        cpu.curr = chosen
    if before is not None:
        _tell_switch(m, cpu, before)
    if cpu.deferred:
        run_deferred(m, cpu)


def _tell_switch(m: State, cpu: Cpu, before: Task) -> None:
    """trace_sched_switch: after the queues have changed, before the CPU does."""
    after = runs(m, cpu.id)
    if after is not before:
        m.leaving = before
        m.fire("sched_switch", False, before, after, _state(m, before))
        m.leaving = None


def _state(m: State, p: Task) -> int:
    """p->__state: what it waits for, or that it is dead."""
    if not p.sleeping or p.pid not in m.tasks:
        return 0
    return TASK_DEAD if p.flags & PF_EXITING else 1


def _give_way(m: State, cpu: Cpu, taken: str) -> None:
    """The CPU goes to a higher scheduling class."""
    prev = cpu.curr
    if prev is not None:
        put_prev(m, cpu, prev, True, taken)
    else:
        idle.update(m, cpu.id, False, True)
    cpu.curr, cpu.taken = None, taken


def _pick(m: State, cpu: Cpu) -> tuple[Task | None, str]:
    """The task to run, or None for the idle thread, or the higher class that wants the CPU."""
    if cpu.higher and (cpu.taken or m.version >= (6, 19)):
        return None, cpu.higher
    if not m.enabled:
        return (cpu.curr if cpu.curr is not None and cpu.curr.queued else None), ""
    _balance(m, cpu)
    if cpu.higher:
        return None, cpu.higher
    prev = cpu.curr
    if cpu.keep:
        assert prev is not None
        if not prev.slice:
            prev.slice = m.k.slice_dfl
        return prev, ""
    if not cpu.local.tasks:
        return None, ""
    p = cpu.local.tasks[0]
    if not p.slice:
        p.slice = m.k.slice_dfl
    return p, ""


def _balance(m: State, cpu: Cpu) -> bool:
    """balance_one: sees to it that there is something to run, if need be by asking the policy."""
    cpu.in_balance = True
    cpu.keep = False
    try:
        return _find_work(m, cpu)
    finally:
        cpu.in_balance = False


def _find_work(m: State, cpu: Cpu) -> bool:
    prev = cpu.curr
    runnable = prev is not None and prev.queued
    if cpu.released:
        if "cpu_acquire" in m.has:
            m.call("cpu_acquire", cpu.id, CpuAcquireArgs())
        cpu.released = False
    if prev is not None:
        update_curr(m, cpu)
        if runnable and prev.slice and not cpu.bypassing:
            cpu.keep = True
            return True
    if cpu.local.tasks or consume_global(m, cpu):
        return True
    if "dispatch" in m.has and not cpu.bypassing and online(cpu):
        turns = MAX_LOOPS
        while True:
            cpu.dispatched = 0
            m.call("dispatch", cpu.id, prev)
            flush(m, cpu)
            if prev is not None and prev.queued and prev.slice:
                cpu.keep = True
                return True
            if cpu.local.tasks or consume_global(m, cpu):
                return True
            turns -= 1
            if not turns:
                kick(m, cpu.id, 0)
                break
            if not cpu.dispatched:
                break
    if runnable and (not m.settings.flags & m.k.ops_enq_last or cpu.bypassing):
        cpu.keep = True
        return True
    return False


def put_prev(m: State, cpu: Cpu, p: Task, busy: bool, taken: str) -> None:
    """put_prev_task_scx. `busy`: what comes next is no idle thread."""
    update_curr(m, cpu)
    if p.queued:
        if "stopping" in m.has:
            m.call("stopping", p, True)
        set_runnable(m, cpu, p)
        if p.slice and not cpu.bypassing:
            insert(m, cpu.local, p, m.k.enq_head)
        elif busy:
            do_enqueue(m, cpu, p, 0)
        else:
            do_enqueue(m, cpu, p, m.k.enq_last)
    if taken:
        _switch_class(m, cpu, taken)


def _switch_class(m: State, cpu: Cpu, taken: str) -> None:
    """switch_class: the policy loses the CPU."""
    if cpu.released or not {"cpu_acquire", "cpu_release"} & m.has:
        return
    if "cpu_release" in m.has:
        reason = m.k.cpu_preempt_stop if taken == "stop" else m.k.cpu_preempt_rt
        m.call("cpu_release", cpu.id, CpuReleaseArgs(reason))
    cpu.released = True


def set_next(m: State, cpu: Cpu, p: Task) -> None:
    """set_next_task_scx."""
    if p.queued:
        ops_dequeue(m, p, m.k.deq_core_sched_exec)
        remove(m, p)
    p.exec_start = m.now
    if "running" in m.has and p.queued:
        m.call("running", p)
    clear_runnable(m, p, True)
