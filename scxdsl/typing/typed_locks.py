# SPDX-License-Identifier: GPL-2.0-only
"""Locks in the typed tree."""

from typing import TYPE_CHECKING

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span

from .typed_base import Expr
from .typed_declarations import Global
from .typed_expressions import BlockValue
from .typed_state import RowField, Rows

if TYPE_CHECKING:
    from .typed_trees import Tree


@dataclass(eq=False)
class Lock:
    """`lock l guards a, b, t`; `rows` where every row of a kind has one of its own, which guards members of that row."""

    name: str
    span: Span
    rows: Rows | None = None
    globals: list[Global] = field(default_factory=list)
    fields: list[RowField] = field(default_factory=list)
    trees: list["Tree"] = field(default_factory=list)


@dataclass(eq=False)
class LockUse:
    """A lock as it is named somewhere: with `base`, the lock of that row."""

    lock: Lock
    base: Expr | None
    span: Span


@dataclass(eq=False, kw_only=True)
class Under(Expr):
    """`under l { … }`: the body with the lock held, and its value. It is left by everything that leaves a block.

    Effects inside (kernel operations, counters, `p.vtime =`, log lines) take place right after the release, in their
    order, with operands as they were where they stand; an `error` inside discards them. What the block looks up (members of
    tasks, CPUs, cgroups) is looked up before the lock is taken."""

    use: LockUse
    body: BlockValue


@dataclass(eq=False, kw_only=True)
class Racy(Expr):
    """`racy x`: guarded state, read without its lock."""

    value: Expr
