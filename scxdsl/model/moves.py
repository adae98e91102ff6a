# SPDX-License-Identifier: GPL-2.0-only
"""Tasks go from one queue to another, and from one CPU to another. Source: kernel/sched/ext.c, the functions named below."""

from . import findings
from .cpu import Cpu
from .dsq import Dsq
from .enqueue import dequeue_task, enqueue_task
from .queues import after_local, find, insert, online, unlink
from .state import State
from .task import OpsState, Task


def may_move(m: State, p: Task, cpu: Cpu, complain: bool) -> bool:
    """task_can_run_on_remote_rq: may the policy move the task to that CPU?"""
    if p.migration_disabled:
        if complain:
            m.eject(findings.MigrationDisabled(p.comm, p.pid, p.cpu, cpu.id))
        return False
    if not p.cpus_allowed >> cpu.id & 1:
        if complain:
            m.eject(findings.NotAllowed(cpu.id, p.comm, p.pid))
        return False
    return online(cpu)


def migrate_to_local(m: State, p: Task, flags: int, target: Cpu) -> None:
    """move_remote_task_to_local_dsq: from one run queue to another's local queue, without the policy's say."""
    source = m.cpu_of(p)
    if m.version >= (7, 1):
        p.sticky_cpu = target.id
    p.migrating = True
    dequeue_task(m, source, p, 0)
    p.cpu = target.id
    p.sticky_cpu = target.id
    target.extra_flags = flags
    enqueue_task(m, target, p, 0)
    target.extra_flags = 0
    p.migrating = False


def move_local(m: State, p: Task, flags: int, source: Dsq, target: Cpu) -> None:
    """move_local_task_to_local_dsq: within one run queue."""
    unlink(source, p)
    if flags & (m.k.enq_head | m.k.enq_preempt):
        target.local.tasks.insert(0, p)
    else:
        target.local.tasks.append(p)
    p.dsq = target.local
    after_local(m, target.local, p, flags)


def consume(m: State, cpu: Cpu, dsq: Dsq, flags: int = 0) -> bool:
    """consume_dispatch_q: the first task that may run here moves to the local queue."""
    for p in dsq.tasks:
        if m.exit is not None and m.version >= (6, 19):
            return False  # sch->aborting
        if p.cpu == cpu.id:
            move_local(m, p, flags, dsq, cpu)
            return True
        if may_move(m, p, cpu, False):
            unlink(dsq, p)
            p.dsq = None
            migrate_to_local(m, p, flags, cpu)
            return True
    return False


def consume_global(m: State, cpu: Cpu) -> bool:
    """consume_global_dsq: that of the CPU's own node."""
    return consume(m, cpu, m.globals[m.topology.nodes[cpu.id]])


def to_local(m: State, here: Cpu, target: Dsq, p: Task, flags: int) -> None:
    """dispatch_to_local_dsq: a task that the policy gives up, into any CPU's local queue."""
    assert target.cpu is not None
    source, cpu = m.cpu_of(p), m.cpus[target.cpu]
    if here is source and here is cpu:
        insert(m, target, p, flags, clear=True)
        return
    if source is not cpu and not may_move(m, p, cpu, True):
        insert(m, m.global_dsq(p), p, flags, clear=True)
        return
    p.ops_state = OpsState.NONE
    if source is cpu:
        insert(m, cpu.local, p, flags)
    else:
        migrate_to_local(m, p, flags, cpu)
    if cpu.curr is None and not cpu.taken:
        m.resched(cpu)


def move_between(m: State, p: Task, flags: int, source: Dsq, target: Dsq) -> None:
    """move_task_between_dsqs."""
    here = m.cpu_of(p)
    if target.cpu is not None:
        cpu = m.cpus[target.cpu]
        if here is not cpu and not may_move(m, p, cpu, True):
            target = m.global_dsq(p)
        elif here is cpu:
            move_local(m, p, flags, source, cpu)
            return
        else:
            unlink(source, p)
            p.dsq = None
            migrate_to_local(m, p, flags, cpu)
            return
    unlink(source, p)
    p.dsq = None
    insert(m, target, p, flags)


def run_deferred(m: State, cpu: Cpu) -> None:
    """process_ddsp_deferred_locals: direct inserts into other CPUs' local queues, which had to wait for the locks."""
    while cpu.deferred:
        p = cpu.deferred.pop(0)
        p.deferred = False
        dsq_id, flags = p.direct_dsq, p.direct_flags
        p.direct_dsq, p.direct_flags = None, 0
        assert dsq_id is not None
        target = find(m, cpu, dsq_id, p)
        if target.cpu is not None:
            to_local(m, cpu, target, p, flags)


def flush(m: State, cpu: Cpu) -> None:
    """flush_dispatch_buf: the inserts of dispatch take place, those of tasks that are gone do not."""
    here = m.cpus[m.this]
    entries, here.buffer = here.buffer, []
    for entry in entries:
        p = entry.task
        if p.ops_state is not OpsState.QUEUED or p.qseq != entry.qseq:
            continue
        p.ops_state = OpsState.DISPATCHING
        dsq = find(m, here, entry.dsq_id, p)
        if dsq.cpu is not None:
            to_local(m, cpu, dsq, p, entry.flags)
        else:
            insert(m, dsq, p, entry.flags, clear=True)
    here.dispatched += len(entries)
