# SPDX-License-Identifier: GPL-2.0-only
"""State of tasks, CPUs, cgroups and tables in the typed tree."""

from enum import StrEnum
from typing import TYPE_CHECKING

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span

from .typed_base import Expr, Place, Stmt
from .typed_declarations import Dsq, Variable
from .typed_expressions import BlockValue
from .types import IndexType, Type

if TYPE_CHECKING:
    from .typed_locks import Lock
    from .typed_maps import MapObject
    from .typed_timers import Timer
    from .typed_trees import Tree

HIST_BUCKETS = 64  # one for 0, then one for each power of two


@dataclass(eq=False)
class RowField:
    """One field of each row. `initial` is a plain value, an optional of one, or a parameter; None is zero. A `counter` is a
    `stat` of the row, a `hist` its histogram: an array of HIST_BUCKETS numbers."""

    name: str
    type: Type
    span: Span
    initial: Expr | None = None
    atomic: bool = False
    lock: "Lock | None" = None
    counter: bool = False
    hist: bool = False


@dataclass(eq=False)
class Rows:
    """What a policy adds to every task, CPU, core, llc, node or cgroup (`kind` names it), or a table's rows. `capacity` and
    `count` are a table's: how many rows there may be, and how many there are (None: all)."""

    kind: str
    span: Span
    fields: list[RowField] = field(default_factory=list)
    dsqs: list[Dsq] = field(default_factory=list)
    locks: list["Lock"] = field(default_factory=list)
    trees: list["Tree"] = field(default_factory=list)
    maps: dict[str, "MapObject"] = field(default_factory=dict)
    timers: dict[str, "Timer"] = field(default_factory=dict)
    capacity: int | None = None
    count: Expr | None = None

    def field(self, name: str) -> RowField | None:
        return next((f for f in self.fields if f.name == name), None)

    def dsq(self, name: str) -> Dsq | None:
        return next((q for q in self.dsqs if q.name == name), None)

    def lock(self, name: str) -> "Lock | None":
        return next((lock for lock in self.locks if lock.name == name), None)

    def tree(self, name: str) -> "Tree | None":
        return next((t for t in self.trees if t.name == name), None)


@dataclass(eq=False)
class Hist:
    """`hist h`: a histogram by powers of two, kept per CPU."""

    name: str
    span: Span


@dataclass(eq=False, kw_only=True)
class StatePlace(Place):
    """`p.f`: a field of the row of `base`, a task, an index or a cgroup. The base is evaluated, then the row is looked up;
    where there is none, the program ends with its fallback (a task or cgroup) or with an error (an index)."""

    rows: Rows
    field: RowField
    base: Expr


@dataclass(eq=False, kw_only=True)
class MemberDsq(Expr):
    """`c.q`, `c.q[i]` or `c.q[i][j]`: the queue of one row."""

    dsq: Dsq
    base: Expr
    index: Expr | None = None
    second: Expr | None = None


@dataclass(eq=False, kw_only=True)
class ToIndex(Expr):
    """`cpu(n)`, `dom(i)`: the index, or none where the machine or the table has no such row. `value` is u64 or i64."""

    value: Expr
    rows: Rows | None  # a table's


@dataclass(eq=False, kw_only=True)
class ForIndex(Stmt):
    """`for c in cpus`, `for d in dom`: every index in increasing order; `from` k starts there and wraps around. `over` is
    "cpus" or "possible" (all possible CPUs), "online", "core", "llc", "node" or a table's name."""

    variable: Variable | None
    over: str
    type: IndexType
    rows: Rows | None
    start: Expr | None
    body: BlockValue
    otherwise: BlockValue | None


class AtomicKind(StrEnum):
    ADD = "add"
    SWAP = "swap"
    CAS = "cas"
    RAISE = "raise"


RAISE_TRIES = 16  # `raise` gives up after that many lost races


@dataclass(eq=False, kw_only=True)
class AtomicCall(Expr):
    """`x.add(n)`, `x.swap(v)`, `x.cas(old, new)`, `x.raise(v)`: gives the old value, fully ordered. Place, then arguments in
    order, then the one operation. `cas` stores where the value was `old`; `raise` where it was less than v, by the order of
    its type, with at most RAISE_TRIES tries."""

    kind: AtomicKind
    place: Place
    arguments: list[Expr]


@dataclass(eq=False, kw_only=True)
class HistAdd(Expr):
    """`h.add(x)`: one more in the bucket of x: 0 for 0, else one more than the logarithm to base 2, at most HIST_BUCKETS - 1.
    `hist` is a histogram of the policy, or None: then `place` is one of a row."""

    hist: Hist | None
    place: StatePlace | None
    value: Expr


@dataclass(eq=False, kw_only=True)
class TaskByPid(Expr):
    """`task(pid)`: the task of ours with that pid, or none. The task is held until the end of the block around it."""

    pid: Expr


@dataclass(eq=False, kw_only=True)
class Ours(Expr):
    """`ours(t)`: a kernel task as a task of the policy, none where it has no state; held as TaskByPid's."""

    task: Expr


@dataclass(eq=False, kw_only=True)
class Waker(Expr):
    """`waker()`: in a wakeup the task that wakes, none where it has no state of ours or where this is no wakeup."""

