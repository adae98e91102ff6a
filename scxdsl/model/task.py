# SPDX-License-Identifier: GPL-2.0-only
"""Tasks and cgroups. Source: include/linux/sched.h, include/linux/sched/ext.h (struct sched_ext_entity)."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from .constants import PF_KTHREAD

if TYPE_CHECKING:
    from .dsq import Dsq

# kernel/sched/core.c, sched_prio_to_weight: nice -20 to 19, a step is about 1.25; and what cgroups count in (1 to 10000)
NICE_WEIGHTS = (
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991,
    1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
)  # fmt: skip


def nice_weight(nice: int) -> int:
    """p->scx.weight of a nice level (kernel/sched/sched.h, sched_weight_to_cgroup): 100 for nice 0."""
    found = (NICE_WEIGHTS[nice + 20] * 100 + 512) // 1024
    return min(max(found, 1), 10_000)


class TaskState(IntEnum):
    """What the scheduler knows of a task (enum scx_task_state)."""

    NONE = 0
    INIT = 1
    READY = 2
    ENABLED = 3


class OpsState(IntEnum):
    """Whether the policy holds a task (enum scx_ops_state)."""

    NONE = 0
    QUEUEING = 1
    QUEUED = 2
    DISPATCHING = 3


@dataclass(eq=False, slots=True)
class KernfsNode:
    """Where a cgroup has its id and the last part of its path: cgroup->kn->id, name."""

    id: int
    name: str = ""

    @property
    def struct(self) -> str:
        return "kernfs_node"


@dataclass(eq=False, slots=True)
class CssSet:
    """What a task is in: task->cgroups. In the model that is a cgroup of the default hierarchy."""

    dfl_cgrp: "Cgroup"

    @property
    def struct(self) -> str:
        return "css_set"


@dataclass(eq=False, slots=True)
class Cred:
    """Whose a task is: task->real_cred. Of the kernel's own and of every second other task, root's."""

    uid: int = 0

    @property
    def struct(self) -> str:
        return "cred"


@dataclass(eq=False, slots=True)
class Cgroup:
    id: int
    parent: "Cgroup | None" = None
    weight: int = 100
    level: int = 0
    name: str = ""
    inited: bool = False
    dead: bool = False  # removed: what BPF keeps for it goes with it
    children: "list[Cgroup]" = field(default_factory=list)
    kn: KernfsNode = field(default_factory=lambda: KernfsNode(0))
    css: CssSet = field(init=False)

    def __post_init__(self) -> None:
        self.kn = KernfsNode(self.id, self.name)
        self.css = CssSet(self)


@dataclass(eq=False, slots=True)
class Task:
    """One task. Times and slices in nanoseconds, masks with a bit for each CPU."""

    pid: int
    comm: str
    cpus_allowed: int
    tgid: int = 0
    nice: int = 0
    flags: int = 0
    cgroup: Cgroup | None = None
    parent: "Task | None" = None
    cpu: int = 0
    migration_disabled: bool = False
    sleeping: bool = True
    dead: bool = False
    # struct sched_ext_entity
    weight: int = 100
    slice: int = 0
    vtime: int = 0
    disallow: bool = False
    state: TaskState = TaskState.NONE
    on_scx: bool = True
    queued: bool = False  # SCX_TASK_QUEUED: runnable as far as sched_ext is concerned
    ops_state: OpsState = OpsState.NONE
    qseq: int = 0
    dsq: "Dsq | None" = None
    dsq_seq: int = 0
    on_priq: bool = False
    direct_dsq: int | None = None  # ddsp_dsq_id
    direct_flags: int = 0
    deferred: bool = False  # waits on its run queue's list of deferred inserts
    custody: bool = False  # SCX_TASK_IN_CUSTODY, from 7.1
    sticky_cpu: int = -1
    migrating: bool = False
    runnable_at: int = 0
    reset_runnable_at: bool = True
    exec_start: int = 0
    ran: int = 0  # ns of CPU time in all
    realtime: bool = False  # of a higher class; such a task is in no list
    box: object = None  # what an engine keeps with the task
    cred: Cred = field(init=False)

    def __post_init__(self) -> None:
        self.cred = Cred(1000 if self.pid % 2 and not self.flags & PF_KTHREAD else 0)

    @property
    def static_prio(self) -> int:
        return 120 + self.nice

    @property
    def prio(self) -> int:
        """p->prio: below 100 for real-time tasks (include/linux/sched/prio.h)."""
        return 98 if self.realtime else self.static_prio

    @property
    def nr_cpus_allowed(self) -> int:
        return self.cpus_allowed.bit_count()

    def __repr__(self) -> str:
        return f"{self.comm}[{self.pid}]"
