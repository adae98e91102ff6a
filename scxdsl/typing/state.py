# SPDX-License-Identifier: GPL-2.0-only
"""`per` blocks and tables: their declarations, and members of a task, an index or a cgroup."""

from collections.abc import Callable
from dataclasses import replace

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import owners, typed, view
from .checker import Checker, broken, declare, expression
from .convert import fit, settle
from .left_out import left_out
from .errors_cpumasks import TooManyMasks
from .errors_declarations import NotData
from .errors_names import UnknownMember
from .errors_state import AtomicSize, BadDefault, BadTable, MemberTaken, NotOurs, QueueIndex, TaskQueue, UnknownKind
from .errors_types import OutOfRange
from .plain import plain
from .storable import not_storable
from .surface import Property
from .type_names import constant_number, resolve
from .types import (
    BROKEN,
    CGROUP,
    CPUMASK,
    DSQ,
    SIMPLE_NAMES,
    TASK,
    U64,
    ArrayType,
    Broken,
    CgroupType,
    IndexType,
    IntType,
    Optional,
    TaskType,
    Type,
    UnitType,
)

KINDS: dict[str, Type] = {"task": TASK, "cgroup": CGROUP, **{k: SIMPLE_NAMES[k] for k in ("cpu", "core", "llc", "node")}}
MOST_ROWS = 1 << 16
MOST_MASKS = 10
MEMBERS: dict[type, Callable[..., None]] = {}  # by declaration; other files add theirs: they get it, the rows, the checker
_HIST = ArrayType(U64, typed.HIST_BUCKETS)


def atomic_size(t: Type) -> bool:
    """Whether the processor changes it in one step."""
    return isinstance(t, UnitType) or isinstance(t, IntType) and t.bits in (32, 64)


# ---- declarations


@declare.register
def _(node: tree.TableDecl, c: Checker) -> None:
    """The name and the number of rows; members come when all names are known."""
    name = node.name.text
    if name in c.policy.types:
        return
    made = IndexType(name)
    c.policy.types[name] = made
    capacity = constant_number(node.capacity, c, "the number of rows")
    if capacity is not None and not 1 <= capacity <= MOST_ROWS:
        c.report(BadTable(node.capacity.span, name, f"{capacity} rows: from 1 to {MOST_ROWS}"))
    rows = typed.Rows(name, node.name.span, capacity=min(max(capacity or 1, 1), MOST_ROWS))
    if c.names.declare(node.name, rows):
        c.policy.rows[name] = rows


@declare.register
def _(node: tree.PerDecl, c: Checker) -> None:
    kind = node.kind.text
    if kind not in KINDS:
        c.report(UnknownKind(node.kind.span, kind))
    else:
        c.policy.rows.setdefault(kind, typed.Rows(kind, node.kind.span))


@declare.register
def _(node: tree.HistDecl, c: Checker) -> None:
    hist = typed.Hist(node.name.text, node.name.span)
    if c.names.declare(node.name, hist):
        c.policy.hists.append(hist)


def members(node: tree.PerDecl | tree.TableDecl, c: Checker) -> None:
    """Members of a block, once all names are declared."""
    kind = node.kind.text if isinstance(node, tree.PerDecl) else node.name.text
    rows = c.policy.rows.get(kind)
    if rows is None:
        return
    if isinstance(node, tree.TableDecl):
        if rows.span != node.name.span:
            return
        if node.count is not None:
            rows.count = _count(node.count, rows, c)
    for item in node.members:
        if _free(item, rows, c):
            _member(item, rows, c)
    owners.countable(rows, c)
    masks = [f for f in rows.fields if f.type == CPUMASK]
    if len(masks) > MOST_MASKS and not left_out("special_fields"):
        c.report(TooManyMasks(masks[MOST_MASKS].span, len(masks), kind, MOST_MASKS))


