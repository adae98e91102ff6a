# SPDX-License-Identifier: GPL-2.0-only
"""Values that are written out, as plain Python values: first values of variables, defaults, constant tables.

| type | plain value |
|---|---|
| numbers, units, indices, truth values | int, bool |
| text | str |
| cpuset | int, a bit for each CPU |
| array, tuple | list |
| struct | dict by field; None: the field is zero |
| enum | (variant's name, list of its payload) |
| optional | list of one value, or empty for `none` |
"""

from scxdsl.source.text import Span

from . import typed
from .types import ArrayType, EnumType, Optional, StructType, TupleType, Type


def plain(value: typed.Expr) -> object:
    """The value of an expression that is written out; None for any other."""
    match value:
        case typed.Literal(value=found):
            return found
        case typed.ArrayValue(items=items, repeat=repeat):
            parts = _all(items)
            return None if parts is None else parts * (1 if repeat is None else repeat)
        case typed.TupleValue(items=items):
            return _all(items)
        case typed.VariantValue(variant=name, payload=payload):
            parts = _all(payload)
            return None if parts is None else (name, parts)
        case typed.Absent():
            return []
        case typed.Some(value=inner):
            return _all([inner])
        case typed.StructValue(fields=fields, type=t):
            found = {f.name: plain(v) for f, v in zip(t.fields, fields, strict=True) if v is not None}
            return None if any(v is None for v in found.values()) else found
    return None


def _all(items: list[typed.Expr]) -> list[object] | None:
    parts = [plain(item) for item in items]
    return None if any(p is None for p in parts) else parts


def written(value: object, t: Type, span: Span) -> typed.Expr:
    """A plain value as an expression again."""
    match t, value:
        case StructType(fields=fields), dict():
            given = [written(value[f.name], f.type, span) if f.name in value else None for f in fields]
            return typed.StructValue(span=span, type=t, fields=given, order=[i for i, g in enumerate(given) if g is not None])
        case ArrayType(of=of), list():
            return typed.ArrayValue(span=span, type=t, items=[written(v, of, span) for v in value], repeat=None)
        case TupleType(items=items), list():
            return typed.TupleValue(span=span, type=t, items=[written(v, i, span) for v, i in zip(value, items, strict=True)])
        case Optional(of=of), list():
            return typed.Some(span=span, type=t, value=written(value[0], of, span)) if value else typed.Absent(span=span, type=t)
        case EnumType(), (str(name), list(payload)):
            variant = t.variant(name)
            assert variant is not None
            parts = [written(v, f.type, span) for v, f in zip(payload, variant.fields, strict=True)]
            return typed.VariantValue(span=span, type=t, variant=name, payload=parts)
    assert isinstance(value, int | str)
    return typed.Literal(span=span, type=t, value=value)
