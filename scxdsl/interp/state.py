# SPDX-License-Identifier: GPL-2.0-only
"""Members of tasks, CPUs, cgroups and tables; indices of the machine; tasks that are looked for; atomics and histograms."""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import product
from typing import Any

from scxdsl.model import Task
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import keeps
from scxdsl.typing.typed import AtomicKind, Relation
from scxdsl.typing.walk import walk

from .context import Context, Stop
from .control import loop
from .doors import Eval, Exec, Frame, Where, expression, place, statement
from .kernel_calls import DSQ_SHIFT, packed, row_indices
from .locks import deferred
from .numbers import relation
from .values import copier, cut, zero

CGROUP_SHIFT = 40  # the id of a cgroup's queue: declaration << 56 | index << 40 | cgroup
NODES = 128
M64 = (1 << 64) - 1
Row = list[Any]


@lru_cache(maxsize=16)
def task_rows(policy: typed.Policy) -> typed.Rows | None:
    """The rows of tasks; also where a policy only asks which tasks are its own."""
    rows = policy.rows.get("task")
    if rows is not None and rows.fields:
        return rows
    asks = any(
        isinstance(node, typed.TaskByPid | typed.Ours | typed.Waker)
        for body in policy.bodies()
        for node in walk(body)
    )
    return typed.Rows("task", policy.span) if asks or keeps("task", policy) else None


def fresh(rows: typed.Rows, c: Context) -> Row:
    """A row with its first values, which are evaluated now."""
    return [zero(f.type) if f.initial is None else expression(f.initial, c)([]) for f in rows.fields]


def row_count(rows: typed.Rows | None, cpus: int) -> int:
    """How many rows there are by number; one where there are no rows."""
    return 1 if rows is None else rows.capacity or (NODES if rows.kind == "node" else cpus)


class Rows:
    """All rows of one kind: by task or cgroup, or by index."""

    def __init__(self, rows: typed.Rows, cpus: int) -> None:
        self.rows = rows
        self.owned = rows.kind in ("task", "cgroup")
        self.count = row_count(rows, cpus)
        self.found: dict[Any, Row] = {}
        if not self.owned:
            self.found = {i: [zero(f.type) for f in rows.fields] for i in range(self.count)}


class _Everyone(dict[Any, Row]):
    """Rows of whoever is asked for, made when they are."""

    def __init__(self, make: Callable[[], Row]) -> None:
        super().__init__()
        self._make = make

    def get(self, key: Any, default: Any = None) -> Row:
        if key not in self:
            self[key] = self._make()
        return self[key]


def for_everyone(c: Context) -> None:
    """Every task and every cgroup has a row: in a replay the record tells whether there was one, and what was in it."""
    for rows in c.state.rows.values():
        if rows.owned:
            rows.found = _Everyone(partial(fresh, rows.rows, c))


def row_at(kind: str, base: typed.Expr, c: Context) -> Callable[[Any], Row]:
    """How the row of a value is found. Tasks and cgroups that have none end the program silently, indices with an error."""
    all_rows = c.state.rows[kind]
    found, owned, span = all_rows.found, all_rows.owned, base.span

    def row(owner: Any) -> Row:
        out = found.get(owner)
        if out is None:
            if owned:
                raise Stop
            raise c.stop(span, f"there is no {kind} {owner}")
        return out

    return row


@place.register
def _(node: typed.StatePlace, c: Context) -> Where:
    base = expression(node.base, c)
    row = row_at(node.rows.kind, node.base, c)
    index = node.rows.fields.index(node.field)

    def write(f: Frame, found: Row, value: Any) -> None:
        found[index] = value

    return Where(lambda f: row(base(f)), lambda f, found: found[index], write)


# ---- queues of rows


@expression.register
def _(node: typed.MemberDsq, c: Context) -> Eval:
    base, indices, dsq = expression(node.base, c), row_indices(node, c), node.dsq

    def id(f: Frame) -> int:
        owner = base(f)
        return member_id(dsq, owner.id if dsq.owner == "cgroup" else owner & 0xFFFFFFFF, indices(f))

    return id