def _count(node: tree.Expr, rows: typed.Rows, c: Checker) -> typed.Expr | None:
    value = settle(expression(node, c, U64))
    if isinstance(value.type, IntType):
        wide = value if value.type == U64 else typed.Convert(span=value.span, type=U64, value=value)
        return wide if isinstance(value, typed.Literal | typed.Read) else _bad_count(node.span, rows, c)
    return None if isinstance(value.type, Broken) else _bad_count(node.span, rows, c)


def _bad_count(span: Span, rows: typed.Rows, c: Checker) -> None:
    c.report(BadTable(span, rows.kind, "its count is a constant, a parameter or a variable"))


def _free(item: tree.Decl, rows: typed.Rows, c: Checker) -> bool:
    """Whether the name of a member is not taken by the kernel or by another member."""
    name = item.name
    first = rows.field(name.text) or rows.dsq(name.text) or rows.lock(name.text) or rows.tree(name.text)
    receiver = view.receiver_of(KINDS.get(rows.kind, IndexType(rows.kind)))
    first = first or rows.maps.get(name.text) or rows.timers.get(name.text)
    if first is not None:
        c.report(MemberTaken(name.span, rows.kind, name.text, "a second one", first.span))
    elif receiver and ((receiver, name.text) in view.PROPERTIES or (receiver, name.text) in view.OPERATIONS):
        c.report(MemberTaken(name.span, rows.kind, name.text, "the kernel's own"))
        c.misnamed.add((rows.kind, name.text))
    elif name.text == "index" and rows.kind not in ("task", "cgroup"):
        c.report(MemberTaken(name.span, rows.kind, name.text, "the index as a number"))
    else:
        return True
    return False


def _member(item: tree.Decl, rows: typed.Rows, c: Checker) -> None:
    name, span = item.name.text, item.name.span
    match item:
        case tree.FieldDecl():
            rows.fields.append(_field(item, c))
        case tree.StatDecl():
            rows.fields.append(typed.RowField(name, U64, span, counter=True))
        case tree.HistDecl():
            rows.fields.append(typed.RowField(name, _HIST, span, hist=True))
        case tree.DsqDecl() if rows.kind == "task":
            c.report(TaskQueue(item.name.span, name))
        case tree.DsqDecl():
            dsq = queue(item, c, owner=rows.kind)
            if rows.kind == "cgroup" and dsq.second is not None:
                c.report(QueueIndex(item.indices[1].span, name, "a cgroup's queues have one index: its id leaves no room for two"))
            rows.dsqs.append(dsq)
            c.policy.dsqs.append(dsq)
        case _:
            declare_member(item, rows, c)


def declare_member(item: tree.Decl, rows: typed.Rows, c: Checker) -> None:
    """Members whose kinds have files of their own (maps, trees, locks, timers)."""
    MEMBERS[type(item)](item, rows, c)


def _field(node: tree.FieldDecl, c: Checker) -> typed.RowField:
    t = resolve(node.type, c)
    if t != CPUMASK and (wrong := not_storable(t)) is not None:
        c.report(NotData(node.type.span, str(wrong), "a field"))
        t = BROKEN
    if node.atomic and not isinstance(t, Broken) and not atomic_size(t):
        c.report(AtomicSize(node.type.span, str(t)))
    initial = None
    if node.value is not None:
        initial = fit(expression(node.value, c, t), t, c, node.type.span, "because of this type")
        if isinstance(initial.type, Broken):
            initial = None
        elif not _fixed(initial):
            c.report(BadDefault(node.value.span))
            initial = None
    return typed.RowField(node.name.text, t, node.name.span, initial, node.atomic)


def _fixed(value: typed.Expr) -> bool:
    """Whether a value is known before the policy runs."""
    match value:
        case typed.Absent():
            return True
        case typed.Some(value=inner) | typed.Convert(value=inner):
            return _fixed(inner)
        case typed.VariantValue(payload=payload):
            return all(_fixed(part) for part in payload)
        case typed.Read(place=typed.ParamPlace()):
            return True
    return plain(value) is not None


