# SPDX-License-Identifier: GPL-2.0-only
"""Structs, arrays, variants and constant tables: in memory, field by field."""

from dataclasses import replace

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner, owners_in

from .builder import TRUE, number
from .context import FunctionContext
from .control import counted, walks
from .dispatch import Target, expression, locate, statement, value
from .kernel_text import raise_index
from .layout import TAG, memory_type, payload_name
from .moves import absent, get_slot, load, scalar, set_slot, store
from .owners import borrow
from .places import NOWHERE, MemoryTarget, address_of, reached
from .slots import new_slot
from .values import Lowered, Maybe, Memory, Owner, Parts, SlotAlias, is_pointer


def room(f: FunctionContext, t: lang.Type, stem: str) -> Memory:
    """Fresh memory for a value, not cleared."""
    type = memory_type(t)
    return Memory(f.build.local_address(Local(f.name(stem), type)), type)


@expression.register
def _(node: typed.StructValue, f: FunctionContext) -> Lowered:
    values = {i: value(part, f) for i in node.order if (part := node.fields[i]) is not None}
    out = room(f, node.type, node.type.name)
    assert isinstance(out.type, ir.Struct)
    f.build.clear(out.address, out.type)
    for i, part in values.items():
        field = node.type.fields[i]
        store(f, f.build.member(out.address, out.type, field.name), part, field.type)
    return out


@expression.register
def _(node: typed.ArrayValue, f: FunctionContext) -> Lowered:
    items = [value(item, f) for item in node.items]
    out = room(f, node.type, "array")
    array, base = items_of(f, out, node.type)
    if node.type.bounded:
        f.build.clear(out.address, out.type)
        length = f.build.member(out.address, out.type, "len")
        f.build.store(length, Const(ir.U32, len(items) * (node.repeat or 1)))
    for i in range(node.repeat or len(items)):
        store(f, f.build.element(base, array, number(i)), items[0 if node.repeat else i], node.type.of)
    return out


def items_of(f: FunctionContext, whole: Memory, t: lang.ArrayType) -> tuple[ir.Array, Operand]:
    """The plain array inside, and its address: a bounded one stands behind its length."""
    if not t.bounded:
        assert isinstance(whole.type, ir.Array)
        return whole.type, whole.address
    assert isinstance(whole.type, ir.Struct)
    array = whole.type.field("items").type
    assert isinstance(array, ir.Array)
    return array, f.build.member(whole.address, whole.type, "items")


def length_of(f: FunctionContext, whole: Memory, t: lang.ArrayType) -> Operand:
    """How many elements there are: user space may have written any length, so it is cut to what there is room for."""
    if not t.bounded:
        return number(t.length)
    assert isinstance(whole.type, ir.Struct)
    kept = f.build.convert(f.build.load(f.build.member(whole.address, whole.type, "len"), ir.U32, True), ir.U64)
    most = number(t.length)
    return f.build.select(f.build.compare(CompareOp.ULT, kept, most), kept, most)


def element_address(f: FunctionContext, whole: Memory, t: lang.ArrayType, index: Operand, checked: bool) -> Operand:
    """Address of an element. An index that was not shown in range is tested; outside is an error. The verifier must see the
    test on the register that is then added, so LLVM is kept from knowing that they are one."""
    array, base = items_of(f, whole, t)
    if checked:
        index = f.build.opaque(index)
        outside = f.build.compare(CompareOp.UGE, index, number(t.length))
        length = length_of(f, whole, t) if t.bounded else t.length
        with f.build.when(outside):
            raise_index(f, index, length)
        if not isinstance(length, int):
            with f.build.when(f.build.compare(CompareOp.UGE, index, length)):
                raise_index(f, index, length)
    return f.build.element(base, array, index)


@locate.register
def _(place: typed.IndexPlace, f: FunctionContext) -> Target:
    base, shared, owner = reached(place.base, f)
    t = place.base.type
    assert isinstance(t, lang.ArrayType)
    index = scalar(value(place.index, f))
    if owner is None:
        return MemoryTarget(element_address(f, Memory(base, memory_type(t)), t, index, place.checked), place.type, shared)
    if place.checked:
        with f.build.when(f.build.compare(CompareOp.UGE, index, number(t.length))):
            raise_index(f, index, t.length)
    owner = element_owner(f, owner, t, index)
    if all_owner(t):
        return MemoryTarget(NOWHERE, place.type, shared, owner)
    return MemoryTarget(element_address(f, Memory(base, memory_type(t)), t, index, place.checked), place.type, shared, owner)


def element_owner(f: FunctionContext, owner: Owner, t: lang.ArrayType, index: Operand) -> Owner:
    """The owners of one element, whose index is in range."""
    each = owners_in(t.of)
    if isinstance(index, Const):
        return replace(owner, first=owner.first + index.value * each)
    ahead: Operand = f.build.binary(BinaryOp.MUL, index, number(each)) if each > 1 else index
    return replace(owner, index=ahead if owner.index is None else f.build.add(owner.index, ahead))


@locate.register
def _(place: typed.TablePlace, f: FunctionContext) -> Target:
    return MemoryTarget(f.build.global_address(table_symbol(place.table)), place.type, shared=False)


def table_symbol(table: typed.Table) -> str:
    return table.name


@expression.register
def _(node: typed.FieldOf, f: FunctionContext) -> Lowered:
    whole = value(node.value, f)
    assert isinstance(whole, Memory) and isinstance(whole.type, ir.Struct)
    return load(f, f.build.member(whole.address, whole.type, node.field), node.type)


