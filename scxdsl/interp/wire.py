# SPDX-License-Identifier: GPL-2.0-only
"""Values as the bytes that user space writes and reads: C's layout, little-endian (docs/objects.md). What user space has written is
looked at: an index must exist, a variant must be one, a text must end."""

from collections.abc import Callable
from typing import Any

from scxdsl.typing import types as lang
from scxdsl.typing.sizes import offsets, size_of

Exists = Callable[[str, int], bool]
"""Whether there is an index of a kind: `cpu`, a table."""


class Malformed(Exception):
    """The bytes are no value of the type."""


def decode(data: bytes, t: lang.Type, exists: Exists) -> Any:
    """Raises Malformed."""
    size = size_of(t)[0]
    if len(data) < size:
        raise Malformed
    match t:
        case lang.BoolType():
            return data[0] != 0
        case lang.IntType(bits, signed):
            return int.from_bytes(data[: bits // 8], "little", signed=signed)
        case lang.UnitType():
            return int.from_bytes(data[:8], "little")
        case lang.IndexType(kind):
            index = int.from_bytes(data[:4], "little", signed=True)
            if not exists(kind, index):
                raise Malformed
            return index
        case lang.CpusetType():
            return int.from_bytes(data[:size], "little")
        case lang.TextType():
            return data[: size - 1].split(b"\0")[0].decode("utf-8", "replace")
        case lang.ArrayType(of, length, bounded):
            return _array(data, of, length, bounded, exists)
        case lang.EnumType():
            return _variant(data, t, exists)
    types = _fields(t)
    values = [data[at:] for at in offsets(types)]
    if isinstance(t, lang.Optional):
        return decode(values[1], t.of, exists) if values[0][0] else None
    found = [decode(v, of, exists) for v, of in zip(values, types, strict=True)]
    return tuple(found) if isinstance(t, lang.TupleType) else found


def _array(data: bytes, of: lang.Type, length: int, bounded: bool, exists: Exists) -> list[Any]:
    step, align = size_of(of)
    count, start = length, 0
    if bounded:
        count, start = int.from_bytes(data[:4], "little"), max(align, 4)
        if count > length:
            raise Malformed
    found = [decode(data[start + i * step :], of, exists) for i in range(length)]
    return found[:count]


def _variant(data: bytes, t: lang.EnumType, exists: Exists) -> tuple[str, tuple[Any, ...]]:
    number = int.from_bytes(data[:4], "little")
    if number >= len(t.variants):
        raise Malformed
    places = iter(offsets([lang.U32, *(f.type for v in t.variants for f in v.fields)])[1:])
    found: tuple[Any, ...] = ()
    for i, variant in enumerate(t.variants):
        parts = [(next(places), f.type) for f in variant.fields]
        if i == number:
            found = tuple(decode(data[at:], of, exists) for at, of in parts)
    return t.variants[number].name, found


def encode(value: Any, t: lang.Type) -> bytes:
    """The bytes of a value; what no part of it lies in is 0."""
    match t:
        case lang.BoolType():
            return bytes([bool(value)])
        case lang.IntType(bits, _):
            return (value & (1 << bits) - 1).to_bytes(bits // 8, "little")
        case lang.UnitType():
            return value.to_bytes(8, "little")
        case lang.IndexType():
            return (value & 0xFFFFFFFF).to_bytes(4, "little")
        case lang.CpusetType():
            return value.to_bytes(size_of(t)[0], "little")
        case lang.TextType(size):
            return value.encode()[: size - 1].ljust(size, b"\0")
        case lang.ArrayType(of, _, bounded):
            items = b"".join(encode(v, of) for v in value)
            head = len(value).to_bytes(4, "little").ljust(max(size_of(of)[1], 4), b"\0") if bounded else b""
            return (head + items).ljust(size_of(t)[0], b"\0")
        case lang.Optional(of):
            return _laid([lang.BOOL, of], [value is not None, value], size_of(t)[0])
        case lang.EnumType(_, variants):
            types: list[lang.Type] = [lang.U32, *(f.type for v in variants for f in v.fields)]
            number = next(i for i, v in enumerate(variants) if v.name == value[0])
            parts = [p for i, v in enumerate(variants) for p in (value[1] if i == number else [None] * len(v.fields))]
            return _laid(types, [number, *parts], size_of(t)[0])
    return _laid(_fields(t), list(value), size_of(t)[0])


def _laid(types: list[lang.Type], values: list[Any], size: int) -> bytes:
    out = bytearray(size)
    for at, of, value in zip(offsets(types), types, values, strict=True):
        if value is not None:
            data = encode(value, of)
            out[at : at + len(data)] = data
    return bytes(out)


def _fields(t: lang.Type) -> list[lang.Type]:
    match t:
        case lang.StructType(_, fields):
            return [f.type for f in fields]
        case lang.TupleType(items):
            return list(items)
        case lang.Optional(of):
            return [lang.BOOL, of]
    raise TypeError(f"{t} does not pass to user space")
