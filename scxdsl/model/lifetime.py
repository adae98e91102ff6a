# SPDX-License-Identifier: GPL-2.0-only
"""A scheduler begins and ends. Source: kernel/sched/ext.c, scx_ops_enable_workfn and scx_ops_disable_workfn (6.12)."""

from collections.abc import Callable

from . import findings, idle
from .accounting import update_curr
from .arguments import DumpContext, ExitTaskArgs, InitTaskArgs
from .cgroups import exit_cgroups, init_cgroup
from .constants import DEFAULT_MAX_BATCH, DEQUEUE_MOVE, DEQUEUE_SAVE, ENQUEUE_MOVE, ENQUEUE_RESTORE, MAX_TIMEOUT_MS
from .cpu import Cpu
from .enqueue import clear_direct, dequeue_task, enqueue_task
from .program import Program
from .results import sanitized
from .schedule import set_next
from .state import State
from .task import Task, TaskState, nice_weight


def enable(m: State, program: Program, dump: bool = False) -> bool:
    """A scheduler with all tasks there are. False where it ended at once; `m.exit` says why. `dump`: an error calls the dump callbacks, as
    the kernel does for the debug dump."""
    k = m.k
    m.program = program
    m.settings = settings = program.settings
    m.exit, m.done, m.disabling, m.dumps = None, False, False, dump
    m.has = frozenset(m.program.callbacks)
    m.hooked = frozenset(getattr(m.program, "hooks", ()))
    m.builtin_idle = "update_idle" not in m.has or bool(settings.flags & k.ops_keep_builtin_idle)
    if m.builtin_idle:
        idle.reset(m)
    m.this = 0
    if "init" in m.has:
        error = sanitized(m, "init", m.call("init"))
        if error:
            m.eject(findings.InitFailed(error))
    if m.exit is None and settings.flags & k.ops_enq_last and "enqueue" not in m.has:
        m.eject(findings.EnqLastAlone())
    m.max_batch = settings.dispatch_max_batch or DEFAULT_MAX_BATCH
    m.timeout = (settings.timeout_ms or MAX_TIMEOUT_MS) * 1_000_000
    m.checked_at = m.now
    if m.exit is None:
        _enable(m)
    if m.exit is None:
        m.at(m.now + m.timeout // 2, _watchdog, m, m.program)
    m.settle()
    return m.exit is None


def _enable(m: State) -> None:
    set_bypass(m, True)
    m.init_tasks = True
    for group in list(m.cgroups.values()):
        if init_cgroup(m, group):
            return
    for p in list(m.tasks.values()):
        error = init_task(m, p, False)
        if error:
            m.eject(findings.InitTaskFailed(error, p.comm, p.pid))
            return
        p.state = TaskState.READY
    m.enabled = True
    partial = m.settings.flags & m.k.ops_switch_partial
    for p in list(m.tasks.values()):
        p.on_scx = not p.disallow and not partial
        if not p.on_scx:
            continue
        p.slice = m.k.slice_dfl
        enable_task(m, p)
        if "set_cpumask" in m.has:
            m.call("set_cpumask", p, p.cpus_allowed)
        if not p.sleeping:
            enqueue_task(m, m.cpu_of(p), p, ENQUEUE_RESTORE | ENQUEUE_MOVE)
    set_bypass(m, False)


def init_task(m: State, p: Task, fork: bool) -> int:
    """scx_init_task: 0, or the error number."""
    p.disallow = False
    if "init_task" in m.has:
        error = sanitized(m, "init_task", m.call("init_task", p, InitTaskArgs(fork, p.cgroup)))
        if error:
            return error
    p.state = TaskState.INIT
    if p.disallow and fork:
        m.eject(findings.DisallowOnFork(p.comm, p.pid))
    p.reset_runnable_at = True
    return 0


def enable_task(m: State, p: Task) -> None:
    """scx_enable_task."""
    p.weight = nice_weight(p.nice)
    if "enable" in m.has:
        m.call("enable", p)
    p.state = TaskState.ENABLED
    if "set_weight" in m.has:
        m.call("set_weight", p, p.weight)


def disable_task(m: State, p: Task) -> None:
    """scx_disable_task."""
    clear_direct(p)
    if "disable" in m.has:
        m.call("disable", p)
    p.state = TaskState.READY


def exit_task(m: State, p: Task) -> None:
    """scx_exit_task."""
    if p.state is TaskState.NONE:
        return
    cancelled = p.state is TaskState.INIT
    if p.state is TaskState.ENABLED:
        disable_task(m, p)
    if "exit_task" in m.has:
        m.call("exit_task", p, ExitTaskArgs(cancelled))
    p.state = TaskState.NONE


def _cycle(m: State, p: Task, between: Callable[[], bool] = lambda: True) -> None:
    """sched_deq_and_put_task, something, sched_enq_and_set_task. `between` says whether the task stays with sched_ext."""
    cpu = m.cpu_of(p)
    queued, running = p.queued, cpu.curr is p
    if queued:
        dequeue_task(m, cpu, p, DEQUEUE_SAVE | DEQUEUE_MOVE)
    if running:
        update_curr(m, cpu)
    if between():
        if queued:
            enqueue_task(m, cpu, p, ENQUEUE_RESTORE | ENQUEUE_MOVE)
        if running:
            set_next(m, cpu, p)
    elif running:
        cpu.curr = None


def set_bypass(m: State, on: bool) -> None:
    """scx_bypass: while it lasts, the kernel schedules by itself, first in first out."""
    m.bypass += 1 if on else -1
    if m.bypass != (1 if on else 0):
        return
    for cpu in m.cpus:
        cpu.bypassing = on
        if not m.enabled:
            continue
        for p in reversed(list(cpu.runnable)):
            _cycle(m, p)
        if cpu.online:
            m.resched(cpu)


def disable(m: State) -> None:
    """scx_disable_workfn: tasks go back to the kernel's own class, then the policy's exit is called."""
    if m.done or m.exit is None:
        return
    m.done = True
    if m.exit.kind >= m.k.exit_error and m.dumps:
        _dump(m)
    set_bypass(m, True)
    m.disabling = True
    exit_cgroups(m)
    m.init_tasks = False
    for p in list(m.tasks.values()):

        def leave(p: Task = p) -> bool:
            if p.state is TaskState.ENABLED:
                disable_task(m, p)
            return False

        _cycle(m, p, leave)
        exit_task(m, p)
    m.enabled = False
    exit_info = m.exit
    has_exit = "exit" in m.has
    m.has = frozenset()
    if has_exit:
        m.call("exit", exit_info)
    for cpu in m.cpus:
        cpu.local.tasks.clear()
        cpu.runnable.clear()
        cpu.deferred.clear()
    m.dsqs.clear()
    set_bypass(m, False)


def _dump(m: State) -> None:
    """scx_dump_state: only what it asks of the policy."""
    assert m.exit is not None
    m.in_dump = True
    info = m.exit
    context = DumpContext(info.kind, info.exit_code, info.reason, m.now, m.now // 4_000_000)
    if "dump" in m.has:
        m.call("dump", context)
    for cpu in m.cpus:
        if "dump_cpu" in m.has:
            m.call("dump_cpu", context, cpu.id, cpu.curr is None and not cpu.taken)
        if "dump_task" in m.has:
            for p in [*([cpu.curr] if cpu.curr else []), *cpu.runnable]:
                m.call("dump_task", context, p)
    m.in_dump = False


def _watchdog(m: State, program: Program) -> None:
    """scx_watchdog_workfn: a task that was runnable too long ends the policy."""
    if m.program is not program or m.done:
        return
    m.checked_at = m.now
    for cpu in m.cpus:
        if cpu.online and _late(m, cpu):
            break
    m.at(m.now + m.timeout // 2, _watchdog, m, program)


def _late(m: State, cpu: Cpu) -> bool:
    for p in cpu.runnable:
        waited = m.now - p.runnable_at
        if waited > m.timeout:
            milliseconds = waited // 1_000_000
            m.eject(findings.Stalled(p.comm, p.pid, milliseconds // 1000, milliseconds % 1000))
            return True
    return False
