# SPDX-License-Identifier: GPL-2.0-only
"""Walks over queues in the typed tree."""

from scxdsl.source.records import dataclass

from .typed_base import Expr, Stmt
from .typed_declarations import Variable
from .typed_expressions import BlockValue


@dataclass(eq=False)
class WalkVariable(Variable):
    """The task at hand in a walk over a queue."""


@dataclass(eq=False, kw_only=True)
class ForQueue(Stmt):
    """`for t in q`: the tasks that were in the queue when the walk began and are still there when their turn comes, first to
    last. A queue that the policy did not make has none."""

    variable: WalkVariable | None
    queue: Expr
    body: BlockValue
    otherwise: BlockValue | None


@dataclass(eq=False, kw_only=True)
class MoveTask(Expr):
    """`t.move(q, flags, slice:, vtime:)` of the task at hand: true where it moved, false where it had left the queue. Arguments in
    this order; without `vtime` to the tail, with it by vtime; without `slice` the task keeps its own."""

    variable: WalkVariable
    queue: Expr
    flags: Expr
    slice: Expr | None
    vtime: Expr | None

    @property
    def families(self) -> tuple[str, ...]:
        """The kernel functions that it needs."""
        out = ("dsq_move",) if self.vtime is None else ("dsq_move_set_vtime", "dsq_move_vtime")
        return out if self.slice is None else ("dsq_move_set_slice", *out)


@dataclass(eq=False, kw_only=True)
class PeekQueue(Expr):
    """`q.peek()`: the first task of a queue of the policy, a kernel task; none where it has none, and now and then where it has."""

    queue: Expr


@dataclass(eq=False, kw_only=True)
class Reenqueue(Expr):
    """`LOCAL.reenqueue()`: every task of this CPU's local queue goes through `enqueue` again."""

    families: tuple[str, ...] = ("reenqueue_local",)
