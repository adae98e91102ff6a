# SPDX-License-Identifier: GPL-2.0-only
"""What each operation demands of the types of its operands: one generator per operation, of (place, expected, found)."""

from collections.abc import Callable, Iterator

from . import ops
from .types import U64, Array, Bool, Char, Enum, Int, Pointer, Struct, Type, Void

Mismatch = tuple[str, str, str]


def shape(t: Type) -> str:
    """What a register sees of a type: `64 bits`, `bool`, `pointer`."""
    match t:
        case Int() | Enum():
            return f"{t.bits} bits"
        case Char():
            return "8 bits"
        case Bool():
            return "bool"
        case Pointer():
            return "pointer"
    return str(t)


def is_number(t: Type) -> bool:
    return isinstance(t, (Int, Enum, Char))


def is_scalar(t: Type) -> bool:
    return is_number(t) or isinstance(t, (Bool, Pointer))


def _like(place: str, found: Type, wanted: Type) -> Iterator[Mismatch]:
    if shape(found) != shape(wanted):
        yield place, shape(wanted), str(found)


def _pointer(place: str, found: Type) -> Iterator[Mismatch]:
    if not isinstance(found, Pointer):
        yield place, "a pointer", str(found)


def _bool(place: str, found: Type) -> Iterator[Mismatch]:
    if not isinstance(found, Bool):
        yield place, "bool", str(found)


def _binary(op: ops.Binary) -> Iterator[Mismatch]:
    t = op.result.type
    logical = op.op in (ops.BinaryOp.AND, ops.BinaryOp.OR, ops.BinaryOp.XOR)
    if not (isinstance(t, (Int, Enum)) or (logical and isinstance(t, Bool))):
        yield "the result", "an integer" + (" or bool" if logical else ""), str(t)
    yield from _like("left", op.left.type, t)
    yield from _like("right", op.right.type, t)


def _compare(op: ops.Compare) -> Iterator[Mismatch]:
    yield from _bool("the result", op.result.type)
    if not is_scalar(op.left.type):
        yield "left", "a scalar", str(op.left.type)
    yield from _like("right", op.right.type, op.left.type)


def _convert(op: ops.Convert) -> Iterator[Mismatch]:
    old, new = op.value.type, op.result.type
    if op.op is ops.ConvertOp.POINTER:
        for place, t in (("value", old), ("the result", new)):
            if not (isinstance(t, Pointer) or (is_number(t) and t.size == 8)):
                yield place, "a pointer or 64 bits", str(t)
        return
    if not is_number(new):
        yield "the result", "a number", str(new)
        return
    if isinstance(old, Bool):
        if op.op is not ops.ConvertOp.ZEXT:
            yield "value", "a number", str(old)
        return
    if not is_number(old):
        yield "value", "a number or bool", str(old)
        return
    grows = op.op is not ops.ConvertOp.TRUNC
    if (new.size < old.size) if grows else (new.size > old.size):
        yield "the result", f"{'no narrower' if grows else 'no wider'} than {old}", str(new)


def _select(op: ops.Select) -> Iterator[Mismatch]:
    yield from _bool("condition", op.condition.type)
    yield from _like("then", op.then.type, op.result.type)
    yield from _like("otherwise", op.otherwise.type, op.result.type)


def _opaque(op: ops.Opaque) -> Iterator[Mismatch]:
    yield from _like("value", op.value.type, op.result.type)


def _forget(op: ops.Forget) -> Iterator[Mismatch]:
    if not is_scalar(op.value.type) or isinstance(op.value.type, Pointer):
        yield "value", "a number or bool", str(op.value.type)
    yield from _like("value", op.value.type, op.result.type)


def _get_local(op: ops.GetLocal) -> Iterator[Mismatch]:
    yield from _scalar("the result", op.result.type)
    yield from _like("the result", op.result.type, op.local.type)


def _scalar(place: str, found: Type) -> Iterator[Mismatch]:
    if not is_scalar(found):
        yield place, "a scalar", str(found)


def _set_local(op: ops.SetLocal) -> Iterator[Mismatch]:
    yield from _scalar("value", op.value.type)
    yield from _like("value", op.value.type, op.local.type)


def _address(op: ops.Context | ops.LocalAddress | ops.GlobalAddress | ops.FunctionAddress) -> Iterator[Mismatch]:
    yield from _pointer("the result", op.result.type)


