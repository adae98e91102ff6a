# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of index in a type."""

from scxdsl.typing import types as lang


def kinds_of(t: lang.Type) -> set[str]:
    match t:
        case lang.IndexType(kind):
            return {kind}
        case lang.ArrayType(of) | lang.Optional(of):
            return kinds_of(of)
    return set().union(*map(kinds_of, parts_of(t)))


def parts_of(t: lang.Type) -> list[lang.Type]:
    match t:
        case lang.StructType(_, fields):
            return [f.type for f in fields]
        case lang.TupleType(items):
            return list(items)
        case lang.EnumType(_, variants):
            return [f.type for v in variants for f in v.fields]
    return []
