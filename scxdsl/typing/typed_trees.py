# SPDX-License-Identifier: GPL-2.0-only
"""Ordered sets of copied nodes in the typed tree."""

from enum import StrEnum

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span

from .typed_base import Expr, Relation
from .typed_declarations import Variable
from .typed_locks import Lock
from .typed_state import Rows
from .types import StructType, Type


@dataclass(eq=False)
class OfNode:
    """A value computed from one node: `fields` are the variables that stand for its fields, by name."""

    value: Expr
    fields: dict[str, Variable]


class Keeps(StrEnum):
    MIN = "min"
    MAX = "max"
    SUM = "sum"


@dataclass(eq=False)
class Kept:
    """`least = min(v)`: the least, greatest or sum (modulo 2^64) of a value over all nodes. `type` is that value's."""

    name: str
    span: Span
    how: Keeps
    argument: OfNode
    type: Type


@dataclass(eq=False)
class Tree:
    """`tree t[n]: Node by key keeping …`: at most `capacity` nodes in the order of their keys, equal ones in the order of their
    coming. Keys are computed when a node is inserted; vtimes are ordered by the sign of their difference."""

    name: str
    element: StructType
    key: OfNode
    capacity: int
    span: Span
    kept: list[Kept] = field(default_factory=list)
    lock: Lock | None = None
    rows: Rows | None = None  # of which every row has one


@dataclass(eq=False, kw_only=True)
class TreeExpr(Expr):
    """Base of what is done with a tree; `base` is the row that the tree is a member of."""

    tree: Tree
    base: Expr | None


@dataclass(eq=False, kw_only=True)
class TreeInsert(TreeExpr):
    """`t.insert(node)`: a slot, or none where the tree is full. A slot that was removed or popped is never given again."""

    value: Expr


@dataclass(eq=False, kw_only=True)
class TreeRemove(TreeExpr):
    """`t.remove(slot)`: takes the node out, or gives none where it is there no more."""

    slot: Expr


@dataclass(eq=False, kw_only=True)
class TreeFirst(TreeExpr):
    """`t.first()`, `t.pop()`: the node with the least key, or none. With `kept` (a min or max) only nodes whose own value stands
    in `relation` to `bound` count: `t.pop(v <= x)`. `pop` takes it out."""

    pop: bool
    kept: Kept | None
    relation: Relation | None
    bound: Expr | None


@dataclass(eq=False, kw_only=True)
class TreeKept(TreeExpr):
    """`t.wv`: what is kept; of a min or max an optional, none for an empty tree. The sum over none is 0."""

    kept: Kept


@dataclass(eq=False, kw_only=True)
class TreeLen(TreeExpr):
    """`t.len`: how many nodes there are."""
