# SPDX-License-Identifier: GPL-2.0-only
"""What an expression becomes: a register, several of them, or a place in memory.

Optionals of pointers are the pointer, NULL for none, so that the kernel's verifier sees the test that the author wrote.
"""


from scxdsl.ir.ops import Local, Operand
from scxdsl.ir.types import Type
from scxdsl.source.records import dataclass
from scxdsl.typing import types as lang
from scxdsl.typing.typed import MapObject

from .owner_shape import Store


@dataclass(frozen=True)
class Parts:
    """A tuple's items."""

    items: tuple["Lowered", ...]


@dataclass(frozen=True)
class Maybe:
    """An optional of anything but a pointer: a truth value and what is there where it holds."""

    there: Operand
    value: "Lowered"


@dataclass(frozen=True)
class Memory:
    """An aggregate that lies at an address; whoever keeps it copies it."""

    address: Operand
    type: Type


Lowered = Operand | Parts | Maybe | Memory | None  # None: nothing


@dataclass(frozen=True)
class Owner:
    """The owners of a place: those of a declaration's `store` (of a map, that map's value) from number `first`, plus `index` where that
    is known at run time only. `row` is the owner of a row (a task, a cgroup, an index; None: this CPU's own, or there is one row only),
    of a `map` the address of the key."""

    store: Store | MapObject
    first: int
    row: Operand | None = None
    index: Operand | None = None
    map: Operand | None = None


@dataclass(frozen=True)
class SlotParts:
    items: tuple["Slot", ...]


@dataclass(frozen=True)
class SlotMaybe:
    there: Local
    value: "Slot"


@dataclass(frozen=True)
class SlotMemory:
    local: Local


@dataclass(frozen=True)
class SlotAlias:
    """A name for a place that lies elsewhere: a `mut` parameter. `owner`: where its owners are."""

    address: Operand
    type: lang.Type
    owner: "Owner | None" = None


@dataclass(frozen=True)
class SlotMask:
    """A set of CPUs of its own: `local` points to it, and what is kept is copied."""

    local: Local


Slot = Local | SlotParts | SlotMaybe | SlotMemory | SlotAlias | SlotMask


def is_pointer(t: lang.Type) -> bool:
    return isinstance(t, lang.TaskType | lang.CgroupType | lang.CpumaskType | lang.KernelStruct)


def is_aggregate(t: lang.Type) -> bool:
    return isinstance(t, lang.StructType | lang.ArrayType | lang.TextType | lang.EnumType | lang.CpusetType)
