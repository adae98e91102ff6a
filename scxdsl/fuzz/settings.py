# SPDX-License-Identifier: GPL-2.0-only
"""Other values of a policy's parameters than their defaults: what a user sets, and what a loader that looks at nothing might write."""

import random
from collections.abc import Mapping
from typing import Any

from scxdsl.interp.values import from_plain
from scxdsl.interp.wire import encode
from scxdsl.typing import typed
from scxdsl.typing import types as lang

_DURATIONS = (0, 1, 1_000, 5_000_000, 1_000_000_000)
_TEXTS = ("", "a", "spin", "kworker/0:1")
_LONG = "fifteen_chars_x-and-on-and-on-for-as-long-as-anybody-wants"
MANY = 1 << 16
"""Seeds from here on give texts of every length, and numbers from all of their range."""


def chosen(policy: typed.Policy, seed: int) -> dict[str, Any]:
    """Plain values for some of the parameters, from a seed; 0 leaves all as they are. One in six is wrong: a number out of its range, an index
    of what the machine has not, somewhere in the value."""
    if seed == 0:
        return {}
    r = _Random(f"parameters {seed}")
    r.many = seed >= MANY
    out: dict[str, Any] = {}
    for p in policy.params:
        how = r.random()
        if how < 0.6:
            out[p.name] = _value(p.type, p, r, wrong=how < 0.1)
    return out


class _Random(random.Random):
    many = False


def _value(t: lang.Type, p: typed.Param | None, r: _Random, wrong: bool) -> Any:
    """`p` gives the limits of numbers, where they have some. What is wrong in a value of several parts is one of them."""
    match t:
        case lang.BoolType():
            return r.random() < 0.5
        case lang.IndexType():
            return r.choice((-1, 1 << 20)) if wrong else r.choice((0, 0, 1, 3))  # 1 and 3 are there on some machines
        case lang.IntType(bits, signed):
            return _number(*((-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)), p, r, wrong)
        case lang.UnitType():
            return _number(0, (1 << 64) - 1, p, r, wrong)
        case lang.TextType(size):
            return (_LONG[: r.choice((r.randrange(size), size - 1, size - 2))] if r.many and r.random() < 0.7 else r.choice(_TEXTS))[: size - 1]
        case lang.CpusetType():
            return r.getrandbits(8) << r.choice((0, 0, 8, 56)) if r.many and r.random() < 0.7 else r.choice((0, 1, 6, 1 << 63))
        case lang.ArrayType(of, length, bounded):
            count = r.randrange(bool(wrong), length + 1) if bounded else length
            return _parts([of] * count, p, r, wrong)
        case lang.TupleType(items):
            return _parts(list(items), None, r, wrong)
        case lang.Optional(of):
            return [_value(of, None, r, wrong)] if wrong or r.random() < 0.5 else []
        case lang.StructType(_, fields):
            return dict(zip([f.name for f in fields], _parts([f.type for f in fields], None, r, wrong), strict=True))
        case lang.EnumType(_, variants):
            variant = r.choice(variants)
            return (variant.name, _parts([f.type for f in variant.fields], None, r, wrong))
    return None


def _parts(types: list[lang.Type], p: typed.Param | None, r: _Random, wrong: bool) -> list[Any]:
    bad = r.randrange(len(types)) if wrong and types else -1
    return [_value(t, p, r, i == bad) for i, t in enumerate(types)]


def _number(least: int, most: int, p: typed.Param | None, r: _Random, wrong: bool) -> int:
    low = least if p is None or p.low is None else int(p.low)
    high = most if p is None or p.high is None else int(p.high)
    outside = [v for v in (low - 1, high + 1, least, most) if least <= v <= most and not low <= v <= high]
    if wrong and outside:
        return r.choice(outside)
    if r.many and r.random() < 0.5:  # also a pid, now and then
        pid = min(high, max(low, 100 + r.randrange(12)))
        return r.choice((r.randint(low, high), pid, min(high, low + (1 << r.randrange(64))), max(low, high - (1 << r.randrange(64)))))
    return r.choice([v for v in (low, high, low + 1, (low + high) // 2, *_DURATIONS) if low <= v <= high])


def encoded(policy: typed.Policy, values: Mapping[str, Any]) -> dict[str, bytes]:
    """The bytes of such values, by parameter. Right or wrong: nobody looks at them."""
    return {p.name: encode(from_plain(values[p.name], p.type), p.type) for p in policy.params if p.name in values}