def member_id(dsq: typed.Dsq, row: int, indices: list[int]) -> int:
    """The id of the queue of one row. The index of a cgroup's queue stands above its id."""
    if dsq.owner == "cgroup":
        row |= sum(i << CGROUP_SHIFT for i in indices)
    else:
        row = packed([row, *indices])
    return (row | dsq.number << DSQ_SHIFT) & M64


def each_possible(kind: str, c: Context) -> range:
    """Every row that there may ever be."""
    rows = c.policy.rows.get(kind)
    if rows is not None and rows.capacity is not None:
        return range(rows.capacity)
    return range(_nodes(c) if kind == "node" else c.kernel.nr_cpu_ids())


def _nodes(c: Context) -> int:
    """Numbers of nodes are below this. A kernel that cannot be asked (6.12) may have as many as the language lets there be."""
    return min(c.kernel.nr_node_ids(), NODES) if c.kernel.has_kfunc("scx_bpf_nr_node_ids") else NODES


def ids_of(dsq: typed.Dsq, c: Context) -> Iterator[int]:
    """Every queue of a declaration, in the order in which they are made; those of cgroups come with the cgroup."""
    every = [each_possible(a.kind.kind, c) if a.kind is not None else range(a.count or 1) for a in dsq.axes]
    if not dsq.owner:
        yield from (dsq.number << DSQ_SHIFT | packed(list(at) or [0]) for at in product(*every))
        return
    for row in each_possible(dsq.owner, c):
        yield from (member_id(dsq, row, list(at)) for at in product(*every))


def of_cgroup(dsq: typed.Dsq, id: int, c: Context) -> list[int]:
    """The ids of a cgroup's queues."""
    every = [each_possible(a.kind.kind, c) if a.kind is not None else range(a.count or 1) for a in dsq.axes]
    return [member_id(dsq, id, list(at)) for at in product(*every)]


def fill(c: Context) -> None:
    """First values of the rows that are there from the start."""
    for kind, rows in c.state.rows.items():
        if not rows.owned:
            for i in each_possible(kind, c):
                rows.found[i] = fresh(rows.rows, c)


# ---- indices


def bound(node: Any, kind: str, rows: typed.Rows | None, c: Context) -> Eval:
    """A number that all indices of a kind are below."""
    if rows is not None and rows.capacity is not None:
        most = rows.capacity
        if rows.count is None:
            return lambda f: most
        count = expression(rows.count, c)
        return lambda f: min(count(f) & M64, most)
    if kind == "node":
        return lambda f: _nodes(c)
    return lambda f: c.kernel.nr_cpu_ids()


def exists(kind: str, index: int, c: Context) -> bool:
    """Whether some possible CPU has that number, or lies in that core, llc or node."""
    k, cpus = c.kernel, range(c.kernel.nr_cpu_ids())
    of = {"core": k.cpu_core, "llc": k.cpu_llc, "node": k.cpu_node}.get(kind)
    return index in cpus if of is None else any(of(cpu) == index for cpu in cpus)


def index_exists(kind: str, index: int, c: Context) -> bool:
    """Whether an index that user space wrote is one."""
    rows = c.policy.rows.get(kind)
    if rows is None or rows.capacity is None:
        return exists(kind, index, c)
    count = rows.capacity if rows.count is None else min(expression(rows.count, c)([]) & M64, rows.capacity)
    return 0 <= index < count


@statement.register
def _(node: typed.ForIndex, c: Context) -> Exec:
    start = expression(node.start, c) if node.start is not None else None
    count = bound(node, node.over, node.rows, c)
    model = c.kernel.m

    def here(kind: str, index: int) -> bool:
        if node.rows is not None:
            return True
        return bool(model.online >> index & 1) if kind == "online" else exists(kind, index, c)

    def turns(f: Frame) -> Iterator[int]:
        first = (start(f) & M64) if start is not None else 0
        n = count(f)
        for i in range(n):
            at = i + first & M64
            at = at - n if at >= n else at
            if here(node.over, at):
                yield at

    room = c.room(node.variable) if node.variable is not None else c.hidden()
    return loop(turns, room, node.body, node.otherwise, c)


