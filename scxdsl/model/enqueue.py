# SPDX-License-Identifier: GPL-2.0-only
"""Tasks become runnable and cease to be. Source: kernel/sched/ext.c, the functions named below."""

from . import findings
from .accounting import update_curr
from .constants import ENQUEUE_RESTORE, PF_EXITING
from .cpu import Cpu, Insert
from .state import State
from .queues import find, insert, leave_custody, online, remove
from .task import OpsState, Task


def clear_direct(p: Task) -> None:
    """clear_direct_dispatch."""
    p.direct_dsq, p.direct_flags = None, 0


def set_runnable(m: State, cpu: Cpu, p: Task) -> None:
    """set_task_runnable: the watchdog counts from here."""
    if p.reset_runnable_at:
        p.runnable_at = m.now
        p.reset_runnable_at = False
    cpu.runnable.append(p)


def clear_runnable(m: State, p: Task, reset: bool) -> None:
    """clr_task_runnable."""
    runnable = m.cpus[p.cpu].runnable
    if p in runnable:
        runnable.remove(p)
    if reset:
        p.reset_runnable_at = True


def do_enqueue(m: State, cpu: Cpu, p: Task, flags: int, sticky: int = -1) -> None:
    """do_enqueue_task: to the policy, or past it to a queue."""
    k, settings = m.k, m.settings
    if sticky == cpu.id:
        if m.version < (7, 1):
            clear_direct(p)
        insert(m, cpu.local, p, flags)
        return
    if not online(cpu):
        _refilled(m, cpu, p, flags, True)
    elif cpu.bypassing:
        _refilled(m, cpu, p, flags, False)
    elif p.direct_dsq is not None:
        _direct(m, cpu, p, flags)
    elif p.flags & PF_EXITING and not settings.flags & k.ops_enq_exiting:
        _refilled(m, cpu, p, flags, True)
    elif p.migration_disabled and k.ops_enq_migration_disabled and not settings.flags & k.ops_enq_migration_disabled:
        _refilled(m, cpu, p, flags, True)
    elif "enqueue" not in m.has:
        _refilled(m, cpu, p, flags, False)
    else:
        p.qseq += 1
        p.ops_state = OpsState.QUEUEING
        here = m.cpus[m.this]
        here.direct = p
        m.call("enqueue", p, flags)
        here.direct = None
        if p.direct_dsq is not None:
            _direct(m, cpu, p, flags)
            return
        if m.version >= (7, 1):
            p.custody = True
        p.ops_state = OpsState.QUEUED


def _refilled(m: State, cpu: Cpu, p: Task, flags: int, local: bool) -> None:
    p.slice = m.k.slice_dfl
    clear_direct(p)
    insert(m, cpu.local if local else m.global_dsq(p), p, flags)


def _direct(m: State, cpu: Cpu, p: Task, flags: int) -> None:
    """direct_dispatch: what select_cpu or enqueue inserted. Another CPU's local queue has to wait."""
    assert p.direct_dsq is not None
    dsq = find(m, cpu, p.direct_dsq, p)
    p.direct_flags |= flags
    if dsq.cpu is not None and dsq is not cpu.local:
        p.ops_state = OpsState.NONE
        p.deferred = True
        cpu.deferred.append(p)
        if not cpu.in_wakeup and not cpu.in_balance:
            m.later(m.run_deferred, cpu)
        return
    flags = p.direct_flags
    clear_direct(p)
    insert(m, dsq, p, flags, clear=True)


def enqueue_task(m: State, cpu: Cpu, p: Task, flags: int) -> None:
    """enqueue_task_scx."""
    sticky = p.sticky_cpu
    flags |= cpu.extra_flags
    if flags & m.k.enq_wakeup:
        cpu.in_wakeup = True
    if sticky >= 0 and m.version < (7, 1):
        p.sticky_cpu = -1
    if flags & ENQUEUE_RESTORE and cpu.curr is p:
        sticky = cpu.id
    if not p.queued:
        set_runnable(m, cpu, p)
        p.queued = True
        if "runnable" in m.has and not p.migrating:
            m.call("runnable", p, flags)
        do_enqueue(m, cpu, p, flags, sticky)
        p.sticky_cpu = -1
    cpu.in_wakeup = False


def ops_dequeue(m: State, p: Task, flags: int) -> None:
    """ops_dequeue: the policy is told of a task that it holds. Before 7.1 only of one that waits in its own structures."""
    clear_runnable(m, p, False)
    if m.version < (7, 1):
        if p.ops_state is OpsState.QUEUED and "dequeue" in m.has:
            m.call("dequeue", p, flags)
        p.ops_state = OpsState.NONE
        return
    p.ops_state = OpsState.NONE
    leave_custody(m, p, flags)


def dequeue_task(m: State, cpu: Cpu, p: Task, flags: int) -> None:
    """dequeue_task_scx."""
    k = m.k
    if m.version >= (7, 1) and not flags & (k.deq_sleep | k.deq_core_sched_exec):
        flags |= k.deq_sched_change
    if not p.queued:
        return
    ops_dequeue(m, p, flags)
    if cpu.curr is p:
        update_curr(m, cpu)
        if "stopping" in m.has:
            m.call("stopping", p, False)
    if "quiescent" in m.has and not p.migrating:
        m.call("quiescent", p, flags)
    p.queued = False
    remove(m, p)
    clear_direct(p)


# ---- what a callback inserts


def commit(m: State, p: Task, dsq_id: int, flags: int) -> bool:
    """scx_dsq_insert_commit: a direct insert in select_cpu and enqueue, else an entry of the dispatch buffer."""
    here = m.cpus[m.this]
    if here.direct is not None:
        return _mark_direct(m, here, p, dsq_id, flags)
    if len(here.buffer) >= m.max_batch:
        m.eject(findings.BufferOverflow())
        return False
    qseq = p.qseq if p.ops_state in (OpsState.QUEUED, OpsState.QUEUEING) else 0
    here.buffer.append(Insert(p, qseq, dsq_id, flags))
    return True


def _mark_direct(m: State, here: Cpu, p: Task, dsq_id: int, flags: int) -> bool:
    """mark_direct_dispatch: once for each pass, and only of the callback's own task."""
    expected, here.direct = here.direct, True
    if expected is True:
        m.eject(findings.AlreadyDirect(p.comm, p.pid))
    elif p is not expected:
        assert isinstance(expected, Task)
        m.eject(findings.OtherDirect(expected.comm, expected.pid, p.comm, p.pid))
    else:
        p.direct_dsq, p.direct_flags = dsq_id, flags
    return True
