# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's view: short forms of the kernel's fields and functions, by the type on which they are found."""

from ..surface import Operation, Property, Receiver
from ..types import CgroupType, CpumaskType, DsqType, IndexType, TaskType, Type
from . import machine, queue, task

PROPERTIES: dict[tuple[Receiver, str], Property] = {
    (p.receiver, p.name): p for p in (*task.PROPERTIES, *queue.PROPERTIES, *machine.PROPERTIES)
}
OPERATIONS: dict[tuple[Receiver, str], Operation] = {
    (o.receiver, o.name): o for o in (*task.OPERATIONS, *queue.OPERATIONS, *machine.OPERATIONS)
}


def receiver_of(t: Type) -> Receiver | None:
    """Where the members of a type are listed; None for types without."""
    match t:
        case TaskType():
            return Receiver.TASK
        case DsqType():
            return Receiver.DSQ
        case CgroupType():
            return Receiver.CGROUP
        case CpumaskType():
            return Receiver.CPUMASK
        case IndexType("cpu"):
            return Receiver.CPU
    return None


def members(receiver: Receiver) -> list[str]:
    """All names found on a receiver, for suggestions."""
    return [name for where, name in (*PROPERTIES, *OPERATIONS) if where is receiver]
