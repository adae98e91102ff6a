# SPDX-License-Identifier: GPL-2.0-only
"""Keyed and bounded storage in the typed tree. What a map holds is copied in and out."""

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Expr
from .types import Type


@dataclass(eq=False)
class MapObject:
    """`map m: hash<K, V>[n]`; kind is hash, lru, array (keys are 0 … n - 1), queue or stack (no keys)."""

    name: str
    kind: str
    key: Type | None
    value: Type
    capacity: int
    span: Span


@dataclass(eq=False, kw_only=True)
class MapGet(Expr):
    """`m[k]`: a copy of what is there, or none."""

    map: MapObject
    key: Expr


@dataclass(eq=False, kw_only=True)
class MapPut(Expr):
    """`m.put(k, v)`, `m[k] = v`: whether there was room. With `only_new`, `m.add(k, v)`: false also where the key is there."""

    map: MapObject
    key: Expr
    value: Expr
    only_new: bool = False


@dataclass(eq=False, kw_only=True)
class MapRemove(Expr):
    """`m.remove(k)`: whether it was there. An array's entries are always there: it is set to zero, and gives true."""

    map: MapObject
    key: Expr


@dataclass(eq=False, kw_only=True)
class MapHas(Expr):
    """`k in m`."""

    map: MapObject
    key: Expr


@dataclass(eq=False, kw_only=True)
class MapPush(Expr):
    """`q.push(v)`: false where it is full."""

    map: MapObject
    value: Expr


@dataclass(eq=False, kw_only=True)
class MapPop(Expr):
    """`q.pop()`: the oldest entry of a queue, the newest of a stack, or none; `peek` leaves it there."""

    map: MapObject
    peek: bool
