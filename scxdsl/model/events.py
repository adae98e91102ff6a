# SPDX-License-Identifier: GPL-2.0-only
"""What happens to tasks: wake-ups, sleep, forks, exits, changes of weight and affinity. Each runs to its end.

Source: kernel/sched/core.c (try_to_wake_up, wake_up_new_task, set_user_nice, __set_cpus_allowed_ptr), kernel/sched/ext.c.
"""

from . import idle
from .aside import Aside
from .constants import DEQUEUE_NOCLOCK, ENQUEUE_INITIAL, ENQUEUE_NOCLOCK, PF_EXITING
from .cpu import Cpu
from .enqueue import dequeue_task, enqueue_task
from .lifetime import enable_task, exit_task, init_task
from .state import State
from .moves import run_deferred
from .queues import cpu_valid
from .running import runs
from .schedule import put_prev, schedule
from .task import Cgroup, Task, TaskState, nice_weight


def add_task(
    m: State, comm: str = "task", *, nice: int = 0, cpus: int | None = None, cpu: int = 0, flags: int = 0, pid: int | None = None,
    cgroup: Cgroup | None = None, parent: Task | None = None,
) -> Task:  # fmt: skip
    """A sleeping task that the policy does not know yet: there before the policy, or about to be told by `spawn`."""
    pid = m.new_pid() if pid is None else pid
    allowed = (m.topology.all if cpus is None else cpus & m.topology.all) or m.topology.all
    p = Task(pid, comm[:15], allowed, tgid=pid, nice=nice, flags=flags, cgroup=cgroup or m.root, parent=parent, cpu=cpu)
    if not allowed >> cpu & 1:
        p.cpu = (allowed & -allowed).bit_length() - 1
    p.slice = m.k.slice_dfl
    p.weight = 0  # set when the policy gets the task
    m.tasks[pid] = p
    return p


def spawn(m: State, comm: str = "task", *, by: int = 0, **more: object) -> Task | None:
    """A fork on CPU `by`: copy_process (init_task, enable), then wake_up_new_task. None where init_task refused it."""
    m.this = by
    more.setdefault("cpu", by)
    p = add_task(m, comm, **more)  # type: ignore[arg-type]
    if m.init_tasks:
        error = init_task(m, p, True)
        if error:
            del m.tasks[p.pid]
            m.settle()
            return None
        p.state = TaskState.READY
        if p.on_scx:
            enable_task(m, p)
    p.sleeping = False
    m.fire("sched_process_fork", runs(m, by), p)
    if m.enabled:
        cpu = _select(m, p, m.k.wake_fork, selected=False)
        p.cpu = cpu
        target = m.cpus[cpu]
        enqueue_task(m, target, p, ENQUEUE_NOCLOCK | ENQUEUE_INITIAL)
        m.fire("sched_wakeup_new", p)
        _woken(m, target)
    m.settle()
    return p


def wake(m: State, p: Task, *, by: int = 0, sync: bool = False) -> bool:
    """try_to_wake_up, by what runs on CPU `by`. Returns False for a task that is awake or dead."""
    if not p.sleeping or p.dead:
        return False
    m.this = by
    m.fire("sched_waking", p)
    p.sleeping = False
    if m.enabled and p.on_scx:
        flags = m.k.enq_wakeup | ENQUEUE_NOCLOCK
        wake_flags = m.k.wake_ttwu | (m.k.wake_sync if sync else 0)
        if p.nr_cpus_allowed > 1 and not p.migration_disabled:
            flags |= m.k.enq_cpu_selected
        p.cpu = _select(m, p, wake_flags)
        target = m.cpus[p.cpu]
        enqueue_task(m, target, p, flags)
        m.fire("sched_wakeup", p)
        _woken(m, target)
    m.settle()
    return True


def _woken(m: State, cpu: Cpu) -> None:
    """wakeup_preempt (an idle CPU looks for work, wherever the policy has put the task), then task_woken_scx."""
    if cpu.curr is None and not cpu.taken:
        m.resched(cpu)
    run_deferred(m, cpu)


def _select(m: State, p: Task, wake_flags: int, selected: bool = True) -> int:
    """select_task_rq and select_task_rq_scx; a choice outside of the task's CPUs is overruled."""
    if p.nr_cpus_allowed > 1 and not p.migration_disabled:
        cpu = _select_scx(m, p, wake_flags)
    elif p.migration_disabled:
        cpu = p.cpu
    else:
        cpu = p.cpus_allowed.bit_length() - 1
    allowed = p.migration_disabled or p.cpus_allowed >> cpu & 1
    return cpu if allowed and m.cpus[cpu].online else idle.fallback_cpu(m, p, cpu)


def _select_scx(m: State, p: Task, wake_flags: int) -> int:
    prev = p.cpu
    if "select_cpu" in m.has and not m.cpus[p.cpu].bypassing:
        here = m.cpus[m.this]
        here.direct = p
        cpu = m.call("select_cpu", p, prev, wake_flags)
        here.direct = None
        return cpu if cpu_valid(m, cpu, "from ops.select_cpu()") else prev
    if not m.builtin_idle:
        return prev
    cpu, found = idle.select_default(m, p, prev, wake_flags)
    if found:
        p.slice = m.k.slice_dfl
        p.direct_dsq = m.k.dsq_local
    return cpu