def _member(op: ops.MemberAddress | ops.KernelMember) -> Iterator[Mismatch]:
    yield from _pointer("base", op.base.type)
    yield from _pointer("the result", op.result.type)
    if isinstance(op, ops.KernelMember) and not op.struct.kernel:
        yield "struct", "a struct of the kernel", str(op.struct)


def _index(op: ops.IndexAddress) -> Iterator[Mismatch]:
    yield from _pointer("base", op.base.type)
    yield from _pointer("the result", op.result.type)
    if not isinstance(op.index.type, Int) or op.index.type.bits != 64:
        yield "index", "64 bits", str(op.index.type)
    if isinstance(op.index, ops.Const) and not 0 <= op.index.value < op.array.length:
        yield "index", f"less than {op.array.length}", str(op.index.value)


def _access(address: Type, t: Type, place: str) -> Iterator[Mismatch]:
    """A scalar place is read and written in its own width; into structs and arrays of unknown use anything goes."""
    yield from _pointer("address", address)
    yield from _scalar(place, t)
    if isinstance(address, Pointer) and is_scalar(address.to) and is_scalar(t) and address.to.size != t.size:
        yield place, f"of {address.to.size} bytes, as {address.to} is", str(t)


def _load(op: ops.Load) -> Iterator[Mismatch]:
    yield from _access(op.address.type, op.result.type, "the result")


def _store(op: ops.Store) -> Iterator[Mismatch]:
    yield from _access(op.address.type, op.value.type, "value")


def _atomic(op: ops.Atomic | ops.CompareSwap) -> Iterator[Mismatch]:
    yield from _access(op.address.type, op.value.type, "value")
    if not (is_number(op.value.type) and op.value.type.size in (4, 8)):
        yield "value", "of 4 or 8 bytes", str(op.value.type)
    yield from _like("the result", op.result.type, op.value.type)
    if isinstance(op, ops.CompareSwap):
        yield from _like("expected", op.expected.type, op.value.type)


def _copy(op: ops.Copy) -> Iterator[Mismatch]:
    yield from _pointer("target", op.target.type)
    yield from _pointer("source", op.source.type)


def _clear(op: ops.Clear) -> Iterator[Mismatch]:
    yield from _pointer("target", op.target.type)


def _truth(op: ops.KfuncExists | ops.EnumExists | ops.TypeExists | ops.FieldExists) -> Iterator[Mismatch]:
    yield from _bool("the result", op.result.type)


def _enum_value(op: ops.EnumValue) -> Iterator[Mismatch]:
    yield from _like("the result", op.result.type, U64)


def _if(op: ops.If) -> Iterator[Mismatch]:
    yield from _bool("condition", op.condition.type)


def passes(found: Type, wanted: Type) -> bool:
    """Whether a value goes as an argument: pointers as pointers; numbers into their width or a greater one."""
    if is_number(found) and is_number(wanted):
        return found.size <= wanted.size
    return shape(found) == shape(wanted)


def returned(found: Type | None, wanted: Type) -> bool:
    """Whether a call's result fits the value that takes it; None: nobody takes it."""
    return found is None or (not isinstance(wanted, Void) and shape(found) == shape(wanted))


RULES: dict[type[ops.Op], Callable[[ops.Op], Iterator[Mismatch]]] = {
    ops.Binary: _binary,
    ops.Compare: _compare,
    ops.Convert: _convert,
    ops.Select: _select,
    ops.Opaque: _opaque,
    ops.Forget: _forget,
    ops.GetLocal: _get_local,
    ops.SetLocal: _set_local,
    ops.Context: _address,
    ops.LocalAddress: _address,
    ops.GlobalAddress: _address,
    ops.FunctionAddress: _address,
    ops.MemberAddress: _member,
    ops.KernelMember: _member,
    ops.IndexAddress: _index,
    ops.Load: _load,
    ops.Store: _store,
    ops.Atomic: _atomic,
    ops.CompareSwap: _atomic,
    ops.Copy: _copy,
    ops.Clear: _clear,
    ops.KfuncExists: _truth,
    ops.EnumExists: _truth,
    ops.TypeExists: _truth,
    ops.FieldExists: _truth,
    ops.EnumValue: _enum_value,
    ops.If: _if,
}


def sized(t: Type, whole: Callable[[Type], Type]) -> bool:
    """Whether a place of this type has a size."""
    match whole(t):
        case Struct() as s:
            return bool(s.fields) and all(sized(f.type, whole) for f in s.fields)
        case Array() as a:
            return sized(a.of, whole)
        case other:
            return is_scalar(other)
