# SPDX-License-Identifier: GPL-2.0-only
"""Values that are written out, as plain Python values: first values of variables, defaults, constant tables."""

from . import typed


def plain(value: typed.Expr) -> object:
    """The value of an expression that is written out: a number, a truth value, a list or dict of such; None otherwise."""
    match value:
        case typed.Literal(value=found) if not isinstance(found, str):
            return found
        case typed.ArrayValue(items=items, repeat=repeat):
            parts = [plain(item) for item in items]
            return None if any(p is None for p in parts) else parts * (repeat or 1)
        case typed.StructValue(fields=fields, type=t):
            found = {f.name: 0 if v is None else plain(v) for f, v in zip(t.fields, fields, strict=True)}
            return None if any(v is None for v in found.values()) else found
    return None