def block(m: State, p: Task) -> bool:
    """The task, which must be running, goes to sleep."""
    cpu = m.cpu_of(p)
    if cpu.curr is not p:
        return False
    schedule(m, cpu, leaving=True)
    m.settle()
    return True


def yield_cpu(m: State, p: Task) -> bool:
    """sched_yield: yield_task_scx. Without a callback the slice is given up."""
    cpu = m.cpu_of(p)
    if cpu.curr is not p:
        return False
    m.this = cpu.id
    if "yield" in m.has:
        m.call("yield", p, None)
    else:
        p.slice = 0
    m.resched(cpu)
    m.settle()
    return True


def yield_to(m: State, p: Task, to: Task) -> bool:
    """yield_to, as a virtual machine's CPU thread does: yield_to_task_scx asks the policy; true is what it says."""
    cpu = m.cpu_of(p)
    if cpu.curr is not p or p is to or not to.on_scx or "yield" not in m.has:
        return False
    m.this = cpu.id
    done = bool(m.call("yield", p, to))
    if done:
        m.resched(cpu)
    m.settle()
    return done


def core_sched_before(m: State, a: Task, b: Task) -> bool | None:
    """Core scheduling asks which of two tasks comes first: scx_prio_less. None where the policy is not asked."""
    if a is b or not a.on_scx or not b.on_scx or m.cpu_of(a).bypassing or "core_sched_before" not in m.has:
        return None
    m.this = a.cpu
    first = bool(m.call("core_sched_before", a, b))
    m.settle()
    return first


def exit(m: State, p: Task) -> bool:
    """do_exit of a running task; a sleeping one is woken for it, and dies once it runs."""
    if p.dead:
        return False
    p.flags |= PF_EXITING
    cpu = m.cpu_of(p)
    if cpu.curr is not p:
        return False
    m.this = cpu.id
    m.fire("sched_process_exit", p, p.tgid == p.pid)
    schedule(m, cpu, leaving=True)
    _bury(m, p)
    m.settle()
    return True


def _bury(m: State, p: Task) -> None:
    p.dead = True
    exit_task(m, p)
    m.tasks.pop(p.pid, None)


# ---- changes


def set_nice(m: State, p: Task, nice: int, *, by: int = 0) -> None:
    """set_user_nice, and reweight_task_scx."""
    m.this = by
    if p.nice == nice:
        return
    with Aside(m, p):
        p.nice = nice
        if p.state is TaskState.ENABLED:
            p.weight = nice_weight(nice)
            if "set_weight" in m.has:
                m.call("set_weight", p, p.weight)
    m.settle()


def set_affinity(m: State, p: Task, cpus: int, *, by: int = 0) -> bool:
    """sched_setaffinity: set_cpus_allowed_scx, then the task moves where it still may run. False for an empty mask."""
    m.this = by
    mask = cpus & m.topology.all
    if not mask & m.online:
        return False
    with Aside(m, p):
        p.cpus_allowed = mask
        if p.state is TaskState.ENABLED and "set_cpumask" in m.has:
            m.call("set_cpumask", p, mask)
    if not mask >> p.cpu & 1 and not p.migration_disabled and not p.sleeping:
        _move_off(m, p, idle.any_distributed(m, mask & m.online))
    m.settle()
    return True


def _move_off(m: State, p: Task, target: int) -> None:
    """move_queued_task; a running task is stopped by the stopper first (migration_cpu_stop)."""
    cpu = m.cpu_of(p)
    if cpu.curr is p:
        cpu.higher = "stop"
        schedule(m, cpu)
        _requeue_on(m, p, target)
        cpu.higher = ""
        schedule(m, cpu)
    elif p.queued:
        _requeue_on(m, p, target)


def _requeue_on(m: State, p: Task, target: int) -> None:
    p.migrating = True
    dequeue_task(m, m.cpu_of(p), p, DEQUEUE_NOCLOCK)
    p.cpu = target
    enqueue_task(m, m.cpus[target], p, 0)
    p.migrating = False
    run_deferred(m, m.cpus[target])
    m.resched(m.cpus[target])


def set_migration_disabled(m: State, p: Task, disabled: bool) -> None:
    """migrate_disable of a running task: until it ends, the task stays on its CPU. It may sleep meanwhile."""
    if m.cpu_of(p).curr is p:
        p.migration_disabled = disabled


def take_cpu(m: State, cpu: int) -> None:
    """A real-time task takes the CPU."""
    m.cpus[cpu].higher = "rt"
    schedule(m, m.cpus[cpu])
    m.settle()


def return_cpu(m: State, cpu: int) -> None:
    """The real-time task sleeps again."""
    if m.cpus[cpu].higher:
        m.cpus[cpu].higher = ""
        schedule(m, m.cpus[cpu])
        m.settle()


__all__ = [
    "add_task", "block", "core_sched_before", "exit", "put_prev", "return_cpu", "set_affinity", "set_migration_disabled", "set_nice", "spawn",
    "take_cpu", "wake", "yield_cpu", "yield_to",
]  # fmt: skip
