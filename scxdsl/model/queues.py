# SPDX-License-Identifier: GPL-2.0-only
"""Into queues, out of them, and between them. Source: kernel/sched/ext.c, the functions named below."""

from . import findings
from .constants import M64
from .cpu import Cpu
from .dsq import Dsq
from .model import Model
from .task import OpsState, Task

_HALF = 1 << 63


def before(a: int, b: int) -> bool:
    """time_before64: by the sign of the difference."""
    return (a - b) & M64 >= _HALF


def cpu_valid(m: Model, cpu: int, where: str = "") -> bool:
    """ops_cpu_valid."""
    if 0 <= cpu < len(m.cpus):
        return True
    m.eject(findings.InvalidCpu(cpu, " " if where else "", where))
    return False


def insert(m: Model, dsq: Dsq, p: Task, flags: int, clear: bool = False) -> None:
    """dispatch_enqueue: puts a task into a queue. `clear`: the policy no longer holds it (SCX_ENQ_CLEAR_OPSS)."""
    k = m.k
    local = dsq.cpu is not None
    if dsq.destroyed:
        m.eject(findings.DestroyedDsq())
        dsq = m.global_dsq(p)
    if dsq.id & k.dsq_flag_builtin and flags & k.enq_dsq_priq:
        m.eject(findings.VtimeOnBuiltin())
        flags &= ~k.enq_dsq_priq
    tasks = dsq.tasks
    if flags & k.enq_dsq_priq:
        if not dsq.ordered and tasks:
            m.eject(findings.HadFifo(dsq.id))
        p.on_priq = True
        dsq.ordered += 1
        at = len(tasks)
        while at and not (tasks[at - 1].on_priq and not before(p.vtime, tasks[at - 1].vtime)):
            at -= 1
        tasks.insert(at, p)
    else:
        if dsq.ordered:
            m.eject(findings.HadPriq(dsq.id))
        if flags & (k.enq_head | k.enq_preempt):
            tasks.insert(0, p)
        else:
            tasks.append(p)
    dsq.seq += 1
    p.dsq_seq = dsq.seq
    p.dsq = dsq
    if local:
        after_local(m, dsq, p, flags)
    elif m.version >= (7, 1):
        if dsq.id == k.dsq_global:
            leave_custody(m, p, 0)
        else:
            p.custody = True
    if clear:
        p.ops_state = OpsState.NONE


def after_local(m: Model, dsq: Dsq, p: Task, flags: int) -> None:
    """local_dsq_post_enq: preempts or wakes the CPU."""
    assert dsq.cpu is not None
    cpu = m.cpus[dsq.cpu]
    if m.version >= (7, 1):
        leave_custody(m, p, 0)
    if cpu.in_balance:
        return
    preempt = False
    if flags & m.k.enq_preempt and cpu.curr is not None and p is not cpu.curr:
        cpu.curr.slice = 0
        preempt = True
    if preempt or cpu.curr is None and not cpu.taken:
        m.resched(cpu)


def leave_custody(m: Model, p: Task, flags: int) -> None:
    """call_task_dequeue, from 7.1: `dequeue` exactly once whenever a task leaves the policy's custody."""
    if not p.custody or p.sticky_cpu >= 0:
        return
    if "dequeue" in m.has:
        m.call("dequeue", p, flags)
    p.custody = False


def unlink(dsq: Dsq, p: Task) -> None:
    """task_unlink_from_dsq."""
    if p.on_priq:
        p.on_priq = False
        dsq.ordered -= 1
    dsq.tasks.remove(p)


def remove(m: Model, p: Task) -> None:
    """dispatch_dequeue: out of whichever queue a task is in."""
    if p.dsq is None:
        if p.deferred:
            p.deferred = False
            for cpu in m.cpus:
                if p in cpu.deferred:
                    cpu.deferred.remove(p)
        return
    unlink(p.dsq, p)
    p.dsq = None


def find(m: Model, here: Cpu, dsq_id: int, p: Task) -> Dsq:
    """find_dsq_for_dispatch: the queue that an id means on a CPU; the global one after an error."""
    k = m.k
    if dsq_id == k.dsq_local:
        return here.local
    if dsq_id & k.dsq_local_on == k.dsq_local_on:
        cpu = dsq_id & k.dsq_local_cpu_mask
        cpu = cpu - (1 << 32) if cpu >> 31 else cpu
        if not cpu_valid(m, cpu, "in SCX_DSQ_LOCAL_ON dispatch verdict"):
            return m.global_dsq(p)
        return m.cpus[cpu].local
    if dsq_id == k.dsq_global:
        return m.global_dsq(p)
    found = m.dsqs.get(dsq_id) if not dsq_id & k.dsq_flag_builtin else None
    if found is None:
        m.eject(findings.NoSuchDsq(dsq_id, p.comm, p.pid))
        return m.global_dsq(p)
    return found


def online(cpu: Cpu) -> bool:
    """scx_rq_online."""
    return cpu.online and cpu.active


def may_move(m: Model, p: Task, cpu: Cpu, complain: bool) -> bool:
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


def migrate_to_local(m: Model, p: Task, flags: int, target: Cpu) -> None:
    """move_remote_task_to_local_dsq: from one run queue to another's local queue, without the policy's say."""
    from .enqueue import dequeue_task, enqueue_task

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


def move_local(m: Model, p: Task, flags: int, source: Dsq, target: Cpu) -> None:
    """move_local_task_to_local_dsq: within one run queue."""
    unlink(source, p)
    if flags & (m.k.enq_head | m.k.enq_preempt):
        target.local.tasks.insert(0, p)
    else:
        target.local.tasks.append(p)
    p.dsq = target.local
    after_local(m, target.local, p, flags)


def consume(m: Model, cpu: Cpu, dsq: Dsq, flags: int = 0) -> bool:
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


def consume_global(m: Model, cpu: Cpu) -> bool:
    """consume_global_dsq: that of the CPU's own node."""
    return consume(m, cpu, m.globals[m.topology.nodes[cpu.id]])


def to_local(m: Model, here: Cpu, target: Dsq, p: Task, flags: int) -> None:
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


def move_between(m: Model, p: Task, flags: int, source: Dsq, target: Dsq) -> None:
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


def run_deferred(m: Model, cpu: Cpu) -> None:
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
