# SPDX-License-Identifier: GPL-2.0-only
"""How many bytes values take in maps, rows, messages and the structs of commands: as C lays them out (docs/objects.md)."""

from . import types as lang
from .owner_types import all_owner


def struct_size(types: list[lang.Type]) -> tuple[int, int]:
    """Size and alignment of fields one after the other. What owners lie among them lies elsewhere."""
    at, most = 0, 1
    for t in (t for t in types if not all_owner(t)):
        size, align = size_of(t)
        at, most = -(-at // align) * align + size, max(most, align)
    return -(-at // most) * most, most


def offsets(types: list[lang.Type]) -> list[int]:
    """Where each of these fields begins."""
    at, out = 0, []
    for t in types:
        size, align = size_of(t)
        at = -(-at // align) * align
        out.append(at)
        at += size
    return out


def size_of(t: lang.Type) -> tuple[int, int]:
    """Size and alignment of a value."""
    match t:
        case lang.BoolType():
            return 1, 1
        case lang.IntType(bits):
            return bits // 8, bits // 8
        case lang.IndexType():
            return 4, 4
        case lang.TextType(size):
            return size, 1
        case lang.CpusetType():
            return lang.CPUSET_CPUS // 8, 8
        case lang.ArrayType(of, length, bounded):
            size, align = size_of(of)
            return (size * length, align) if not bounded else _bounded(size, align, length)
    parts = fields_of(t)
    return (8, 8) if parts is None else struct_size(parts)


def fields_of(t: lang.Type) -> list[lang.Type] | None:
    """The fields of what lies in memory as a struct; None for anything else."""
    match t:
        case lang.StructType(_, fields):
            return [f.type for f in fields]
        case lang.Optional(of):
            return [lang.BOOL, of]
        case lang.TupleType(items):
            return list(items)
        case lang.EnumType(_, variants):
            return [lang.U32, *(f.type for v in variants for f in v.fields)]
    return None


def _bounded(size: int, align: int, length: int) -> tuple[int, int]:
    """A length of 4 bytes, then the elements."""
    align = max(align, 4)
    return -(-(align + size * length) // align) * align, align
