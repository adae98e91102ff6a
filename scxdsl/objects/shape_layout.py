# SPDX-License-Identifier: GPL-2.0-only
"""Layouts of what no BTF describes (records of rings, messages, contexts of commands), from the shape in its tag: as C lays it out."""

import re
from typing import Any

from .layout import Layout, Part, Record, Scalar, Sequence, Text, unpack
from .shapes import EnumOf, ListOf, Maybe, Plain, Shape, StructOf, TupleOf

_CPUSET = 1024 // 8  # bytes; CPUSET_CPUS of the language
_TEXT = re.compile(r"str\[(\d+)\]")
_NUMBER = re.compile(r"([ui])(8|16|32|64)")
_BOOL, _U32 = Scalar(1, False, True, ""), Scalar(4, False, False, "")


def layout_and_align(shape: Shape) -> tuple[Layout, int]:
    match shape:
        case Plain(name):
            return _plain(name)
        case ListOf(of, length, bounded):
            inner, align = layout_and_align(of)
            items = Sequence(inner, length)
            return _record([("len", _U32, 4), ("items", items, align)]) if bounded else (items, align)
        case TupleOf(items):
            return _fields([(f"item{i}", item) for i, item in enumerate(items)])
        case Maybe(of):
            return _record([("there", _BOOL, 1), ("value", *layout_and_align(of))])
        case StructOf(parts):
            return _fields(list(parts))
        case EnumOf(variants):
            payload = [(f"{v}_{n}", *layout_and_align(of)) for v, parts in variants for n, of in parts]
            return _record([("variant", _U32, 4), *payload])


def fields_layout(fields: list[tuple[str, Shape]]) -> Record:
    """Members of a struct, by name."""
    found = _fields(fields)[0]
    assert isinstance(found, Record)
    return found


def _plain(name: str) -> tuple[Layout, int]:
    if name == "bool":
        return _BOOL, 1
    if found := _NUMBER.fullmatch(name):
        size = int(found[2]) // 8
        return Scalar(size, found[1] == "i", False, ""), size
    if name in ("duration", "time", "vtime"):
        return Scalar(8, False, False, name), 8
    if name == "cpuset":
        return Sequence(Scalar(8, False, False, ""), _CPUSET // 8), 8
    if found := _TEXT.fullmatch(name):
        return Text(int(found[1])), 1
    return Scalar(4, True, False, ""), 4  # an index, by its kind


def _fields(fields: list[tuple[str, Shape]]) -> tuple[Layout, int]:
    return _record([(name, *layout_and_align(shape)) for name, shape in fields])


def _record(fields: list[tuple[str, Layout, int]]) -> tuple[Layout, int]:
    at, most, parts = 0, 1, []
    for name, layout, align in fields:
        at = -(-at // align) * align
        parts.append(Part(name, at, layout))
        at, most = at + layout.size, max(most, align)
    return Record(-(-at // most) * most, tuple(parts)), most


def value_of(shape: Shape, layout: Layout, data: bytes) -> Any:
    """Bytes as a Python value: structs as dicts, variants as [name, values…], what may be none as None or the value, sets of CPUs as a list."""

    def part(name: str, of: Shape) -> Any:
        found = layout.part(name) if isinstance(layout, Record) else None
        assert found is not None
        return value_of(of, found.layout, data[found.offset :])

    match shape:
        case Plain("cpuset"):
            bits = int.from_bytes(data[:_CPUSET], "little")
            return [cpu for cpu in range(bits.bit_length()) if bits >> cpu & 1]
        case ListOf(of, length, bounded):
            count = min(part("len", Plain("u32")), length) if bounded else length
            items = layout.parts[1] if isinstance(layout, Record) else Part("", 0, layout)
            assert isinstance(items.layout, Sequence)
            inner = items.layout.element
            return [value_of(of, inner, data[items.offset + i * inner.size :]) for i in range(count)]
        case TupleOf(items):
            return [part(f"item{i}", item) for i, item in enumerate(items)]
        case Maybe(of):
            return part("value", of) if data[0] else None
        case StructOf(parts):
            return {name: part(name, of) for name, of in parts}
        case EnumOf(variants):
            name, parts = variants[min(part("variant", Plain("u32")), len(variants) - 1)]
            return [name, *(part(f"{name}_{n}", of) for n, of in parts)]
    return unpack(layout, data)
