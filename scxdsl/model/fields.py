# SPDX-License-Identifier: GPL-2.0-only
"""Fields of the kernel's structs, by struct and path, as the model holds them. Both engines read kernel structs here.

A reader gives an int, a bool, a text, or the object of the model that a pointer leads to (None for NULL; a mask of CPUs for
cpumasks).
"""

from collections.abc import Callable
from typing import Any

from .constants import PF_EXITING, PF_KTHREAD
from .model import Model
from .schedule import TASK_DEAD
from .task import Task, TaskState

Reader = Callable[[Model, Any], Any]


def task_flags(m: Model, p: Task) -> int:
    """p->scx.flags: what the model knows of it."""
    k = m.k
    state = p.state << k.task_state_shift
    return (k.task_queued if p.queued else 0) | (k.task_reset_runnable_at if p.reset_runnable_at else 0) | state


def _state(m: Model, p: Task) -> int:
    """p->__state, which do_task_dead sets before the CPU chooses another (kernel/sched/core.c)."""
    last = p.sleeping and p.flags & PF_EXITING and m.cpus[p.cpu].curr is p
    return TASK_DEAD if p.dead or last else int(p.sleeping)


READERS: dict[str, dict[str, Reader]] = {
    "task_struct": {
        "pid": lambda m, p: p.pid,
        "tgid": lambda m, p: p.tgid,
        "comm": lambda m, p: p.comm,
        "flags": lambda m, p: p.flags,
        "__state": _state,
        "static_prio": lambda m, p: p.static_prio,
        "prio": lambda m, p: p.prio,
        "normal_prio": lambda m, p: p.prio,
        "nr_cpus_allowed": lambda m, p: p.nr_cpus_allowed,
        "cpus_ptr": lambda m, p: p.cpus_allowed,
        "cgroups": lambda m, p: (p.cgroup or m.root).css,
        "cpus_mask": lambda m, p: p.cpus_allowed,
        "migration_disabled": lambda m, p: int(p.migration_disabled),
        "on_cpu": lambda m, p: int(m.cpus[p.cpu].curr is p),
        "on_rq": lambda m, p: int(p.queued),
        "recent_used_cpu": lambda m, p: p.cpu,
        "wake_cpu": lambda m, p: p.cpu,
        "real_parent": lambda m, p: p.parent,
        "parent": lambda m, p: p.parent,
        "group_leader": lambda m, p: m.tasks.get(p.tgid, p),
        "policy": lambda m, p: int(p.realtime),
        "mm": lambda m, p: None if p.flags & PF_KTHREAD else p,
        "real_cred": lambda m, p: p.cred,
        "cred": lambda m, p: p.cred,
        "stats.nr_wakeups_sync": lambda m, p: p.pid % 7,  # a number that the model does not keep
        "se.sum_exec_runtime": lambda m, p: p.ran,
        "se.exec_start": lambda m, p: p.exec_start,
        "scx.slice": lambda m, p: p.slice,
        "scx.dsq_vtime": lambda m, p: p.vtime,
        "scx.weight": lambda m, p: p.weight,
        "scx.disallow": lambda m, p: p.disallow,
        "scx.flags": task_flags,
        "scx.tid": lambda m, p: p.pid,
        "scx.sticky_cpu": lambda m, p: p.sticky_cpu,
        "scx.runnable_at": lambda m, p: p.runnable_at // 4_000_000,
    },
    "cgroup": {
        "level": lambda m, g: g.level,
        "kn": lambda m, g: g.kn,
        "self.cgroup": lambda m, g: g,
    },
    "css_set": {"dfl_cgrp": lambda m, s: s.dfl_cgrp},
    "cred": {"euid.val": lambda m, c: c.uid, "uid.val": lambda m, c: c.uid},
    "kernfs_node": {"id": lambda m, n: n.id, "name": lambda m, n: n.name},
    "rq": {"curr": lambda m, q: q.cpu.curr or m.ops.idle_task(q.cpu.id), "cpu": lambda m, q: q.cpu.id,
           "clock": lambda m, q: m.now, "clock_task": lambda m, q: m.now, "clock_pelt": lambda m, q: m.now, "nr_running": lambda m, q: len(q.cpu.runnable), "lost_idle_time": lambda m, q: 0,
           "cpu_capacity": lambda m, q: m.capacity(q.cpu.id)},
    "scx_init_task_args": {"fork": lambda m, a: a.fork, "cgroup": lambda m, a: a.cgroup},
    "scx_exit_task_args": {"cancelled": lambda m, a: a.cancelled},
    "scx_cpu_release_args": {"reason": lambda m, a: a.reason, "task": lambda m, a: a.task},
    "scx_cpu_acquire_args": {},
    "scx_cgroup_init_args": {"weight": lambda m, a: a.weight},
    "scx_dump_ctx": {
        "kind": lambda m, a: a.kind,
        "exit_code": lambda m, a: a.exit_code,
        "reason": lambda m, a: a.reason,
        "at_ns": lambda m, a: a.at_ns,
        "at_jiffies": lambda m, a: a.at_jiffies,
    },
    "scx_exit_info": {
        "kind": lambda m, a: a.kind,
        "exit_code": lambda m, a: a.exit_code,
        "reason": lambda m, a: a.reason,
        "msg": lambda m, a: a.msg,
        "bt": lambda m, a: b"",
        "bt_len": lambda m, a: a.bt_len,
        "dump": lambda m, a: "",
    },
}

WRITERS: dict[str, dict[str, Callable[[Model, Any, int], None]]] = {
    "task_struct": {
        "scx.slice": lambda m, p, v: m.ops.task_set_slice(p, v) and None,
        "scx.dsq_vtime": lambda m, p, v: m.ops.task_set_dsq_vtime(p, v) and None,
        "scx.disallow": lambda m, p, v: m.ops.task_set_disallow(p, bool(v)),
    }
}

__all__ = ["READERS", "WRITERS", "TaskState", "task_flags"]
