# SPDX-License-Identifier: GPL-2.0-only
"""What is plain data: it may lie in memory as it is, be copied, and be written by user space."""

from .types import (
    ArrayType,
    Broken,
    CgroupType,
    CpumaskType,
    DsqType,
    EnumType,
    FlagsType,
    KernelStruct,
    LiteralInt,
    Never,
    Nothing,
    Optional,
    SlotType,
    StructType,
    TaskType,
    TupleType,
    Type,
    is_owner,
)

_NO_DATA = (TaskType, CgroupType, CpumaskType, KernelStruct, Nothing, Never, LiteralInt)
_NO_SETTING = (DsqType, SlotType, FlagsType)  # numbers that only the running kernel or policy gives


def not_storable(t: Type) -> Type | None:
    """The part of a type that is neither plain data nor an owner; None where there is none."""
    return next((part for part in _parts(t, owners=True) if isinstance(part, _NO_DATA)), None)


def not_settable(t: Type) -> Type | None:
    """The part of a type that nobody can write into a file of parameters; None where there is none."""
    return next((part for part in _parts(t) if isinstance(part, _NO_DATA + _NO_SETTING)), None)


def _parts(t: Type, owners: bool = False):
    """The type and all types in it, but for those of `owners`."""
    if owners and is_owner(t):
        return
    yield t
    match t:
        case Broken():
            return
        case Optional(of) | ArrayType(of):
            yield from _parts(of, owners)
        case TupleType(items):
            for item in items:
                yield from _parts(item, owners)
        case StructType(fields=fields):
            for f in fields:
                yield from _parts(f.type, owners)
        case EnumType(variants=variants):
            for v in variants:
                for f in v.fields:
                    yield from _parts(f.type, owners)
