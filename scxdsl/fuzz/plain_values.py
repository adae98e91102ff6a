# SPDX-License-Identifier: GPL-2.0-only
"""Values of the interpreter, and those that an object's bytes are shown as, in one form that can be compared."""

from typing import Any

from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner


def plain(value: Any, t: lang.Type) -> Any:
    """A value of the interpreter, in the common form: structs as dicts, variants as their name and payload."""
    match t:
        case lang.StructType(_, fields):
            return {f.name: plain(v, f.type) for f, v in zip(fields, value, strict=True) if not all_owner(f.type)}
        case lang.ArrayType(of):
            return [plain(v, of) for v in value]
        case lang.TupleType(items):
            return [plain(v, of) for v, of in zip(value, items, strict=True)]
        case lang.Optional(of):
            return None if value is None else [plain(value, of)]
        case lang.EnumType():
            variant = t.variant(value[0])
            assert variant is not None
            return [value[0], *(plain(v, f.type) for v, f in zip(value[1], variant.fields, strict=True))]
        case lang.BoolType():
            return bool(value)
    return value


def shaped(value: Any, t: lang.Type) -> Any:
    """The same of a value as objects/layout.py shows the object's bytes (see lowering/layout.py for the shapes)."""
    match t:
        case lang.StructType(_, fields):
            return {f.name: shaped(value[f.name], f.type) for f in fields if not all_owner(f.type)}
        case lang.ArrayType(of, _, True):
            return [shaped(v, of) for v in value["items"][: value["len"]]]
        case lang.ArrayType(of):
            return [shaped(v, of) for v in value]
        case lang.TupleType(items):
            return [shaped(value[f"item{i}"], of) for i, of in enumerate(items)]
        case lang.Optional(of):
            return [shaped(value["value"], of)] if value["there"] else None
        case lang.EnumType(_, variants):
            variant = variants[value["variant"]]
            return [variant.name, *(shaped(value[f"{variant.name}_{f.name}"], f.type) for f in variant.fields)]
        case lang.BoolType():
            return bool(value)
        case lang.CpusetType():
            return sum(word << 64 * i for i, word in enumerate(value["bits"]))
    return value