@expression.register
def _(node: typed.ElementOf, f: FunctionContext) -> Lowered:
    whole = value(node.value, f)
    t = node.value.type
    assert isinstance(whole, Memory) and isinstance(t, lang.ArrayType)
    return load(f, element_address(f, whole, t, scalar(value(node.index, f)), node.checked), node.type)


@expression.register
def _(node: typed.GetElement, f: FunctionContext) -> Lowered:
    base, shared = address_of(node.place, f)
    t = node.place.type
    assert isinstance(t, lang.ArrayType) and isinstance(node.type, lang.Optional)
    whole = Memory(base, memory_type(t))
    array, first = items_of(f, whole, t)
    index = f.build.opaque(scalar(value(node.index, f)))
    slot = new_slot(f, node.type, "element")
    inside = f.build.compare(CompareOp.ULT, index, number(t.length))
    with f.build.when(inside) as branch:
        found = load(f, f.build.element(first, array, index), t.of, shared)
        there = f.build.compare(CompareOp.ULT, index, length_of(f, whole, t)) if t.bounded else TRUE
        set_slot(f, slot, found if is_pointer(t.of) else Maybe(there, found))
    with f.build.otherwise(branch):
        set_slot(f, slot, absent(f, node.type.of))
    return get_slot(f, slot)


@statement.register
def _(node: typed.LetRef, f: FunctionContext) -> None:
    address, _, owner = reached(node.place, f)
    f.slots[node.variable] = SlotAlias(address, node.variable.type, owner)


@statement.register
def _(node: typed.AssignTuple, f: FunctionContext) -> None:
    targets = [None if p is None else locate(p, f) for p in node.places]
    parts = value(node.value, f)
    assert isinstance(parts, Parts)
    for target, part in zip(targets, parts.items, strict=True):
        if target is not None:
            target.write(f, part)


@statement.register
def _(node: typed.ForArray, f: FunctionContext) -> None:
    base, shared, owner = reached(node.array, f)
    t = node.array.type
    assert isinstance(t, lang.ArrayType)
    if owner is not None:
        _for_owners(node, f, t, owner)
        return
    whole = Memory(base, memory_type(t))
    array, first = items_of(f, whole, t)

    def turn(index: Operand) -> None:
        index = f.build.opaque(index)
        with f.build.when(f.build.compare(CompareOp.UGE, index, number(t.length))):
            f.leave(f.loops[-1])  # never: the verifier wants to see it
        if node.variable is not None:
            slot = f.slots[node.variable] = new_slot(f, t.of, node.variable.name)
            set_slot(f, slot, load(f, f.build.element(first, array, index), t.of, shared))
        value(node.body, f)

    counted(f, length_of(f, whole, t), turn, node.otherwise, walks(node))


def _for_owners(node: typed.ForArray, f: FunctionContext, t: lang.ArrayType, owner: Owner) -> None:
    """Each is read when its turn comes, and what it holds stays alive to the end of the turn."""

    def turn(index: Operand) -> None:
        with f.scope():
            held = borrow(f, element_owner(f, owner, t, index), t.of)
            if node.variable is not None:
                slot = f.slots[node.variable] = new_slot(f, t.of, node.variable.name)
                set_slot(f, slot, held)
            value(node.body, f)

    counted(f, number(t.length), turn, node.otherwise, walks(node))


# ---- plain values as bytes


def plain_bytes(value: object, t: lang.Type) -> bytes:
    """A plain value as it lies in memory."""
    type = memory_type(t)
    if value is None:
        return bytes(type.size)
    match t:
        case lang.TextType(size):
            return str(value).encode().ljust(size, b"\0")
        case lang.CpusetType():
            assert isinstance(value, int)
            return value.to_bytes(type.size, "little")
        case lang.TupleType(items):
            assert isinstance(value, list)
            return _packed(type, {f"item{i}": plain_bytes(v, of) for i, (v, of) in enumerate(zip(value, items, strict=True))})
        case lang.Optional(of):
            assert isinstance(value, list)
            return _packed(type, {"there": b"\1", "value": plain_bytes(value[0], of)}) if value else bytes(type.size)
        case lang.EnumType():
            assert isinstance(value, tuple)
            variant = t.variant(value[0])
            assert variant is not None
            parts = {payload_name(variant, f): plain_bytes(v, f.type) for f, v in zip(variant.fields, value[1], strict=True)}
            return _packed(type, {TAG: t.variants.index(variant).to_bytes(4, "little"), **parts})
        case lang.ArrayType(of, length, bounded):
            assert isinstance(value, list)
            items = b"".join(plain_bytes(item, of) for item in value)
            items += bytes(memory_type(of).size * (length - len(value)))
            if not bounded:
                return items
            assert isinstance(type, ir.Struct)
            head = len(value).to_bytes(4, "little")
            return head + bytes(type.offsets["items"] - len(head)) + items
        case lang.StructType(_, fields):
            assert isinstance(value, dict)
            return _packed(type, {f.name: plain_bytes(value.get(f.name), f.type) for f in fields if not all_owner(f.type)})
    assert isinstance(value, int)
    return (value & (1 << 8 * type.size) - 1).to_bytes(type.size, "little")


def _packed(type: ir.Type, parts: dict[str, bytes]) -> bytes:
    """The members of a struct at their places; the rest is zero."""
    assert isinstance(type, ir.Struct)
    out = bytearray(type.size)
    for name, part in parts.items():
        out[type.offsets[name] : type.offsets[name] + len(part)] = part
    return bytes(out)


def table_global(table: typed.Table) -> irm.Global:
    """A constant table, in .rodata."""
    return irm.Global(
        name=table_symbol(table),
        type=memory_type(table.type),
        section=".rodata",
        span=table.span,
        initial=plain_bytes(table.values, table.type),
        read_only=True,
    )
