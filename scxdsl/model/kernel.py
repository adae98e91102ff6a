# SPDX-License-Identifier: GPL-2.0-only
"""What programs may ask of the kernel: one method for each family of kernel functions (kernel/facts/forms.json), with that
family's arguments in its order. Both engines come here, so that their calls can be compared.

Source: kernel/sched/ext.c and ext_idle.c, the functions named scx_bpf_<method>. Numbers are as the kernel's types have
them: unsigned ones 0 and up, s32 signed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import findings
from .cpu import RunQueue

if TYPE_CHECKING:
    from .dsq import Dsq
    from .model import Model
    from .task import Task

_EINVAL, _ENOENT, _EEXIST, _EBUSY, _ENOMEM = -22, -2, -17, -16, -12
CPUPERF_ONE = 1024  # SCX_CPUPERF_ONE
# SCX_KF_*: see model.py
_CPU_RELEASE, _DISPATCH, _ENQUEUE, _SELECT_CPU = 1, 2, 4, 8


class KernelOps:
    """The functions of one modelled kernel."""

    def __init__(self, model: "Model") -> None:
        self.m = model
        self._timers: dict[int, int] = {}
        self._idle: dict[int, Task] = {}
        self._queues: dict[int, RunQueue] = {}
        self._higher: dict[int, Task] = {}

    # ---- bookkeeping: traced are effects, and questions whose answers change while a callback runs

    def _traced(self, name: str, *what: Any) -> None:
        trace = self.m.trace
        if trace is not None:
            trace.append(("kernel", name, *what))

    def _allowed(self, mask: int) -> bool:
        """scx_kf_allowed: up to 7.0 the kernel looks when the function is called; from 7.1 the verifier has."""
        m = self.m
        if m.version >= (7, 1):
            return True
        if not m.allowed & mask:
            m.eject(findings.WrongContext(mask, m.allowed))
            return False
        if mask.bit_length() == 2 and m.allowed & ~3:
            m.eject(findings.NestedDispatch())
            return False
        if mask == _CPU_RELEASE and m.allowed & ~1:
            m.eject(findings.NestedRelease())
            return False
        return True

    # ---- inserting and moving

    def dsq_insert(self, p: "Task", dsq_id: int, slice: int, enq_flags: int) -> bool:
        self._traced("dsq_insert", p.pid, dsq_id, slice, enq_flags)
        if not self._may_insert(p, enq_flags):
            return False
        p.slice = slice or p.slice or 1
        return self._commit(p, dsq_id, enq_flags)

    def dsq_insert_vtime(self, p: "Task", dsq_id: int, slice: int, vtime: int, enq_flags: int) -> bool:
        self._traced("dsq_insert_vtime", p.pid, dsq_id, slice, vtime, enq_flags)
        if not self._may_insert(p, enq_flags):
            return False
        p.slice = slice or p.slice or 1
        p.vtime = vtime
        return self._commit(p, dsq_id, enq_flags | self.m.k.enq_dsq_priq)

    def _may_insert(self, p: "Task | None", flags: int) -> bool:
        """scx_dsq_insert_preamble."""
        if not self._allowed_insert():
            return False
        if p is None:
            self.m.eject(findings.NullTask())
            return False
        if flags & self.m.k.enq_internal:
            self.m.eject(findings.InvalidEnqFlags(flags))
            return False
        return True

    def _allowed_insert(self) -> bool:
        m = self.m
        if m.version >= (7, 1):
            return True
        if not m.allowed & (_ENQUEUE | _DISPATCH):
            m.eject(findings.WrongContext(_ENQUEUE | _DISPATCH, m.allowed))
            return False
        return True

    def _commit(self, p: "Task", dsq_id: int, flags: int) -> bool:
        from .enqueue import commit

        return commit(self.m, p, dsq_id, flags)

    def dsq_move_to_local(self, dsq_id: int, enq_flags: int = 0) -> bool:
        from .enqueue import flush
        from .queues import consume

        m = self.m
        done = False
        if self._allowed(_DISPATCH):
            here = m.cpus[m.this]
            flush(m, here)
            dsq = self.user_dsq(dsq_id)
            if dsq is None:
                m.eject(findings.InvalidDsq(dsq_id))
            elif consume(m, here, dsq, enq_flags):
                here.dispatched += 1
                done = True
        self._traced("dsq_move_to_local", dsq_id, enq_flags, done)
        return done

    def user_dsq(self, dsq_id: int) -> "Dsq | None":
        """A queue of the policy, by its id."""
        return None if dsq_id & self.m.k.dsq_flag_builtin else self.m.dsqs.get(dsq_id)

    def dispatch_nr_slots(self) -> int:
        m = self.m
        found = m.max_batch - len(m.cpus[m.this].buffer) if self._allowed(_DISPATCH) else 0
        self._traced("dispatch_nr_slots", found)
        return found

    def dispatch_cancel(self) -> None:
        self._traced("dispatch_cancel")
        m = self.m
        if self._allowed(_DISPATCH):
            buffer = m.cpus[m.this].buffer
            if buffer:
                buffer.pop()
            else:
                m.eject(findings.BufferUnderflow())

    def dsq_move(self, dsq: "Dsq | None", limit: int, p: "Task", dsq_id: int, flags: int, slice: int | None = None,
                 vtime: int | None = None, priq: bool = False) -> bool:  # fmt: skip
        """scx_dsq_move, of a task found by an iterator over `dsq` that began when the queue's seq was `limit`."""
        from .queues import find, move_between

        m = self.m
        done = False
        in_place = m.allowed in (0,) or m.version >= (7, 1) or self._allowed(_DISPATCH)
        if dsq is not None and in_place and p.dsq is dsq and p.dsq_seq <= limit:
            target = find(m, m.cpus[m.this], dsq_id, p)
            if vtime is not None:
                p.vtime = vtime
            if slice is not None:
                p.slice = slice
            move_between(m, p, flags | (m.k.enq_dsq_priq if priq else 0), dsq, target)
            done = True
        self._traced("dsq_move", p.pid, dsq_id, flags, slice, vtime, priq, done)
        return done

    def reenqueue_local(self) -> int:
        """Up to 6.18 from cpu_release only, later from anywhere, when it takes place afterwards."""
        from .enqueue import do_enqueue
        from .queues import remove

        m = self.m
        count = 0
        if m.version >= (6, 19) or self._allowed(_CPU_RELEASE):
            here = m.cpus[m.this]
            tasks = list(here.local.tasks)
            for p in tasks:
                remove(m, p)
            for p in tasks:
                do_enqueue(m, here, p, m.k.enq_reenq)
            count = len(tasks)
        self._traced("reenqueue_local", count)
        return count

    # ---- queues

    def create_dsq(self, dsq_id: int, node: int = -1) -> int:
        from .dsq import Dsq

        m = self.m
        if node >= len(m.globals) or node < -1 or dsq_id & m.k.dsq_flag_builtin:
            result = _EINVAL
        elif dsq_id in m.dsqs:
            result = _EEXIST
        elif m.lacks_memory("dsq", dsq_id):
            result = _ENOMEM
        else:
            m.dsqs[dsq_id] = Dsq(dsq_id, None, node)
            result = 0
        self._traced("create_dsq", dsq_id, node, result)
        return result

    def destroy_dsq(self, dsq_id: int) -> None:
        self._traced("destroy_dsq", dsq_id)
        dsq = self.user_dsq(dsq_id)
        if dsq is None:
            return
        if dsq.tasks:
            self.m.eject(findings.DsqInUse(dsq_id, len(dsq)))
            return
        dsq.destroyed = True
        del self.m.dsqs[dsq_id]

    def dsq_nr_queued(self, dsq_id: int) -> int:
        m, k = self.m, self.m.k
        if dsq_id == k.dsq_local:
            found = len(m.cpus[m.this].local)
        elif dsq_id & k.dsq_local_on == k.dsq_local_on:
            cpu = dsq_id & k.dsq_local_cpu_mask
            found = len(m.cpus[cpu].local) if self._cpu_valid(cpu) else _ENOENT
        else:
            dsq = self.user_dsq(dsq_id)
            found = len(dsq) if dsq is not None else _ENOENT
        self._traced("dsq_nr_queued", dsq_id, found)
        return found

    def dsq_peek(self, dsq_id: int) -> "Task | None":
        m = self.m
        found = None
        if dsq_id & m.k.dsq_flag_builtin:
            m.eject(findings.PeekBuiltin(dsq_id))
        elif (dsq := m.dsqs.get(dsq_id)) is None:
            m.eject(findings.PeekMissing(dsq_id))
        elif dsq.tasks:
            found = dsq.tasks[0]
        return found

    # ---- CPUs

    def _cpu_valid(self, cpu: int) -> bool:
        from .queues import cpu_valid

        return cpu_valid(self.m, cpu)

    def select_cpu_dfl(self, p: "Task", prev_cpu: int, wake_flags: int) -> tuple[int, bool]:
        """The CPU, and whether it was idle (`is_idle`)."""
        from . import idle

        m = self.m
        result = (prev_cpu, False)
        if self._cpu_valid(prev_cpu):
            if not m.builtin_idle:
                m.eject(findings.NoIdleTracking())
            elif self._allowed_select(p):
                result = idle.select_default(m, p, prev_cpu, wake_flags)
        self._traced("select_cpu_dfl", p.pid, prev_cpu, wake_flags, *result)
        return result

    def _allowed_select(self, p: "Task") -> bool:
        """select_cpu_from_kfunc: from select_cpu alone in 6.12, then also from enqueue and where no run queue is locked."""
        m = self.m
        if m.version < (6, 16):
            return self._allowed(_SELECT_CPU)
        if m.version < (7, 1):
            return m.allowed == 0 or self._allowed(_SELECT_CPU | _ENQUEUE)
        if m.callback in ("select_cpu", "enqueue") and p not in m.subjects:
            m.eject(findings.CrossTask(p.comm, p.pid))
            return False
        return True

    def select_cpu_and(self, p: "Task", prev_cpu: int, wake_flags: int, cpus_allowed: int, flags: int) -> int:
        """The idle CPU among the allowed ones that is claimed now, or -EBUSY."""
        from . import idle

        m = self.m
        cpu, found = prev_cpu, False
        if self._cpu_valid(prev_cpu):
            if not m.builtin_idle:
                m.eject(findings.NoIdleTracking())
            elif self._allowed_select(p):
                cpu, found = idle.select_default(m, p, prev_cpu, wake_flags, cpus_allowed)
        result = cpu if found else _EBUSY
        self._traced("select_cpu_and", p.pid, prev_cpu, wake_flags, cpus_allowed, flags, result)
        return result

    def test_and_clear_cpu_idle(self, cpu: int) -> bool:
        from . import idle

        found = False
        if not self.m.builtin_idle:
            self.m.eject(findings.NoIdleTracking())
        elif self._cpu_valid(cpu):
            found = idle.claim(self.m, cpu)
        self._traced("test_and_clear_cpu_idle", cpu, found)
        return found

    def pick_idle_cpu(self, cpus_allowed: int, flags: int) -> int:
        from . import idle

        m = self.m
        found = _EBUSY
        if not m.builtin_idle:
            m.eject(findings.NoIdleTracking())
        else:
            cpu = idle.pick(m, cpus_allowed, bool(flags & m.k.pick_idle_core))
            found = cpu if cpu >= 0 else _EBUSY
        self._traced("pick_idle_cpu", cpus_allowed, flags, found)
        return found

    def pick_any_cpu(self, cpus_allowed: int, flags: int) -> int:
        from . import idle

        m = self.m
        cpu = idle.pick(m, cpus_allowed, bool(flags & m.k.pick_idle_core)) if m.builtin_idle else -1
        if cpu < 0:
            cpu = idle.any_distributed(m, cpus_allowed)
        found = cpu if cpu >= 0 else _EBUSY
        self._traced("pick_any_cpu", cpus_allowed, flags, found)
        return found

    def idle_mask(self, cores: bool) -> int:
        """scx_bpf_get_idle_cpumask and _smtmask."""
        m = self.m
        if not m.builtin_idle:
            m.eject(findings.NoIdleTracking())
            return 0
        if cores and m.topology.smt:
            return m.idle_cores
        return m.idle_cpus

    def idle_mask_of(self, node: int, cores: bool) -> int:
        """scx_bpf_get_idle_cpumask_node and _smtmask_node."""
        nodes = self.m.topology.nodes
        return self.idle_mask(cores) & sum(1 << cpu for cpu, n in enumerate(nodes) if n == node)

    def kick_cpu(self, cpu: int, flags: int) -> None:
        self._traced("kick_cpu", cpu, flags)
        if self._cpu_valid(cpu):
            self.kick(cpu, flags)

    def kick(self, cpu: int, flags: int) -> None:
        """scx_kick_cpu: an interrupt later, the CPU chooses again."""
        m, k = self.m, self.m.k
        here = m.cpus[m.this]
        if here.bypassing:
            return
        if flags & k.kick_idle:
            if flags & (k.kick_preempt | k.kick_wait):
                m.eject(findings.KickConflict())
            target = m.cpus[cpu]
            if (target.curr is not None or target.taken) and not target.in_balance:
                return
            here.idle_kicks.add(cpu)
        else:
            here.kicks.add(cpu)
            if flags & k.kick_preempt:
                here.preempts.add(cpu)
        if not here.kicking:
            here.kicking = True
            m.later(_deliver_kicks, m, here)

    def nr_cpu_ids(self) -> int:
        found = len(self.m.cpus)
        return found

    def nr_node_ids(self) -> int:
        found = len(self.m.globals)
        return found

    def cpu_node(self, cpu: int) -> int:
        found = self.m.topology.nodes[cpu] if self._cpu_valid(cpu) else -1
        return found

    def any_cpu(self, cpus: int) -> int:
        """bpf_cpumask_any_distribute: one of the CPUs, the next one after the last choice; -1 for none."""
        from . import idle

        return idle.any_distributed(self.m, cpus)

    def cpu_llc(self, cpu: int) -> int:
        """sd_llc_id: the lowest CPU that shares the last-level cache (kernel/sched/topology.c, update_top_cache_domain)."""
        return self.m.topology.llcs.index(self.m.topology.llcs[cpu])

    def cpu_core(self, cpu: int) -> int:
        """The lowest CPU of the core."""
        return self.m.topology.cores.index(self.m.topology.cores[cpu])

    def cpuperf_cap(self, cpu: int) -> int:
        self._cpu_valid(cpu)
        return CPUPERF_ONE

    def cpuperf_cur(self, cpu: int) -> int:
        found = self.m.cpus[cpu].perf if self._cpu_valid(cpu) else CPUPERF_ONE
        self._traced("cpuperf_cur", cpu, found)
        return found

    def cpuperf_set(self, cpu: int, perf: int) -> None:
        self._traced("cpuperf_set", cpu, perf)
        if perf > CPUPERF_ONE:
            self.m.eject(findings.InvalidPerf(perf, cpu))
        elif self._cpu_valid(cpu):
            self.m.cpus[cpu].perf = perf

    # ---- tasks

    def task_running(self, p: "Task") -> bool:
        found = self.m.cpu_of(p).curr is p
        self._traced("task_running", p.pid, found)
        return found

    def task_cpu(self, p: "Task") -> int:
        self._traced("task_cpu", p.pid, p.cpu)
        return p.cpu

    def task_set_slice(self, p: "Task", slice: int) -> bool:
        """A store to p->scx.slice, or scx_bpf_task_set_slice where the kernel has it. One of what is there already leaves no trace: a
        compiler may leave that store out."""
        if p.slice != slice:
            self._traced("task_set_slice", p.pid, slice)
        p.slice = slice
        return True

    def task_set_dsq_vtime(self, p: "Task", vtime: int) -> bool:
        if p.vtime != vtime:
            self._traced("task_set_dsq_vtime", p.pid, vtime)
        p.vtime = vtime
        return True

    def task_set_disallow(self, p: "Task", disallow: bool) -> None:
        self._traced("task_set_disallow", p.pid, disallow)
        p.disallow = disallow

    def task_from_pid(self, pid: int) -> "Task | None":
        found = self.m.tasks.get(pid)
        return found

    def tid_to_task(self, tid: int) -> "Task | None":
        """scx_bpf_tid_to_task: the model gives a task its pid for a tid too."""
        found = self.m.tasks.get(tid)
        return found

    def cpu_curr(self, cpu: int) -> "Task | None":
        """Never None for a CPU: an idle one runs its idle thread."""
        if not self._cpu_valid(cpu):
            return None
        return self.m.cpus[cpu].curr or self.idle_task(cpu)

    def queue(self, cpu: int) -> RunQueue | None:
        """struct rq of a CPU; None for a number that is none."""
        if not 0 <= cpu < len(self.m.cpus):
            return None
        if cpu not in self._queues:
            self._queues[cpu] = RunQueue(self.m.cpus[cpu])
        return self._queues[cpu]

    def idle_task(self, cpu: int) -> "Task":
        """The CPU's idle thread, which has no state and is in no list."""
        from .constants import PF_IDLE
        from .task import Task

        if cpu not in self._idle:
            self._idle[cpu] = Task(0, f"swapper/{cpu}", 1 << cpu, flags=PF_IDLE, cpu=cpu)
        return self._idle[cpu]

    def higher_task(self, cpu: int) -> "Task":
        """The real-time task that takes the CPU, which has no state and is in no list."""
        from .task import Task

        if cpu not in self._higher:
            self._higher[cpu] = Task(40 + cpu, f"rt/{cpu}", 1 << cpu, cpu=cpu, realtime=True)
        return self._higher[cpu]

    def runs(self, cpu: int) -> "Task":
        """What runs on a CPU, whatever its class."""
        here = self.m.cpus[cpu]
        return self.higher_task(cpu) if here.taken else here.curr or self.idle_task(cpu)

    def current(self) -> "Task | None":
        """The task that runs on this CPU; None for the idle thread and for real-time tasks. While a switch is told to hooks it is still
        the one that leaves (kernel/sched/core.c, __schedule)."""
        m = self.m
        if m.leaving is not None:
            return m.leaving if m.leaving.pid in m.tasks else None
        return m.cpus[m.this].curr

    def task_cgroup(self, p: "Task") -> Any:
        """scx_bpf_task_cgroup: of the callback's own tasks only."""
        m = self.m
        found = m.root
        if p not in m.subjects:
            m.eject(findings.ForeignTask())
        else:
            found = p.cgroup or m.root
        return found

    # ---- timers

    def timer_start(self, key: object, nanoseconds: int, run: Callable[[], None], absolute: bool = False) -> int:
        """bpf_timer_start: `run` after a delay, on the CPU that starts it. A timer that waits already waits anew."""
        m = self.m
        self._traced("timer_start", nanoseconds)
        number = self._timers[id(key)] = self._timers.get(id(key), 0) + 1
        m.at(nanoseconds if absolute else m.now + nanoseconds, self._expire, key, number, m.this, run, m.program)
        return 0

    def timer_cancel(self, key: object) -> None:
        self._timers[id(key)] = self._timers.get(id(key), 0) + 1

    def _expire(self, key: object, number: int, cpu: int, run: Callable[[], None], program: object) -> None:
        m = self.m
        if self._timers.get(id(key)) == number and m.program is program and not m.done:
            m.this = cpu
            m.enter("timer", run)

    # ---- clock, chance, text

    def now(self) -> int:
        self._traced("now", self.m.now)
        return self.m.now

    def random(self) -> int:
        """bpf_get_prandom_u32."""
        found = self.m.random.getrandbits(32)
        self._traced("random", found)
        return found

    def current_ids(self) -> int:
        """bpf_get_current_pid_tgid: the thread group above, the thread below; the idle task has 0 for both."""
        p = self.current()
        return 0 if p is None else p.tgid << 32 | p.pid

    def this_cpu(self) -> int:
        return self.m.this

    def constant(self, name: str) -> int | None:
        """A constant of this kernel by the kernel's name; None where it lacks it."""
        from .constants import constant

        return constant(self.m.series, name)

    def has_kfunc(self, name: str) -> bool:
        """Whether programs of this kernel can call a function of that name. What a distribution's build hides by a fault of that
        build counts as there."""
        from scxdsl.kernel.facts import Facts

        found = Facts.load().kfunc(name)
        return found is not None and found.proto.on(self.m.series) is not None

    def has_struct(self, name: str) -> bool:
        from scxdsl.kernel.facts import Facts

        found = Facts.load().struct(name)
        return found is not None and found.size.on(self.m.series) is not None

    def has_field(self, path: str) -> bool:
        from scxdsl.kernel.facts import Facts

        found = Facts.load().field(path)
        return found is not None and self.m.series in found.where

    def error(self, text: str) -> None:
        """scx_bpf_error with the message already put together."""
        self._traced("error", text)
        self.m.eject(findings.PolicyError(text))

    def exit(self, code: int, text: str) -> None:
        """scx_bpf_exit."""
        self._traced("exit", code, text)
        self.m.eject(findings.PolicyExit(text), code)

    def dump(self, text: str) -> None:
        self._traced("dump", text)
        if not self.m.in_dump:
            self.m.eject(findings.DumpOutside())

    def print(self, text: str) -> None:
        """bpf_trace_printk and its like: a line for the trace pipe."""
        self._traced("print", text)
        self.m.log.append(text)


def _deliver_kicks(m: "Model", here: Any) -> None:
    """kick_cpus_irq_workfn."""
    here.kicking = False
    kicks, preempts, idles = sorted(here.kicks), set(here.preempts), sorted(here.idle_kicks)
    here.kicks.clear(), here.preempts.clear(), here.idle_kicks.clear()
    for number in kicks:
        cpu = m.cpus[number]
        if cpu.online:
            if number in preempts and cpu.curr is not None:
                cpu.curr.slice = 0
            m.resched(cpu)
    for number in idles:
        cpu = m.cpus[number]
        if cpu.online and cpu.curr is None and not cpu.taken:
            m.resched(cpu)
