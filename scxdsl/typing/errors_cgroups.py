# SPDX-License-Identifier: GPL-2.0-only
"""Findings about cgroups."""

from collections.abc import Iterator

from scxdsl.source.diagnostic import Diagnostic, Label
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class NotThisTask(Diagnostic):
    """The kernel tells the cgroup of the one task that a callback is about, whose run queue it has locked; asked for another
    task, dispatch's `prev` or one found by `task(pid)` included, it ejects the scheduler (kernel/sched/ext.c,
    scx_bpf_task_cgroup: "called on a task not being operated on")."""

    code = "E0708"
    title = "`{name}` is not the task that `{callback}` is about"
    label = "its cgroup is not told here"
    help = "keep `p.cgroup.id` in a `per task` field in `runnable`, and use `cgroup(id)`"
    bad = "scheduler s\nvar n: u64\non dispatch(cpu, prev) { if let t = prev { n = t.cgroup.id } }\n"
    good = "scheduler s\nvar n: u64\non running(p) { n = p.cgroup.id }\n"
    name: str
    callback: str
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterator[Label]:
        yield from self.path
