# SPDX-License-Identifier: GPL-2.0-only
"""Moving values between registers, slots and memory."""

from scxdsl.ir.ops import CompareOp, Const, Local, Operand, Value
from scxdsl.ir.types import BOOL, Struct
from scxdsl.typing import types as lang

from .builder import FALSE, TRUE
from .context import FunctionContext
from .layout import memory_type, register_type
from .mask_memory import copy_mask, load_mask, store_mask
from .values import (
    Lowered,
    Maybe,
    Memory,
    Parts,
    Slot,
    SlotAlias,
    SlotMask,
    SlotMaybe,
    SlotMemory,
    SlotParts,
    is_aggregate,
    is_pointer,
)


def set_slot(f: FunctionContext, slot: Slot, value: Lowered) -> None:
    match slot, value:
        case Local(), Value() | Const():
            f.build.set(slot, value)
        case SlotParts(items), Parts(values):
            for item, part in zip(items, values, strict=True):
                set_slot(f, item, part)
        case SlotMaybe(there, inner), Maybe(flag, what):
            f.build.set(there, flag)
            if what is not None:  # else what is in there is large, and nobody looks at it
                set_slot(f, inner, what)
        case SlotMask(local), Value() | Const():
            copy_mask(f, f.build.get(local), value)
        case SlotMemory(local), Memory(address, type):
            f.build.copy(f.build.local_address(local), address, type)
        case SlotAlias(address, type), _:
            store(f, address, value, type)
        case _:
            raise TypeError(f"{value} does not fit {slot}")


def get_slot(f: FunctionContext, slot: Slot) -> Lowered:
    match slot:
        case Local():
            return f.build.get(slot)
        case SlotParts(items):
            return Parts(tuple(get_slot(f, item) for item in items))
        case SlotMaybe(there, inner):
            return Maybe(f.build.get(there), get_slot(f, inner))
        case SlotMask(local):
            return f.build.get(local)
        case SlotMemory(local):
            return Memory(f.build.local_address(local), local.type)
        case SlotAlias(address, type):
            return load(f, address, type)
    raise TypeError(slot)


def zero(f: FunctionContext, t: lang.Type) -> Lowered:
    """What a local without a value holds."""
    match t:
        case lang.TupleType(items):
            return Parts(tuple(zero(f, item) for item in items))
        case lang.Optional(of) if is_pointer(of):
            return Const(register_type(of), 0)
        case lang.Optional(of):
            return Maybe(FALSE, zero(f, of))
    if is_aggregate(t):
        type = memory_type(t)
        address = f.build.local_address(Local(f.name("zero"), type))
        f.build.clear(address, type)
        return Memory(address, type)
    return Const(register_type(t), 0)


def clear(f: FunctionContext, slot: Slot, t: lang.Type) -> None:
    """Fills room with what a local without a value holds; a large one where it lies, without a copy."""
    if isinstance(slot, SlotMemory):
        f.build.clear(f.build.local_address(slot.local), slot.local.type)
    else:
        set_slot(f, slot, zero(f, t))


def absent(f: FunctionContext, of: lang.Type) -> Maybe:
    """No value. A scalar is 0 there, not left open: of `m[k] ?? false` LLVM makes one `and` with what is not there, and the verifier wants
    every register that is read to have been written."""
    return Maybe(FALSE, None if is_aggregate(of) or isinstance(of, lang.CpumaskType) else zero(f, of))


def load(f: FunctionContext, address: Operand, t: lang.Type, volatile: bool = False) -> Lowered:
    """From memory to registers: one load for a scalar."""
    if is_aggregate(t):
        return Memory(address, memory_type(t))
    if isinstance(t, lang.CpumaskType):
        return load_mask(f, address)
    type = memory_type(t)
    if isinstance(t, lang.TupleType) and isinstance(type, Struct):
        return Parts(
            tuple(load(f, f.build.member(address, type, f"item{i}"), item, volatile) for i, item in enumerate(t.items))
        )
    if isinstance(t, lang.Optional) and isinstance(type, Struct):
        there = f.build.load(f.build.member(address, type, "there"), BOOL, volatile)
        return Maybe(there, load(f, f.build.member(address, type, "value"), t.of, volatile))
    return f.build.convert(f.build.load(address, type, volatile), register_type(t))


def store(f: FunctionContext, address: Operand, value: Lowered, t: lang.Type, volatile: bool = False) -> None:
    """From registers to memory: one store for a scalar."""
    if isinstance(t, lang.CpumaskType):
        store_mask(f, address, scalar(value))
        return
    type = memory_type(t)
    match value:
        case Memory(source, _):
            f.build.copy(address, source, type)
        case Parts(items):
            assert isinstance(t, lang.TupleType) and isinstance(type, Struct)
            for i, (item, of) in enumerate(zip(items, t.items, strict=True)):
                store(f, f.build.member(address, type, f"item{i}"), item, of, volatile)
        case Maybe(there, inner):
            assert isinstance(t, lang.Optional) and isinstance(type, Struct)
            f.build.store(f.build.member(address, type, "there"), there, volatile)
            if inner is not None:
                store(f, f.build.member(address, type, "value"), inner, t.of, volatile)
        case None:
            raise TypeError(f"nothing stored into {t}")
        case _:
            f.build.store(address, f.build.convert(value, type), volatile)


def present(f: FunctionContext, value: Lowered) -> Operand:
    """Whether an optional holds something."""
    if isinstance(value, Maybe):
        return value.there
    assert isinstance(value, Value | Const)
    return f.build.compare(CompareOp.NE, value, Const(value.type, 0))


def content(value: Lowered) -> Lowered:
    """What a present optional holds."""
    return value.value if isinstance(value, Maybe) else value


def some(value: Lowered, of: lang.Type) -> Lowered:
    """A value as the optional that holds it."""
    return value if is_pointer(of) else Maybe(TRUE, value)


def scalar(value: Lowered) -> Operand:
    """The one register of a scalar value."""
    if not isinstance(value, Value | Const):
        raise TypeError(f"{value} is no scalar")
    return value




def keep_value(f: FunctionContext, slot: Slot | None, value: Lowered) -> None:
    """A branch's value, where the branch comes to its end and somebody wants it."""
    if slot is not None and value is not None and not f.build.ended:
        set_slot(f, slot, value)
