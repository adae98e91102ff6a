# SPDX-License-Identifier: GPL-2.0-only
"""What programs may ask about CPUs, and the kick. Source: kernel/sched/ext.c and ext_idle.c, the functions named scx_bpf_<method>."""

from . import findings, idle
from .constants import CPUPERF_ONE
from .kernel_base import KernelBase
from .kicks import kick
from .queues import cpu_valid
from .state import ENQUEUE, SELECT_CPU
from .task import Task

_EBUSY = -16


class KernelCpus(KernelBase):
    def select_cpu_dfl(self, p: Task, prev_cpu: int, wake_flags: int) -> tuple[int, bool]:
        """The CPU, and whether it was idle (`is_idle`)."""
        m = self.m
        result = (prev_cpu, False)
        if cpu_valid(self.m, prev_cpu):
            if not m.builtin_idle:
                m.eject(findings.NoIdleTracking())
            elif self._allowed_select(p):
                result = idle.select_default(m, p, prev_cpu, wake_flags)
        self.traced("select_cpu_dfl", p.pid, prev_cpu, wake_flags, *result)
        return result

    def _allowed_select(self, p: Task) -> bool:
        """select_cpu_from_kfunc: from select_cpu alone in 6.12, then also from enqueue and where no run queue is locked."""
        m = self.m
        if m.version < (6, 16):
            return self.allowed(SELECT_CPU)
        if m.version < (7, 1):
            return m.allowed == 0 or self.allowed(SELECT_CPU | ENQUEUE)
        if m.callback in ("select_cpu", "enqueue") and p not in m.subjects:
            m.eject(findings.CrossTask(p.comm, p.pid))
            return False
        return True

    def select_cpu_and(self, p: Task, prev_cpu: int, wake_flags: int, cpus_allowed: int, flags: int) -> int:
        """The idle CPU among the allowed ones that is claimed now, or -EBUSY."""
        m = self.m
        cpu, found = prev_cpu, False
        if cpu_valid(self.m, prev_cpu):
            if not m.builtin_idle:
                m.eject(findings.NoIdleTracking())
            elif self._allowed_select(p):
                cpu, found = idle.select_default(m, p, prev_cpu, wake_flags, cpus_allowed)
        result = cpu if found else _EBUSY
        self.traced("select_cpu_and", p.pid, prev_cpu, wake_flags, cpus_allowed, flags, result)
        return result

    def test_and_clear_cpu_idle(self, cpu: int) -> bool:
        found = False
        if not self.m.builtin_idle:
            self.m.eject(findings.NoIdleTracking())
        elif cpu_valid(self.m, cpu):
            found = idle.claim(self.m, cpu)
        self.traced("test_and_clear_cpu_idle", cpu, found)
        return found

    def pick_idle_cpu(self, cpus_allowed: int, flags: int) -> int:
        m = self.m
        found = _EBUSY
        if not m.builtin_idle:
            m.eject(findings.NoIdleTracking())
        else:
            cpu = idle.pick(m, cpus_allowed, bool(flags & m.k.pick_idle_core))
            found = cpu if cpu >= 0 else _EBUSY
        self.traced("pick_idle_cpu", cpus_allowed, flags, found)
        return found

    def pick_any_cpu(self, cpus_allowed: int, flags: int) -> int:
        m = self.m
        cpu = idle.pick(m, cpus_allowed, bool(flags & m.k.pick_idle_core)) if m.builtin_idle else -1
        if cpu < 0:
            cpu = idle.any_distributed(m, cpus_allowed)
        found = cpu if cpu >= 0 else _EBUSY
        self.traced("pick_any_cpu", cpus_allowed, flags, found)
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
        self.traced("kick_cpu", cpu, flags)
        if cpu_valid(self.m, cpu):
            kick(self.m, cpu, flags)

    def nr_cpu_ids(self) -> int:
        found = len(self.m.cpus)
        return found

    def nr_node_ids(self) -> int:
        found = len(self.m.globals)
        return found

    def cpu_node(self, cpu: int) -> int:
        found = self.m.topology.nodes[cpu] if cpu_valid(self.m, cpu) else -1
        return found

    def any_cpu(self, cpus: int) -> int:
        """bpf_cpumask_any_distribute: one of the CPUs, the next one after the last choice; -1 for none."""
        return idle.any_distributed(self.m, cpus)

    def cpu_llc(self, cpu: int) -> int:
        """sd_llc_id: the lowest CPU that shares the last-level cache (kernel/sched/topology.c, update_top_cache_domain)."""
        return self.m.topology.llcs.index(self.m.topology.llcs[cpu])

    def cpu_core(self, cpu: int) -> int:
        """The lowest CPU of the core."""
        return self.m.topology.cores.index(self.m.topology.cores[cpu])

    def cpuperf_cap(self, cpu: int) -> int:
        """arch_scale_cpu_capacity of a CPU that there is."""
        return self.m.capacity(cpu) if cpu_valid(self.m, cpu) else CPUPERF_ONE

    def cpuperf_cur(self, cpu: int) -> int:
        found = self.m.cpus[cpu].perf if cpu_valid(self.m, cpu) else CPUPERF_ONE
        self.traced("cpuperf_cur", cpu, found)
        return found

    def cpuperf_set(self, cpu: int, perf: int) -> None:
        self.traced("cpuperf_set", cpu, perf)
        if perf > CPUPERF_ONE:
            self.m.eject(findings.InvalidPerf(perf, cpu))
        elif cpu_valid(self.m, cpu):
            self.m.cpus[cpu].perf = perf
