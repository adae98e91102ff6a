# SPDX-License-Identifier: GPL-2.0-only
"""What programs may ask about tasks and change of them. Source: kernel/sched/ext.c, the functions named scx_bpf_<method>."""

from typing import Any

from . import findings
from .cpu import RunQueue
from .kernel_base import KernelBase
from .queues import cpu_valid
from .running import current, idle_task, queue
from .task import Task


class KernelTasks(KernelBase):
    def task_running(self, p: Task) -> bool:
        found = self.m.cpu_of(p).curr is p
        self.traced("task_running", p.pid, found)
        return found

    def task_cpu(self, p: Task) -> int:
        self.traced("task_cpu", p.pid, p.cpu)
        return p.cpu

    def task_set_slice(self, p: Task, slice: int) -> bool:
        """A store to p->scx.slice, or scx_bpf_task_set_slice where the kernel has it. One of what is there already leaves no trace: a
        compiler may leave that store out."""
        if p.slice != slice:
            self.traced("task_set_slice", p.pid, slice)
        p.slice = slice
        return True

    def task_set_dsq_vtime(self, p: Task, vtime: int) -> bool:
        if p.vtime != vtime:
            self.traced("task_set_dsq_vtime", p.pid, vtime)
        p.vtime = vtime
        return True

    def task_set_disallow(self, p: Task, disallow: bool) -> None:
        self.traced("task_set_disallow", p.pid, disallow)
        p.disallow = disallow

    def task_from_pid(self, pid: int) -> Task | None:
        found = self.m.tasks.get(pid)
        return found

    def tid_to_task(self, tid: int) -> Task | None:
        """scx_bpf_tid_to_task: the model gives a task its pid for a tid too."""
        found = self.m.tasks.get(tid)
        return found

    def cpu_curr(self, cpu: int) -> Task | None:
        """Never None for a CPU: an idle one runs its idle thread."""
        if not cpu_valid(self.m, cpu):
            return None
        return self.m.cpus[cpu].curr or idle_task(self.m, cpu)

    def task_cgroup(self, p: Task) -> Any:
        """scx_bpf_task_cgroup: of the callback's own tasks only."""
        m = self.m
        found = m.root
        if p not in m.subjects:
            m.eject(findings.ForeignTask())
        else:
            found = p.cgroup or m.root
        return found

    # ---- what runs

    def queue(self, cpu: int) -> RunQueue | None:
        """struct rq of a CPU; None for a number that is none."""
        return queue(self.m, cpu)

    def idle_task(self, cpu: int) -> Task:
        return idle_task(self.m, cpu)

    def current(self) -> Task | None:
        return current(self.m)
