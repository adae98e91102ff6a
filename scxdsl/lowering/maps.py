# SPDX-License-Identifier: GPL-2.0-only
"""Maps: keys and values lie on the stack for the helpers, cleared first, since the kernel compares and copies padding too."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.types import is_owner

from .builder import TRUE, number
from .context import FunctionContext
from .dispatch import expression, value
from .kernel_text import raise_index
from .layout import memory_type
from .moves import absent, get_slot, load, scalar, set_slot, store
from .owner_shape import of_map
from .slots import new_slot
from .values import Lowered, Maybe, Memory

_KINDS = {"hash": "hash", "lru": "lru_hash", "array": "array", "queue": "queue", "stack": "stack"}
_NOWHERE = 0xFFFFFFFF  # a key that no array has
_ANY, _NOEXIST, _EXIST = 0, 1, 2  # include/uapi/linux/bpf.h: BPF_ANY, BPF_NOEXIST, BPF_EXIST


def declared(m: typed.MapObject) -> list[irm.Map]:
    key = ir.U32 if m.kind == "array" else None if m.key is None else memory_type(m.key)
    return [
        irm.Map(name=name, kind=_KINDS[m.kind], key=key, value=value_type(m), max_entries=m.capacity, span=m.span)
        for name in m.symbols
    ]


def map_of(f: FunctionContext, m: typed.MapObject, row: typed.Expr | None) -> Operand:
    """The map itself. Of a row it is chosen by comparing: the verifier follows each map, and takes any for one call. LLVM is kept from
    making a table of their addresses."""
    if row is None:
        return f.build.global_address(m.name)
    index = scalar(value(row, f))
    if isinstance(index, Const):
        return f.build.global_address(m.symbols[index.value])
    with f.build.at(row.span), f.build.when(f.build.compare(CompareOp.UGE, index, number(len(m.symbols)))):
        raise_index(f, index, len(m.symbols))
    out = Local(f.name("map"), ir.Pointer(ir.VOID))
    _choose(f, out, index, m.symbols, 0)
    return f.build.get(out)


def _choose(f: FunctionContext, out: Local, index: Operand, symbols: tuple[str, ...], first: int) -> None:
    """By halves, so that a row of 32 takes five comparisons."""
    if len(symbols) == 1:
        f.build.set(out, f.build.opaque(f.build.global_address(symbols[0])))
        return
    middle = len(symbols) // 2
    with f.build.when(f.build.compare(CompareOp.ULT, index, number(first + middle))) as branch:
        _choose(f, out, index, symbols[:middle], first)
    with f.build.otherwise(branch):
        _choose(f, out, index, symbols[middle:], first + middle)


def value_type(m: typed.MapObject) -> ir.Type:
    """What lies under a key."""
    return of_map(m) if is_owner(m.value) else memory_type(m.value)


def laid(f: FunctionContext, t: lang.Type, lowered: Lowered, stem: str) -> Operand:
    """Address of a value on the stack."""
    if isinstance(lowered, Memory) and not isinstance(t, lang.TextType):  # a text may lie in a kernel task, where helpers do not read
        return lowered.address
    type = memory_type(t)
    address = f.build.local_address(Local(f.name(stem), type))
    if isinstance(type, ir.Struct):
        f.build.clear(address, type)
    store(f, address, lowered, t)
    return address


def key_address(f: FunctionContext, m: typed.MapObject, key: typed.Expr) -> Operand:
    """Address of a key on the stack."""
    assert m.key is not None
    given = value(key, f)
    if m.kind != "array":
        return laid(f, m.key, given, "key")
    index = scalar(given)  # the kernel's keys have 32 bits: a larger number must not come out as a smaller one
    inside = f.build.compare(CompareOp.ULT, index, number(m.capacity))
    return laid(f, lang.U32, f.build.select(inside, index, number(_NOWHERE)), "key")


def _found(f: FunctionContext, m: typed.MapObject, where: Operand, key: Operand) -> Operand:
    pointer = ir.Pointer(value_type(m))
    out = f.build.helper("map_lookup_elem", pointer, where, key)
    assert out is not None
    return out


@expression.register
def _(node: typed.MapGet, f: FunctionContext) -> Lowered:
    assert isinstance(node.type, lang.Optional)
    where = map_of(f, node.map, node.row)
    found = _found(f, node.map, where, key_address(f, node.map, node.key))
    slot = new_slot(f, node.type, node.map.name)
    there = f.build.compare(CompareOp.NE, found, Const(found.type, 0))
    with f.build.when(there) as branch:
        set_slot(f, slot, Maybe(TRUE, load(f, found, node.map.value, volatile=True)))
    with f.build.otherwise(branch):
        set_slot(f, slot, absent(f, node.type.of))
    return get_slot(f, slot)


@expression.register
def _(node: typed.MapHas, f: FunctionContext) -> Lowered:
    where = map_of(f, node.map, node.row)
    found = _found(f, node.map, where, key_address(f, node.map, node.key))
    return f.build.compare(CompareOp.NE, found, Const(found.type, 0))


def _succeeded(f: FunctionContext, result: Operand | None) -> Lowered:
    assert result is not None
    return f.build.compare(CompareOp.EQ, result, Const(result.type, 0))


@expression.register
def _(node: typed.MapPut, f: FunctionContext) -> Lowered:
    where = map_of(f, node.map, node.row)
    key = key_address(f, node.map, node.key)
    what = laid(f, node.map.value, value(node.value, f), "value")
    flags = number(_NOEXIST if node.only_new else _ANY)
    return _succeeded(f, f.build.helper("map_update_elem", ir.I64, where, key, what, flags))


@expression.register
def _(node: typed.MapRemove, f: FunctionContext) -> Lowered:
    where = map_of(f, node.map, node.row)
    key = key_address(f, node.map, node.key)
    if node.map.kind == "array":  # the helper does not delete from arrays
        type = value_type(node.map)
        zero = f.build.local_address(Local(f.name("zero"), type))
        f.build.clear(zero, type)
        return _succeeded(f, f.build.helper("map_update_elem", ir.I64, where, key, zero, number(_EXIST)))
    return _succeeded(f, f.build.helper("map_delete_elem", ir.I64, where, key))


@expression.register
def _(node: typed.MapPush, f: FunctionContext) -> Lowered:
    where = map_of(f, node.map, node.row)
    what = laid(f, node.map.value, value(node.value, f), "value")
    return _succeeded(f, f.build.helper("map_push_elem", ir.I64, where, what, number(_ANY)))


@expression.register
def _(node: typed.MapPop, f: FunctionContext) -> Lowered:
    type = memory_type(node.map.value)
    room = f.build.local_address(Local(f.name(node.map.name), type))
    f.build.clear(room, type)
    where = map_of(f, node.map, node.row)
    helper = "map_peek_elem" if node.peek else "map_pop_elem"
    there = _succeeded(f, f.build.helper(helper, ir.I64, where, room))
    assert there is not None
    return Maybe(there, load(f, room, node.map.value))  # type: ignore[arg-type]
