# SPDX-License-Identifier: GPL-2.0-only
"""Shapes of values in memory, taken from BTF: bytes to Python values and back.

| shape | Python value |
|---|---|
| Scalar | int, or bool |
| Text (char array) | str, up to its NUL |
| Sequence | list |
| Record (struct) | dict by member name; bitfields as numbers |
| Blob (anything else, unions and pointers included) | bytes, or int for pointers |
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from ..kernel.btf import Btf, BtfError
from ..kernel.btf_types import Array, Enum, Float, Int, Ptr, Struct, Typedef


@dataclass(frozen=True)
class Scalar:
    size: int
    signed: bool
    boolean: bool
    unit: str
    """Name of the typedef that it was declared with (`duration`), or empty."""
    names: tuple[tuple[str, int], ...] = ()
    """Of an enum: name and value of each."""


@dataclass(frozen=True)
class Text:
    size: int


@dataclass(frozen=True)
class Sequence:
    element: "Layout"
    length: int

    @property
    def size(self) -> int:
        return self.element.size * self.length


@dataclass(frozen=True)
class Part:
    name: str
    offset: int
    layout: "Layout"
    bit_offset: int = 0
    """Of a bitfield: from the lowest bit of the byte at `offset`."""
    bit_size: int = 0


@dataclass(frozen=True)
class Record:
    size: int
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part | None:
        return next((p for p in self.parts if p.name == name), None)


@dataclass(frozen=True)
class Blob:
    size: int


Layout: TypeAlias = Scalar | Text | Sequence | Record | Blob


def layout_of(btf: Btf, type_id: int) -> Layout:
    """The shape of a type. Raises BtfError for types without a size."""
    unit, at = "", btf[type_id]
    while at is not btf.strip(type_id):  # the outermost typedef names the unit
        if isinstance(at, Typedef) and not unit:
            unit = at.name
        at = btf[at.target]  # type: ignore[union-attr]
        type_id = at.id
    match at:
        case Int():
            return Scalar(at.size, at.signed, at.boolean, unit)
        case Enum():
            return Scalar(at.size, at.signed, False, unit, tuple((v.name, v.value) for v in at.values))
        case Ptr():
            return Scalar(8, False, False, unit)
        case Array():
            element = btf.strip(at.element)
            if isinstance(element, Int) and element.size == 1 and element.name in ("char", "signed char"):
                return Text(at.length)
            return Sequence(layout_of(btf, at.element), at.length)
        case Struct(kind="struct"):
            return Record(at.size, tuple(_part(btf, m) for m in btf.members(type_id)))
        case Struct() | Float():
            return Blob(at.size)
    raise BtfError(f"type {type_id} ({type(at).__name__}) has no layout")


def _part(btf: Btf, member: Any) -> Part:
    return Part(member.name, member.bit_offset // 8, layout_of(btf, member.type), member.bit_offset % 8, member.bit_size)


def unpack(layout: Layout, data: bytes) -> Any:
    """The Python value of `data`, which must be at least `layout.size` bytes."""
    match layout:
        case Scalar():
            value = int.from_bytes(data[: layout.size], "little", signed=layout.signed)
            return bool(value) if layout.boolean else value
        case Text():
            return data[: layout.size].split(b"\0")[0].decode("utf-8", "replace")
        case Sequence():
            step = layout.element.size
            return [unpack(layout.element, data[i * step : (i + 1) * step]) for i in range(layout.length)]
        case Record():
            return {p.name: _unpack_part(p, data) for p in layout.parts}
        case Blob():
            return data[: layout.size]


def _unpack_part(part: Part, data: bytes) -> Any:
    if not part.bit_size:
        return unpack(part.layout, data[part.offset :])
    whole = int.from_bytes(data[part.offset : part.offset + 9], "little")
    value = whole >> part.bit_offset & ((1 << part.bit_size) - 1)
    signed = isinstance(part.layout, Scalar) and part.layout.signed
    return value - (1 << part.bit_size) if signed and value >> (part.bit_size - 1) else value
