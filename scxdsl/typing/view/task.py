# SPDX-License-Identifier: GPL-2.0-only
"""Tasks. Paths are of `struct task_struct` (include/linux/sched.h) and `struct sched_ext_entity` (include/linux/sched/ext.h)."""

from ..surface import Operation, Property, Receiver
from ..types import BOOL, CPU, DURATION, I32, I64, U32, U64, VTIME, TextType

_T = Receiver.TASK

PROPERTIES = (
    Property(_T, "pid", I32, ("pid",)),
    Property(_T, "tgid", I32, ("tgid",)),
    Property(_T, "comm", TextType(16), ("comm",)),
    Property(_T, "weight", U32, ("scx", "weight")),
    Property(
        _T, "slice", DURATION, ("scx", "slice"), writable=True, set_families=("task_set_slice",)
    ),
    Property(
        _T, "vtime", VTIME, ("scx", "dsq_vtime"), writable=True, set_families=("task_set_dsq_vtime",)
    ),
    Property(_T, "disallow", BOOL, ("scx", "disallow"), writable=True),
    Property(_T, "nice", I64),  # from static_prio: kernel/sched/core.c, task_nice
    Property(_T, "cpu", CPU, families=("task_cpu",)),
    Property(_T, "running", BOOL, families=("task_running",)),
    Property(_T, "flags", U64, ("flags",)),
    Property(_T, "nr_cpus_allowed", U64, ("nr_cpus_allowed",)),
    Property(_T, "is_kthread", BOOL),  # PF_KTHREAD in flags
    Property(_T, "queued", BOOL),  # SCX_TASK_QUEUED in scx.flags
)

OPERATIONS: tuple[Operation, ...] = ()
