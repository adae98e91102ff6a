# SPDX-License-Identifier: GPL-2.0-only
"""What an object tells a loader of a parameter and other types, in declaration tags: see docs/objects.md."""

import json

from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .data import plain_bytes

PARAM_TAG = "scxdsl.param:"


def param_tag(p: typed.Param) -> str:
    """The type as it is written, the limits, and the shape of what is not one number or text."""
    out: dict[str, object] = {"type": str(p.type)}
    if p.low is not None:
        out["min"] = p.low
    if p.high is not None:
        out["max"] = p.high
    found = shape(p.type)
    if not isinstance(found, str):
        out["shape"] = found
    return tag(PARAM_TAG, out)


def tag(head: str, facts: dict[str, object]) -> str:
    return head + json.dumps(facts, separators=(",", ":"))


def shape(t: lang.Type) -> object:
    """A type, as loaders read it (objects/shapes.py)."""
    match t:
        case lang.ArrayType(of, length, bounded):
            return {"most" if bounded else "count": length, "of": shape(of)}
        case lang.TupleType(items):
            return {"tuple": [shape(item) for item in items]}
        case lang.Optional(of):
            return {"maybe": shape(of)}
        case lang.StructType(_, fields):
            out: dict[str, object] = {"struct": [[f.name, shape(f.type)] for f in fields]}
            if any(f.default is not None for f in fields):
                out["bytes"] = plain_bytes({f.name: f.default for f in fields}, t).hex()
            return out
        case lang.EnumType(_, variants):
            return {"enum": [[v.name, [[f.name, shape(f.type)] for f in v.fields]] for v in variants]}
    return str(t)