def queue(node: tree.DsqDecl, c: Checker, owner: str = "") -> typed.Dsq:
    """One queue, or a row of them by number or by kind."""
    axes = [_axis(index, node.name.text, c) for index in node.indices[:2]]
    if len(node.indices) > 2:
        c.report(QueueIndex(node.indices[2].span, node.name.text, "a row of queues has one index or two"))
    first, second = (*axes, None, None)[:2]
    count, kind = (first.count, first.kind) if first is not None else (None, None)
    return typed.Dsq(node.name.text, node.name.span, len(c.policy.dsqs), count, kind, owner, second)


def _axis(node: tree.Expr, name: str, c: Checker) -> typed.Axis:
    """`[5]` or `[llc]`."""
    kind = index_type(node, c)
    if kind is not None:
        return typed.Axis(None, kind)
    count = constant_number(node, c, "the number of queues")
    if count is not None and not 1 <= count <= MOST_ROWS:
        c.report(QueueIndex(node.span, name, f"from 1 to {MOST_ROWS} queues"))
    return typed.Axis(min(max(count or 1, 1), MOST_ROWS), None)


def index_type(node: tree.Expr, c: Checker) -> IndexType | None:
    """`llc`, `dom`: a kind of index that is named as such."""
    if isinstance(node, tree.NameExpr):
        found = SIMPLE_NAMES.get(node.name.text) or c.policy.types.get(node.name.text)
        return found if isinstance(found, IndexType) else None
    return None


# ---- members


def rows_of(t: Type, c: Checker) -> typed.Rows | None:
    """What the policy adds to values of a type."""
    match t:
        case TaskType():
            return c.policy.rows.get("task")
        case CgroupType():
            return c.policy.rows.get("cgroup")
        case IndexType(kind):
            return c.policy.rows.get(kind)
    return None


def names_of(t: Type, c: Checker) -> list[str]:
    """The members that the policy adds to a type, for suggestions."""
    rows = rows_of(t, c)
    return [] if rows is None else [m.name for m in (*rows.fields, *rows.dsqs, *rows.trees)]


def property_of(base: Type, name: str, c: Checker) -> Property | None:
    """The kernel's property of that name. Where the author means a member that was refused for its name, it is of a type that was reported
    already: what is done with it is not complained of as well."""
    receiver = view.receiver_of(base)
    found = view.PROPERTIES.get((receiver, name)) if receiver else None
    rows = rows_of(base, c)
    if found is not None and rows is not None and (rows.kind, name) in c.misnamed:
        return replace(found, type=BROKEN, writable=True)
    return found


def field_place(node: tree.Member, base: typed.Expr, c: Checker) -> typed.Place | None:
    """`base.f` where the policy added f; None where it did not."""
    rows = rows_of(base.type, c)
    found = rows.field(node.name.text) if rows else None
    if rows is None or found is None:
        return None
    if base.type == TaskType(ours=False):
        c.report(NotOurs(node.span, node.name.text, node.object.span.text))
        return typed.StatePlace(span=node.span, type=BROKEN, rows=rows, field=found, base=base)
    return typed.StatePlace(span=node.span, type=found.type, rows=rows, field=found, base=base)


def value_place(node: tree.Member, c: Checker) -> typed.Place | None:
    """`e.f` where e is no place itself: `this_cpu.f`, `c.llc.f`, `this_cpu.perf`."""
    name = node.name.text
    writable = any(p.writable and p.name == name for p in view.PROPERTIES.values())
    if not writable and not any(rows.field(name) for rows in c.policy.rows.values()):
        return None  # so that e is checked once only, by whoever takes care of it
    base = expression(node.object, c)
    if isinstance(base.type, Broken):
        return typed.FieldPlace(span=node.span, type=BROKEN, base=_nowhere(node), field=name)
    if isinstance(base.type, Optional):
        return None
    known = property_of(base.type, name, c)
    if known is not None:
        return typed.PropertyPlace(span=node.span, type=known.type, base=base, property=known) if known.writable else None
    return field_place(node, base, c)


