# SPDX-License-Identifier: GPL-2.0-only
"""Keyed and bounded storage in the typed tree. What a map holds is copied in and out."""

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .typed_base import Expr
from .types import Type


@dataclass(eq=False)
class MapObject:
    """`map m: hash<K, V>[n]`; kind is hash, lru, array (keys are 0 … n - 1), queue or stack (no keys). `count`: how many of them a row
    of maps has, each with a capacity of its own; None where it is one map."""

    name: str
    kind: str
    key: Type | None
    value: Type
    capacity: int
    span: Span
    count: int | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """What the maps are called in the object."""
        return (self.name,) if self.count is None else tuple(f"{self.name}__{i}" for i in range(self.count))


@dataclass(eq=False)
class MapUse:
    """A map as it is named: `m`, `m[i]`, `d.m`. `row` is the number of the map in its row, a u64: out of range is an `error`."""

    map: MapObject
    row: Expr | None = None


@dataclass(eq=False, kw_only=True)
class MapGet(Expr):
    """`m[k]`: a copy of what is there, or none."""

    map: MapObject
    row: Expr | None
    key: Expr


@dataclass(eq=False, kw_only=True)
class MapPut(Expr):
    """`m.put(k, v)`, `m[k] = v`: whether there was room. With `only_new`, `m.add(k, v)`: false also where the key is there."""

    map: MapObject
    row: Expr | None
    key: Expr
    value: Expr
    only_new: bool = False


@dataclass(eq=False, kw_only=True)
class MapRemove(Expr):
    """`m.remove(k)`: whether it was there. An array's entries are always there: it is set to zero, and gives true."""

    map: MapObject
    row: Expr | None
    key: Expr


@dataclass(eq=False, kw_only=True)
class MapHas(Expr):
    """`k in m`."""

    map: MapObject
    row: Expr | None
    key: Expr


@dataclass(eq=False, kw_only=True)
class MapPush(Expr):
    """`q.push(v)`: false where it is full."""

    map: MapObject
    row: Expr | None
    value: Expr


@dataclass(eq=False, kw_only=True)
class MapPop(Expr):
    """`q.pop()`: the oldest entry of a queue, the newest of a stack, or none; `peek` leaves it there."""

    map: MapObject
    row: Expr | None
    peek: bool
