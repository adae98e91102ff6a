# SPDX-License-Identifier: GPL-2.0-only
"""Ordered sets of copied nodes: by key, equal keys first in first out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scxdsl.typing import typed
from scxdsl.typing.typed import Keeps, Relation

from .context import Context
from .doors import Eval, Frame, expression
from .numbers import relation
from .state import row_at
from .values import copier, cut


INDEX_BITS = 16  # of a slot: the number of the insertion, over all trees, then where the node lies


@dataclass(eq=False)
class Entry:
    slot: int
    key: int
    element: Any
    kept: dict[str, int]


@dataclass(eq=False)
class Store:
    """One tree: its nodes in order."""

    entries: list[Entry] = field(default_factory=list)
    free: list[int] = field(default_factory=list)  # indices that nodes have left
    used: int = 0

    def index(self) -> int:
        """Where a new node lies: where the last one left, else behind all."""
        if self.free:
            return self.free.pop()
        self.used += 1
        return self.used

    def remove(self, entry: Entry) -> None:
        self.entries.remove(entry)
        self.free.append(entry.slot & (1 << INDEX_BITS) - 1)


def _of_node(of: typed.OfNode, tree: typed.Tree, c: Context) -> Callable[[Any], int]:
    """A value computed from one node."""
    inside = c.inside()
    rooms = [(tree.element.fields.index(tree.element.field(name)), inside.room(v)) for name, v in of.fields.items()]  # type: ignore[arg-type]
    value = expression(of.value, inside)
    size = len(inside.rooms)

    def compute(element: Any) -> int:
        frame: Frame = [None] * size
        for at, room in rooms:
            frame[room] = element[at]
        return value(frame)

    return compute


def _store(node: typed.TreeExpr, c: Context) -> Callable[[Frame], Store]:
    """The tree, or the one of a row."""
    trees, tree = c.state.trees, node.tree
    if node.base is None or tree.rows is None:
        return lambda f: trees.setdefault((tree, None), Store())
    base, row = expression(node.base, c), row_at(tree.rows.kind, node.base, c)

    def of_row(f: Frame) -> Store:
        owner = base(f)
        row(owner)
        return trees.setdefault((tree, owner), Store())

    return of_row


@expression.register
def _(node: typed.TreeInsert, c: Context) -> Eval:
    tree, value, store = node.tree, expression(node.value, c), _store(node, c)
    key, copy = _of_node(tree.key, tree, c), copier(tree.element) or (lambda v: v)
    kept = {k.name: _of_node(k.argument, tree, c) for k in tree.kept}
    before, serials = relation(Relation.LT, tree.key.value.type), c.state.serials

    def insert(f: Frame) -> int | None:
        element = value(f)
        found = store(f)
        if len(found.entries) >= tree.capacity:
            return None
        serials[0] += 1
        entry = Entry(serials[0] << INDEX_BITS | found.index(), key(element), copy(element), {name: of(element) for name, of in kept.items()})
        at = len(found.entries)
        while at and before(entry.key, found.entries[at - 1].key):
            at -= 1
        found.entries.insert(at, entry)
        return entry.slot

    return insert


@expression.register
def _(node: typed.TreeRemove, c: Context) -> Eval:
    slot, store = expression(node.slot, c), _store(node, c)

    def remove(f: Frame) -> Any:
        wanted = slot(f)
        here = store(f)
        found = next((e for e in here.entries if e.slot == wanted), None)
        if found is None:
            return None
        here.remove(found)
        return found.element

    return remove


@expression.register
def _(node: typed.TreeFirst, c: Context) -> Eval:
    store, copy = _store(node, c), copier(node.tree.element) or (lambda v: v)
    bound = expression(node.bound, c) if node.bound is not None else None
    test = relation(node.relation, node.kept.argument.value.type) if node.kept is not None and node.relation is not None else None
    name, pop = node.kept.name if node.kept is not None else "", node.pop

    def first(f: Frame) -> Any:
        limit = bound(f) if bound is not None else 0
        here = store(f)
        found = next((e for e in here.entries if test is None or test(e.kept[name], limit)), None)
        if found is None:
            return None
        if pop:
            here.remove(found)
        return copy(found.element)

    return first


@expression.register
def _(node: typed.TreeKept, c: Context) -> Eval:
    store, kept = _store(node, c), node.kept
    to, less = cut(kept.type) or (lambda v: v), relation(Relation.LT, kept.type)

    def ask(f: Frame) -> Any:
        values = [e.kept[kept.name] for e in store(f).entries]
        if kept.how is Keeps.SUM:
            return to(sum(values))
        if not values:
            return None
        best = values[0]
        for v in values[1:]:
            if less(v, best) if kept.how is Keeps.MIN else less(best, v):
                best = v
        return best

    return ask


@expression.register
def _(node: typed.TreeLen, c: Context) -> Eval:
    store = _store(node, c)
    return lambda f: len(store(f).entries)
