# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of index in a type."""

from scxdsl.typing import types as lang

_MACHINE = {"core", "llc", "node"}


def machine_kinds(t: lang.Type) -> set[str]:
    """The kinds of index in a value that are looked up in what derived init finds out."""
    match t:
        case lang.IndexType(kind):
            return {kind} & _MACHINE
        case lang.ArrayType(of) | lang.Optional(of):
            return machine_kinds(of)
    return set().union(*map(machine_kinds, parts_of(t)))


def parts_of(t: lang.Type) -> list[lang.Type]:
    match t:
        case lang.StructType(_, fields):
            return [f.type for f in fields]
        case lang.TupleType(items):
            return list(items)
        case lang.EnumType(_, variants):
            return [f.type for v in variants for f in v.fields]
    return []
