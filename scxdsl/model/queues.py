# SPDX-License-Identifier: GPL-2.0-only
"""Into queues and out of them. Source: kernel/sched/ext.c, the functions named below."""

from . import findings
from .constants import M64
from .cpu import Cpu
from .dsq import Dsq
from .state import State
from .task import OpsState, Task

_HALF = 1 << 63


def before(a: int, b: int) -> bool:
    """time_before64: by the sign of the difference."""
    return (a - b) & M64 >= _HALF


def cpu_valid(m: State, cpu: int, where: str = "") -> bool:
    """ops_cpu_valid."""
    if 0 <= cpu < len(m.cpus):
        return True
    m.eject(findings.InvalidCpu(cpu, " " if where else "", where))
    return False


def insert(m: State, dsq: Dsq, p: Task, flags: int, clear: bool = False) -> None:
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


def after_local(m: State, dsq: Dsq, p: Task, flags: int) -> None:
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


def leave_custody(m: State, p: Task, flags: int) -> None:
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


def remove(m: State, p: Task) -> None:
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


def find(m: State, here: Cpu, dsq_id: int, p: Task) -> Dsq:
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
