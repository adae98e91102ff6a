# SPDX-License-Identifier: GPL-2.0-only
"""Keyed and bounded storage: what a map holds is copied in and out."""

from collections.abc import Callable
from typing import Any

from scxdsl.typing import typed

from .context import Context
from .doors import Eval, Frame, expression
from .values import M64, copier, zero


def _same(value: Any) -> Any:
    return value


def key_of(value: Any) -> Any:
    """A key as Python hashes it; two are equal where all their parts are."""
    if isinstance(value, list | tuple):
        return tuple(key_of(v) for v in value)
    return value


class MapStore:
    """The entries of one map. A full lru forgets the entry that was not touched for the longest time."""

    def __init__(self, m: typed.MapObject) -> None:
        self.map = m
        self.entries: dict[Any, Any] = {}  # by key, least recently used first; of a queue or stack, in order
        self.items: list[Any] = []
        if m.kind == "array":
            self.entries = {i: zero(m.value) for i in range(m.capacity)}

    def get(self, key: Any) -> Any:
        """The entry itself, or None."""
        found = self.entries.get(key)
        if found is not None and self.map.kind == "lru":
            self.entries[key] = self.entries.pop(key)
        return found

    def has(self, key: Any) -> bool:
        if key in self.entries and self.map.kind == "lru":
            self.entries[key] = self.entries.pop(key)
        return key in self.entries

    def put(self, key: Any, value: Any, only_new: bool) -> bool:
        entries, kind = self.entries, self.map.kind
        there = key in entries
        if there and only_new:
            return False
        if kind == "array":
            if there:
                entries[key] = value
            return there
        if not there and len(entries) >= self.map.capacity:
            if kind != "lru":
                return False
            del entries[next(iter(entries))]
        entries.pop(key, None)
        entries[key] = value
        return True

    def remove(self, key: Any) -> bool:
        if key not in self.entries:
            return False
        if self.map.kind == "array":
            self.entries[key] = zero(self.map.value)
        else:
            del self.entries[key]
        return True

    def push(self, value: Any) -> bool:
        if len(self.items) >= self.map.capacity:
            return False
        self.items.append(value)
        return True

    def pop(self, peek: bool) -> Any:
        if not self.items:
            return None
        at = 0 if self.map.kind == "queue" else -1
        return self.items[at] if peek else self.items.pop(at)


def store_of(node: Any, c: Context) -> Callable[[Frame], MapStore]:
    """The map that a node is about: of a row the one with that number."""
    stores = c.state.maps[c.policy.maps.index(node.map)]
    if node.row is None:
        return lambda f: stores[0]
    row, span = expression(node.row, c), node.row.span

    def store(f: Frame) -> MapStore:
        i = row(f) & M64
        if i >= len(stores):
            raise c.stop(span, f"index {i} is out of range: the length is {len(stores)}")
        return stores[i]

    return store


@expression.register
def _(node: typed.MapGet, c: Context) -> Eval:
    store, key, copy = store_of(node, c), expression(node.key, c), copier(node.map.value) or _same

    def get(f: Frame) -> Any:
        m = store(f)
        found = m.get(key_of(key(f)))
        return None if found is None else copy(found)

    return get


@expression.register
def _(node: typed.MapHas, c: Context) -> Eval:
    store, key = store_of(node, c), expression(node.key, c)
    return lambda f: store(f).has(key_of(key(f)))


@expression.register
def _(node: typed.MapPut, c: Context) -> Eval:
    store, key, value, only_new = store_of(node, c), expression(node.key, c), expression(node.value, c), node.only_new

    def put(f: Frame) -> bool:
        m, k = store(f), key_of(key(f))
        return m.put(k, value(f), only_new)

    return put


@expression.register
def _(node: typed.MapRemove, c: Context) -> Eval:
    store, key = store_of(node, c), expression(node.key, c)
    return lambda f: store(f).remove(key_of(key(f)))


@expression.register
def _(node: typed.MapPush, c: Context) -> Eval:
    store, value = store_of(node, c), expression(node.value, c)
    return lambda f: store(f).push(value(f))


@expression.register
def _(node: typed.MapPop, c: Context) -> Eval:
    store, peek, copy = store_of(node, c), node.peek, copier(node.map.value) or _same

    def pop(f: Frame) -> Any:
        found = store(f).pop(peek)
        return None if found is None else copy(found)

    return pop
