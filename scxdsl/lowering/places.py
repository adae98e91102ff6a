# SPDX-License-Identifier: GPL-2.0-only
"""Places: locals, parameters, globals, counters, properties, fields and elements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from scxdsl.ir.ops import CompareOp, Const, Operand
from scxdsl.ir.types import VOID, Pointer, Struct
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner, owners_in
from scxdsl.typing.types import owns

from .array_maps import array_entry
from .context import STATS_MAP, FunctionContext
from .dispatch import Target, locate, read, value
from .effects import effect
from .layout import memory_type
from .moves import get_slot, load, scalar, set_slot, store
from .owner_shape import of_global
from .properties import get_property, set_property
from .values import Lowered, Owner, Slot, SlotAlias, SlotMemory

NOWHERE = Const(Pointer(VOID), 0)


@dataclass
class SlotTarget(Target):
    slot: Slot

    def read(self, f: FunctionContext) -> Lowered:
        return get_slot(f, self.slot)

    def write(self, f: FunctionContext, value: Lowered) -> None:
        set_slot(f, self.slot, value)


@dataclass
class MemoryTarget(Target):
    """Memory that others see is read and written by volatile accesses: each once, none removed. `owner` is where the owners inside lie;
    a place that is nothing but owners has no address (NULL as a constant)."""

    address: Operand
    type: lang.Type
    shared: bool
    owner: Owner | None = None

    def read(self, f: FunctionContext) -> Lowered:
        return load(f, self.address, self.type, self.shared)

    def write(self, f: FunctionContext, value: Lowered) -> None:
        store(f, self.address, value, self.type, self.shared)


@dataclass
class PropertyTarget(Target):
    place: typed.PropertyPlace
    base: Lowered

    def read(self, f: FunctionContext) -> Lowered:
        return get_property(f, self.place.property, self.base)

    def write(self, f: FunctionContext, value: Lowered) -> None:
        effect(f, lambda base, new: set_property(f, self.place.property, base, new), scalar(self.base), scalar(value))


@locate.register
def _(place: typed.LocalPlace, f: FunctionContext) -> Target:
    return SlotTarget(f.slots[place.variable])


@locate.register
def _(place: typed.ParamPlace, f: FunctionContext) -> Target:
    # not shared: nobody writes a parameter once the object is loaded, so LLVM may read it once for several uses
    return MemoryTarget(f.build.global_address(place.param.name), place.type, shared=False)


@locate.register
def _(place: typed.GlobalPlace, f: FunctionContext) -> Target:
    declaration = place.declaration
    owner = Owner(of_global(f.module.policy, declaration), 0) if owns(place.type) else None
    if all_owner(place.type):
        return MemoryTarget(NOWHERE, place.type, True, owner)
    if declaration.percpu:
        return MemoryTarget(percpu_address(f, declaration), place.type, True, owner)
    return MemoryTarget(f.build.global_address(declaration.name), place.type, True, owner)


@locate.register
def _(place: typed.PropertyPlace, f: FunctionContext) -> Target:
    return PropertyTarget(place, value(place.base, f))


@locate.register
def _(place: typed.FieldPlace, f: FunctionContext) -> Target:
    base, shared, owner = reached(place.base, f)
    struct = memory_type(place.base.type)
    assert isinstance(struct, Struct) and isinstance(place.base.type, lang.StructType)
    if owner is not None:
        owner = inside(owner, place.base.type, place.field) if owns(place.type) else None
    if all_owner(place.type):
        return MemoryTarget(NOWHERE, place.type, shared, owner)
    return MemoryTarget(f.build.member(base, struct, place.field), place.type, shared, owner)


def inside(owner: Owner, t: lang.StructType, name: str) -> Owner:
    """The owners of one field."""
    first = owner.first
    for f in t.fields:
        if f.name == name:
            return replace(owner, first=first)
        first += owners_in(f.type)
    raise KeyError(name)


def reached(place: typed.Place, f: FunctionContext) -> tuple[Operand, bool, Owner | None]:
    """Address of a place that lies in memory, whether others see it, and where its owners are."""
    match locate(place, f):
        case SlotTarget(SlotMemory(local)):
            return f.build.local_address(local), False, None
        case SlotTarget(SlotAlias(address, _, owner)):
            return address, False, owner
        case MemoryTarget(address, _, shared, owner):
            return address, shared, owner
    raise TypeError(f"{place} has no address")


def address_of(place: typed.Place, f: FunctionContext) -> tuple[Operand, bool]:
    """Address of a place that lies in memory, and whether others see it."""
    return reached(place, f)[:2]


def percpu_address(f: FunctionContext, declaration: typed.Global) -> Operand:
    """This CPU's own copy. The map has one entry, so the lookup cannot fail, but the verifier must see the test."""
    if f.held is not None:
        return f.held.entries[declaration.name]
    return map_entry(f, declaration.name, memory_type(declaration.type))


def map_entry(f: FunctionContext, name: str, type) -> Operand:
    """Address of entry 0 of an array map; where there were none the program would end."""
    found = array_entry(f, name, type)
    with f.build.when(f.build.compare(CompareOp.EQ, found, Const(found.type, 0))):
        # 0 suits every callback: to keep its own answer in a register for what never happens would cost
        f.end(None if f.fallback is None else Const(f.fallback.type, 0))
    return found


@contextmanager
def counter(f: FunctionContext, place: typed.StatPlace) -> Iterator[MemoryTarget]:
    """This CPU's copy of a counter, for code that goes on behind it. What never happens, that there is none, ends the program where the counter
    stands in the callback itself: so the verifier does not follow what comes behind twice. Elsewhere it is passed over, for a way out would give back
    all that the program holds."""
    if not (f.cleanups or f.frames or f.loops):
        yield MemoryTarget(f.build.member(map_entry(f, STATS_MAP, f.module.stats), f.module.stats, place.stat.name), place.type, shared=False)
        return
    entry = array_entry(f, STATS_MAP, f.module.stats)
    with f.build.when(f.build.compare(CompareOp.NE, entry, Const(entry.type, 0))):
        yield MemoryTarget(f.build.member(entry, f.module.stats, place.stat.name), place.type, shared=False)


@read.register
def _(place: typed.Place, f: FunctionContext) -> Lowered:
    return locate(place, f).read(f)


@locate.register
def _(place: typed.StatPlace, f: FunctionContext) -> Target:
    entry = map_entry(f, STATS_MAP, f.module.stats)
    return MemoryTarget(f.build.member(entry, f.module.stats, place.stat.name), place.type, shared=False)


