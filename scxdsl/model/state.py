# SPDX-License-Identifier: GPL-2.0-only
"""State of the modelled kernel, the way into callbacks, and what happens later: interrupts, timers.

Everything runs on one thread: an event (a wake-up, a tick) is followed to its end, then what it left pending, in the order
in which it was left. So a run is a function of the events and the seed.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import findings
from .arguments import ExitInfo
from .constants import CPUPERF_ONE, DEFAULT_MAX_BATCH, MAX_TIMEOUT_MS, MESSAGE_LENGTH, TICK, constants, series_number
from .cpu import Cpu, RunQueue
from .dsq import Dsq
from .program import Program, Settings
from .task import Cgroup, Task
from .topology import Topology

# Which group of kernel functions a callback may call (kernel/sched/ext.c: SCX_KF_*; checked at run time up to 7.0).
CPU_RELEASE, DISPATCH, ENQUEUE, SELECT_CPU, REST = 1, 2, 4, 8, 16
_MASKS = {
    "select_cpu": ENQUEUE | SELECT_CPU,
    "enqueue": ENQUEUE,
    "dispatch": DISPATCH,
    "cpu_release": CPU_RELEASE,
    **dict.fromkeys(
        ("init", "exit", "init_task", "cgroup_init", "cgroup_exit", "cgroup_prep_move", "cgroup_cancel_move", "cpu_online",
         "cpu_offline", "cgroup_set_weight", "cgroup_set_bandwidth", "cgroup_set_idle", "dump", "dump_cpu", "dump_task"), 0
    ),
}  # fmt: skip
TRACEPOINTS = ("sched_switch", "sched_waking", "sched_wakeup", "sched_wakeup_new", "sched_process_fork", "sched_process_exit")
PIDS = 100  # those of tasks come after it
_STEPS = 5_000  # of one event; more means that the policy makes the kernel turn on the spot


class Livelock(Exception):
    """An event did not come to its end: the policy keeps the kernel rescheduling without time passing."""


class State:
    """What a kernel of `series` on `topology` knows, below all that it does: `Model` is the whole. `trace`, when it is a list, gets every callback
    with its result and every call of the kernel: tuples whose first item says which."""

    def __init__(self, series: str = "6.18", topology: Topology | None = None, seed: int = 0, start: int = 1_000_000_000) -> None:
        self.series = series
        self.version = series_number(series)
        self.k = constants(series)
        self.topology = topology or Topology.of(2)
        self.seed = seed
        self.random = random.Random(seed)
        self.now = start
        self.this = 0  # the CPU that executes
        self.cpus = [Cpu(i, Dsq(self.k.dsq_local, i)) for i in range(self.topology.cpus)]
        self.online = self.topology.all
        self.idle_cpus = 0
        self.idle_cores = 0
        self.builtin_idle = True
        self.dsqs: dict[int, Dsq] = {}
        nodes = range(max(self.topology.nodes) + 1)
        self.globals = [Dsq(self.k.dsq_global, None, n) for n in nodes]
        self.tasks: dict[int, Task] = {}
        self.root = Cgroup(1)
        self.cgroups: dict[int, Cgroup] = {1: self.root}
        self.program: Program | None = None
        self.settings = Settings()
        self.has: frozenset[str] = frozenset()
        self.hooked: frozenset[str] = frozenset()  # tracepoints that the policy has hooks at
        self.leaving: Task | None = None  # the task that gives its CPU away, while hooks are told so
        self.enabled = False  # tasks run under sched_ext
        self.init_tasks = False  # new tasks are told to the policy
        self.bypass = 0
        self.disabling = False
        self.exit: ExitInfo | None = None
        self.done = False
        self.callback = ""
        self.allowed = 0
        self.subjects: tuple[Any, ...] = ()
        self.interrupts: tuple[str, ...] = ()
        """What the CPU that executes is serving: "softirq", "hardirq"."""
        self.max_batch = DEFAULT_MAX_BATCH
        self.timeout = MAX_TIMEOUT_MS * 1_000_000
        self.checked_at = start
        self.in_dump = False
        self.dumps = False  # an error calls the dump callbacks
        self.trace: list[tuple[Any, ...]] | None = None
        self.log: list[str] = []
        self.pending: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self.clock: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self.scarce = 0
        """Memory is short: of so many things that want some, one gets none. 0: there is enough for all."""
        self.lacks: frozenset[str] = frozenset()
        """Variables that the kernel was built without: CPUs are then in no groups of that kind."""
        self.names: tuple[str, ...] = ()
        """Names that scripts give to tasks and cgroups, beside their usual ones."""
        self.numbers: tuple[int, ...] = ()
        """What scripts let user space write, beside small numbers and chance."""
        self.capacities: tuple[int, ...] = ()
        """Of the CPUs, in turn; without any all have the whole."""
        self.idle_tasks: dict[int, Task] = {}  # what running.py made, by CPU
        self.higher_tasks: dict[int, Task] = {}
        self.run_queues: dict[int, RunQueue] = {}
        self._order = 0
        self.last_pid = PIDS
        """Of the task that was made last; scripts may begin with others."""
        self.at(start + TICK, self.tick_all)

    # ---- callbacks

    def call(self, name: str, *args: Any) -> Any:
        """Runs a callback that the policy has. Its tasks are those that kernel functions may be asked about."""
        outer = self.callback, self.allowed, self.subjects
        self.callback, self.allowed = name, self.allowed | _MASKS.get(name, REST)
        self.subjects = args
        assert self.program is not None
        if self.trace is None:
            result = self.program.call(name, args)
        else:
            self.trace.append(("call", name, self.this, *map(_plain, args)))
            result = self.program.call(name, args)
            self.trace.append(("return", name, result))
        self.callback, self.allowed, self.subjects = outer
        return result

    def enter(self, name: str, run: Callable[[], None]) -> None:
        """Runs a part of the policy that is no callback: a timer's body, in a softirq (kernel/bpf/helpers.c, __bpf_async_init: HRTIMER_MODE_REL_SOFT)."""
        outer = self.callback, self.allowed, self.subjects
        self.callback, self.allowed, self.subjects = name, 0, ()
        if self.trace is not None:
            self.trace.append(("call", name, self.this))
        with self.serving("softirq"):
            run()
        self.callback, self.allowed, self.subjects = outer

    @contextmanager
    def serving(self, interrupt: str) -> Iterator[None]:
        """What happens inside happens in a "softirq" or "hardirq"."""
        outer, self.interrupts = self.interrupts, (*self.interrupts, interrupt)
        yield
        self.interrupts = outer

    def fire(self, tracepoint: str, *args: Any) -> None:
        """A tracepoint: runs the policy's hooks there, if it has any; they look themselves whether it lives. See TRACEPOINTS for those that the model has."""
        if tracepoint not in self.hooked or self.program is None:
            return
        outer = self.callback, self.subjects
        self.callback, self.subjects = "hook", ()
        if self.trace is not None:
            self.trace.append(("hook", tracepoint, self.this, *map(_plain, args)))
        self.program.hook(tracepoint, args)
        self.callback, self.subjects = outer

    def command(self, name: str, context: bytes, by: int = 0) -> tuple[int, bytes]:
        """User space on CPU `by` runs a command of the policy: what the program returns, and its context afterwards."""
        assert self.program is not None
        self.this = by
        outer = self.callback, self.allowed, self.subjects
        self.callback, self.allowed, self.subjects = "command", 0, ()
        if self.trace is not None:
            self.trace.append(("call", name, self.this))
        status, after = self.program.command(name, context)
        if self.trace is not None:
            self.trace.append(("return", name, status))
        self.callback, self.allowed, self.subjects = outer
        self.settle()
        return status, after

    # ---- the end of a policy

    def eject(self, finding: findings.Finding, exit_code: int = 0) -> None:
        """Ends the scheduler, as scx_exit does: the first reason stands, and what must be undone is undone later."""
        if self.exit is not None or self.done or self.program is None:
            return
        kind = getattr(self.k, f"exit_{finding.kind}")
        text = finding.message(self.version)[: MESSAGE_LENGTH - 1]
        reason = findings.REASONS[finding.kind]
        self.exit = ExitInfo(kind, exit_code, reason, text, finding.template(self.version), self.callback, 7 * len(text) % 32)
        if self.trace is not None:
            self.trace.append(("eject", kind, text))
        self.later(self.disable)

    # ---- what the whole does of itself (model.py)

    def reschedule(self, cpu: Cpu) -> None:
        """The CPU chooses what runs, if it still wants to."""
        raise NotImplementedError

    def run_deferred(self, cpu: Cpu) -> None:
        """What was inserted directly into other CPUs' local queues goes there."""
        raise NotImplementedError

    def tick_all(self) -> None:
        """The periodic tick of every CPU."""
        raise NotImplementedError

    def disable(self) -> None:
        """The scheduler that has an exit record is undone."""
        raise NotImplementedError

    # ---- later

    def later(self, what: Callable[..., None], *args: Any) -> None:
        """At the end of what runs now."""
        self.pending.append((what, args))

    def at(self, time: int, what: Callable[..., None], *args: Any) -> None:
        """At a time, in nanoseconds."""
        self._order += 1
        heapq.heappush(self.clock, (time, self._order, what, args))

    def settle(self) -> None:
        """Does all that is pending. Raises Livelock."""
        steps = 0
        pending = self.pending
        while pending:
            what, args = pending.popleft()
            what(*args)
            steps += 1
            if steps > _STEPS:
                raise Livelock(f"{self.callback or 'the scheduler'} never comes to rest")

    def lacks_memory(self, what: str, number: int) -> bool:
        """Whether the kernel has no memory for that thing: always the same answer for the same one."""
        return bool(self.scarce) and random.Random(f"{self.seed} {what} {number}").randrange(self.scarce) == 0

    def capacity(self, cpu: int) -> int:
        """arch_scale_cpu_capacity."""
        return self.capacities[cpu % len(self.capacities)] if self.capacities else CPUPERF_ONE

    def resched(self, cpu: Cpu) -> None:
        """resched_curr: the CPU chooses again as soon as it can."""
        if not cpu.need_resched:
            cpu.need_resched = True
            self.later(self.reschedule, cpu)

    def advance(self, nanoseconds: int) -> None:
        """Lets time pass: ticks, timers and the watchdog come as their time does."""
        end = self.now + nanoseconds
        while self.clock and self.clock[0][0] <= end:
            time, _, what, args = heapq.heappop(self.clock)
            self.now = max(self.now, time)
            what(*args)
            self.settle()
        self.now = end

    def new_pid(self) -> int:
        self.last_pid += 1
        return self.last_pid

    def cpu_of(self, p: Task) -> Cpu:
        return self.cpus[p.cpu]

    def global_dsq(self, p: Task) -> Dsq:
        """find_global_dsq: that of the node of the task's CPU."""
        return self.globals[self.topology.nodes[p.cpu]]


def _plain(value: Any) -> Any:
    """An argument as the trace shows it."""
    if isinstance(value, Task):
        return f"task {value.pid}"
    if isinstance(value, Cgroup):
        return f"cgroup {value.id}"
    return value if isinstance(value, int | str | None) else getattr(value, "struct", repr(value))

