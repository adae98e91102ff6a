# SPDX-License-Identifier: GPL-2.0-only
"""Values by type: what zero is, how a value is copied and cut."""

from collections.abc import Callable
from typing import Any

from scxdsl.typing import types as lang

M64 = (1 << 64) - 1
_SIGN = 1 << 63


def is_aggregate(t: lang.Type) -> bool:
    """Values that are copied when they are assigned."""
    return isinstance(t, lang.StructType | lang.ArrayType)


def is_signed(t: lang.Type) -> bool:
    return isinstance(t, lang.IndexType) or isinstance(t, lang.IntType) and t.signed


def zero(t: lang.Type) -> Any:
    """What a variable without a first value holds. A fresh one for every call."""
    match t:
        case lang.BoolType():
            return False
        case lang.StructType(_, fields):
            return [zero(f.type) for f in fields]
        case lang.ArrayType(of, length, bounded):
            return [] if bounded else [zero(of) for _ in range(length)]
        case lang.TupleType(items):
            return tuple(zero(i) for i in items)
        case lang.Optional():
            return None
        case lang.EnumType(_, variants):
            return (variants[0].name, tuple(zero(f.type) for f in variants[0].fields))
        case lang.TextType():
            return ""
    return 0


def copier(t: lang.Type) -> Callable[[Any], Any] | None:
    """How a value is copied; None where it needs no copy."""
    match t:
        case lang.StructType(_, fields):
            inner = [copier(f.type) for f in fields]
            if not any(inner):
                return list
            return lambda v: [c(x) if c else x for c, x in zip(inner, v, strict=True)]
        case lang.ArrayType(of, _, _):
            one = copier(of)
            return list if one is None else lambda v: [one(x) for x in v]
        case lang.TupleType(items):
            inner = [copier(i) for i in items]
            if not any(inner):
                return None
            return lambda v: tuple(c(x) if c else x for c, x in zip(inner, v, strict=True))
        case lang.Optional(of):
            one = copier(of)
            return None if one is None else lambda v: None if v is None else one(v)
        case lang.EnumType(_, variants):
            found = {v.name: [copier(f.type) for f in v.fields] for v in variants}
            if not any(any(cs) for cs in found.values()):
                return None
            return lambda v: (v[0], tuple(c(x) if c else x for c, x in zip(found[v[0]], v[1], strict=True)))
    return None


def from_plain(value: object, t: lang.Type) -> Any:
    """A first value of the typed tree (int, bool, list, dict of such; None: zero) as the interpreter holds it."""
    if value is None:
        return zero(t)
    match t:
        case lang.BoolType():
            return bool(value)
        case lang.StructType(_, fields):
            assert isinstance(value, dict)
            return [from_plain(value.get(f.name), f.type) for f in fields]
        case lang.ArrayType(of, _, _):
            assert isinstance(value, list)
            return [from_plain(v, of) for v in value]
        case lang.TupleType(items):
            assert isinstance(value, list)
            return tuple(from_plain(v, of) for v, of in zip(value, items, strict=True))
        case lang.Optional(of):
            assert isinstance(value, list)
            return from_plain(value[0], of) if value else None
        case lang.EnumType():
            assert isinstance(value, tuple)
            variant = t.variant(value[0])
            assert variant is not None
            return (value[0], tuple(from_plain(v, f.type) for v, f in zip(value[1], variant.fields, strict=True)))
    return value


def cut(t: lang.Type) -> Callable[[int], int] | None:
    """The number that the low bits of a number are in a type; None for types without numbers."""
    match t:
        case lang.IntType(64, False) | lang.UnitType() | lang.DsqType() | lang.FlagsType():
            return lambda v: v & M64
        case lang.IntType(bits, False):
            mask = (1 << bits) - 1
            return lambda v: v & mask
        case lang.IntType(bits, True):
            return _signed(bits)
        case lang.IndexType():
            return _signed(32)
        case lang.BoolType():
            return bool
    return None


def _signed(bits: int) -> Callable[[int], int]:
    mask, sign = (1 << bits) - 1, 1 << bits - 1
    return lambda v: ((v & mask) ^ sign) - sign
