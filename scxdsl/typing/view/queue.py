# SPDX-License-Identifier: GPL-2.0-only
"""Dispatch queues (kernel/sched/ext.c, the scx_bpf_dsq_* functions)."""

from ..surface import Default, Operation, Parameter, Property, Receiver
from ..typed import FLAG_TYPES
from ..types import BOOL, CPU, CPUMASK, DURATION, TASK, U64, VTIME, Optional, TupleType

_Q = Receiver.DSQ
_SLICE = Parameter("slice", DURATION, Default.SLICE)
_ENQ = Parameter("flags", FLAG_TYPES["enq"], Default.ZERO)

INSERT = Operation(
    _Q,
    "insert",
    (Parameter("p", TASK), _SLICE, _ENQ, Parameter("vtime", VTIME, Default.ABSENT, named=True)),
    families=("dsq_insert", "dsq_insert_vtime"),
    effect=True,
)
MOVE_TO_LOCAL = Operation(_Q, "move_to_local", (), BOOL, ("dsq_move_to_local",), effect=True)
SELECT_CPU_DFL = Operation(
    Receiver.NONE,
    "select_cpu_dfl",
    (Parameter("p", TASK), Parameter("prev", CPU), Parameter("wake", FLAG_TYPES["wake"])),
    TupleType((CPU, BOOL)),
    ("select_cpu_dfl",),
    effect=True,
)

SELECT_CPU_AND = Operation(
    Receiver.NONE,
    "select_cpu_and",
    (*SELECT_CPU_DFL.params, Parameter("among", CPUMASK), Parameter("flags", FLAG_TYPES["pick"], Default.ZERO)),
    Optional(CPU),
    ("select_cpu_and",),
    effect=True,
)

PROPERTIES = (Property(_Q, "len", U64, families=("dsq_nr_queued",)),)
OPERATIONS = (
    INSERT,
    MOVE_TO_LOCAL,
    SELECT_CPU_DFL,
    SELECT_CPU_AND,
    Operation(Receiver.NONE, "slots", (), U64, ("dispatch_nr_slots",)),
    Operation(Receiver.NONE, "cancel", (), families=("dispatch_cancel",), effect=True),
)