def _nowhere(node: tree.Member) -> typed.Place:
    variable = typed.Variable("", BROKEN, node.span)
    return typed.LocalPlace(span=node.span, type=BROKEN, variable=variable)


def member_value(node: tree.Member, base: typed.Expr, c: Checker) -> typed.Expr | None:
    """`d.index`, `c.q`; None where it is neither."""
    name = node.name.text
    if isinstance(base.type, IndexType) and name == "index":
        return typed.Convert(span=node.span, type=U64, value=base)
    rows = rows_of(base.type, c)
    dsq = rows.dsq(name) if rows else None
    if dsq is None:
        return None
    if dsq.row:
        c.report(QueueIndex(node.span, name, "a row of queues: say which one"))
        return broken(node.span)
    return typed.MemberDsq(span=node.span, type=DSQ, dsq=dsq, base=base)


def indexed_queue(node: tree.Index, c: Checker) -> typed.Expr | None:
    """`q[l]`, `c.q[l]`, `q[l][i]`; None where the object is no row of queues."""
    match node.object:
        case tree.Index(object=tree.NameExpr() | tree.Member() as named, index=first):
            return _indexed(node, named, [first, node.index], c)
        case tree.NameExpr() | tree.Member() as named:
            return _indexed(node, named, [node.index], c)
    return None


def _indexed(node: tree.Index, named: tree.NameExpr | tree.Member, given: list[tree.Expr], c: Checker) -> typed.Expr | None:
    name = named.name.text
    if isinstance(named, tree.NameExpr):
        dsq = c.names.known.get(name)
        if not isinstance(dsq, typed.Dsq) or c.locals.find(name) or not dsq.row:
            return None
        indices = _indices(node, dsq, given, c)
        return broken(node.span) if indices is None else typed.DsqValue(span=node.span, type=DSQ, dsq=dsq, index=indices[0], second=indices[1])
    if not any((q := rows.dsq(name)) and q.row for rows in c.policy.rows.values()):
        return None
    base = expression(named.object, c)
    rows = rows_of(base.type, c)
    found = rows.dsq(name) if rows else None
    if found is None or not found.row:
        if not isinstance(base.type, Broken):
            c.report(UnknownMember(named.name.span, f"a {base.type}", name, None))
        return broken(node.span)
    indices = _indices(node, found, given, c)
    if indices is None:
        return broken(node.span)
    return typed.MemberDsq(span=node.span, type=DSQ, dsq=found, base=base, index=indices[0], second=indices[1])


def _indices(node: tree.Index, dsq: typed.Dsq, given: list[tree.Expr], c: Checker) -> tuple[typed.Expr, typed.Expr | None] | None:
    if len(given) != len(dsq.axes):
        c.report(QueueIndex(node.span, dsq.name, f"it has {len(dsq.axes)} ind{'ices' if len(dsq.axes) > 1 else 'ex'}"))
        return None
    out = [_queue_index(index, axis, dsq, c) for index, axis in zip(given, dsq.axes, strict=True)]
    return out[0], out[1] if len(out) > 1 else None


def _queue_index(node: tree.Expr, axis: typed.Axis, dsq: typed.Dsq, c: Checker) -> typed.Expr:
    if axis.kind is not None:
        return fit(expression(node, c, axis.kind), axis.kind, c, dsq.span, f"because there is one for each {axis.kind}")
    index, count = settle(expression(node, c)), axis.count or 1
    if isinstance(index.type, IndexType):  # any index is a number
        return typed.Convert(span=index.span, type=U64, value=index)
    index = fit(index, U64, c)
    if isinstance(index, typed.Literal) and not isinstance(index.type, Broken) and int(index.value) >= count:
        c.report(OutOfRange(index.span, int(index.value), f"the row {dsq.name}", 0, count - 1))
    return index
