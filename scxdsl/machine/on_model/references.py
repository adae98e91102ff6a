# SPDX-License-Identifier: GPL-2.0-only
"""References to tasks, cgroups and masks that programs take and give back. That they do is the machine's affair; the model's objects
live on by themselves (kernel/bpf/helpers.c, kernel/sched/ext_idle.c)."""

from collections.abc import Callable
from typing import Any

from ...model import Cgroup, Task
from .objects import source


def functions(calls: Any) -> dict[str, Callable[..., Any]]:
    """The kernel functions that acquire and release, for a `Calls`."""
    model, objects = calls.model, calls.objects

    def same(kind: type, name: str) -> Callable[[Any], Any]:
        return lambda p: objects.region(source(p, kind, name))

    def ancestor(pointer: Any, level: int) -> Any:
        at = source(pointer, Cgroup, "bpf_cgroup_ancestor")
        while at is not None and at.level > level:
            at = at.parent
        return objects.region(at) if at is not None and at.level == level else None

    def released(p: Any) -> None:
        """The machine has checked that the program owned it."""

    return {
        "scx_bpf_events": lambda events, size: None,  # the model keeps none of the core's counters: what was cleared stays so
        "scx_bpf_tid_to_task": lambda tid: objects.region(model.ops.tid_to_task(tid)),
        "bpf_task_acquire": same(Task, "bpf_task_acquire"),
        "bpf_task_from_pid": lambda pid: objects.region(model.ops.task_from_pid(pid)),
        "bpf_task_release": released,
        "bpf_cgroup_acquire": same(Cgroup, "bpf_cgroup_acquire"),
        "bpf_cgroup_from_id": lambda id: objects.region(model.cgroups.get(id)),
        "bpf_cgroup_ancestor": ancestor,
        "bpf_cgroup_release": released,
        "scx_bpf_get_idle_cpumask": lambda: objects.mask(lambda: model.ops.idle_mask(False), "the idle CPUs"),
        "scx_bpf_get_idle_cpumask_node": lambda node: objects.mask(lambda: model.ops.idle_mask_of(node, False), "the idle CPUs of a node"),
        "scx_bpf_get_idle_smtmask_node": lambda node: objects.mask(lambda: model.ops.idle_mask_of(node, True), "the idle cores of a node"),
        "scx_bpf_get_idle_smtmask": lambda: objects.mask(lambda: model.ops.idle_mask(True), "the idle cores"),
        "scx_bpf_get_online_cpumask": lambda: objects.mask(lambda: model.online, "the online CPUs"),
        "scx_bpf_get_possible_cpumask": lambda: objects.mask(lambda: model.topology.all, "the possible CPUs"),
        "scx_bpf_put_idle_cpumask": released,
        "scx_bpf_put_cpumask": released,
    }
