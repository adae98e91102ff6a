# SPDX-License-Identifier: GPL-2.0-only
"""CPUs, clocks and the machine."""

from ..surface import Default, Operation, Parameter, Property, Receiver
from ..typed import FLAG_TYPES
from ..types import BOOL, CORE, CPU, KERNEL_TASK, LLC, NODE, TIME, U32, U64, KernelStruct

_C = Receiver.CPU

PROPERTIES = (
    Property(_C, "perf_cap", U32, families=("cpuperf_cap",)),
    Property(_C, "perf_cur", U32, families=("cpuperf_cur",)),
    Property(_C, "perf", U32, writable=True, families=("cpuperf_cur",), set_families=("cpuperf_set",)),
    Property(_C, "core", CORE),
    Property(_C, "llc", LLC),
    Property(_C, "node", NODE, families=("cpu_node",)),
    Property(_C, "curr", KERNEL_TASK, families=("cpu_curr",)),
    Property(_C, "rq", KernelStruct("rq")),  # the per-CPU variable runqueues (kernel/sched/core.c)
    Property(Receiver.NONE, "this_cpu", CPU),
    Property(Receiver.NONE, "nr_cpus", U64, families=("nr_cpu_ids",)),
)

OPERATIONS = (
    Operation(
        _C, "kick", (Parameter("flags", FLAG_TYPES["kick"], Default.ZERO),), families=("kick_cpu",), effect=True
    ),
    Operation(_C, "claim", (), BOOL, ("test_and_clear_cpu_idle",), effect=True),
    Operation(Receiver.NONE, "now", (), TIME, ("now",)),
    # What this CPU was interrupted for, from preempt_count (include/linux/preempt.h).
    Operation(Receiver.NONE, "in_hardirq", (), BOOL),
    Operation(Receiver.NONE, "in_softirq", (), BOOL),
    Operation(Receiver.NONE, "in_nmi", (), BOOL),
)