@expression.register
def _(node: typed.ToIndex, c: Context) -> Eval:
    value = expression(node.value, c)
    kind = node.type.of.kind  # type: ignore[union-attr]
    count, rows = bound(node, kind, node.rows, c), node.rows

    def index(f: Frame) -> int | None:
        given = value(f) & M64
        if given >= count(f) or rows is None and not exists(kind, given, c):
            return None
        return given

    return index


# ---- tasks


def ours(task: Task | None, c: Context) -> Task | None:
    return task if task is not None and task in c.state.rows["task"].found else None


@expression.register
def _(node: typed.TaskByPid, c: Context) -> Eval:
    pid, to = expression(node.pid, c), cut(lang.I32)
    assert to is not None
    return lambda f: ours(c.kernel.task_from_pid(to(pid(f))), c)


@expression.register
def _(node: typed.Ours, c: Context) -> Eval:
    task = expression(node.task, c)
    return lambda f: ours(c.kernel.task_from_pid(task(f).pid), c)


# Where the kernel says that a task wakes up: which argument, and which of its bits (kernel/sched/ext.c).
_WAKEUPS = {"select_cpu": (2, "SCX_WAKE_TTWU"), "enqueue": (1, "SCX_ENQ_WAKEUP"), "runnable": (1, "SCX_ENQ_WAKEUP")}


@expression.register
def _(node: typed.Waker, c: Context) -> Eval:
    if c.callback == "hook":
        return lambda f: ours(c.kernel.current(), c)
    if c.callback not in _WAKEUPS:
        return lambda f: None
    argument, name = _WAKEUPS[c.callback]
    bit, kernel = c.kernel.constant(name) or 0, c.kernel
    return lambda f: ours(kernel.current(), c) if kernel.m.subjects[argument] & bit else None


# ---- atomics, histograms


@expression.register
def _(node: typed.AtomicCall, c: Context) -> Eval:
    where, t = place(node.place, c), node.place.type
    arguments = [expression(a, c) for a in node.arguments]
    to, before = cut(t), relation(Relation.LT, t)
    assert to is not None
    kind = node.kind

    def operate(f: Frame) -> Any:
        token = where.locate(f)
        given = [a(f) for a in arguments]
        old = where.read(f, token)
        match kind:
            case AtomicKind.ADD:
                where.write(f, token, to(old + given[0]))
            case AtomicKind.SWAP:
                where.write(f, token, to(given[0]))
            case AtomicKind.CAS if old == to(given[0]):
                where.write(f, token, to(given[1]))
            case AtomicKind.RAISE if before(old, given[0]):
                where.write(f, token, to(given[0]))
        return old

    return operate


def bucket(x: int) -> int:
    """0 for 0, else one more than the logarithm to base 2."""
    return min((x & M64).bit_length(), typed.HIST_BUCKETS - 1)


@expression.register
def _(node: typed.HistAdd, c: Context) -> Eval:
    value, model = expression(node.value, c), c.kernel.m
    if node.place is not None:
        where = place(node.place, c)

        def add_to_row(f: Frame) -> None:
            buckets = where.read(f, where.locate(f))
            buckets[bucket(value(f))] += 1

        return add_to_row
    per_cpu = c.state.hists[c.policy.hists.index(node.hist)]  # type: ignore[arg-type]

    def add(number: int) -> None:
        per_cpu[model.this][bucket(number)] += 1

    effect = deferred(add, c)
    return lambda f: effect(value(f))


__all__ = ["Rows", "copier", "each_possible", "fill", "fresh", "ids_of", "member_id", "task_rows"]
