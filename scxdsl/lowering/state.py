# SPDX-License-Identifier: GPL-2.0-only
"""Members of tasks, CPUs, cgroups and tables: fields as places, queues as ids; what init and exit do for them."""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner, keeps
from scxdsl.typing.types import owns

from . import owner_shape, owners, topology
from .builder import number
from .context import FunctionContext
from .control import counted
from .dispatch import Target, expression, locate, value
from .forms import family
from .indices import each_possible, note_topology
from .kernel_calls import DSQ_SHIFT, packed, row_indices
from .kernel_text import ERROR, print_text, raise_text
from .kernel_types import kernel_struct
from .mask_memory import make
from .moves import scalar, store
from .places import NOWHERE, MemoryTarget
from .row_shape import row_struct, stored
from .rows import is_here, lookup, row_at, row_of
from .values import Lowered, Owner

CGROUP_SHIFT = 40  # the id of a cgroup's queue: declaration << 56 | index << 40 | cgroup
WRITTEN_OUT = 8  # rows of up to that many queues are created one by one, longer ones in a loop
_ENOMEM = 12


@locate.register
def _(place: typed.StatePlace, f: FunctionContext) -> Target:
    if owns(place.type):
        return _with_owners(place, f)
    struct = row_struct(place.rows)
    address = f.build.member(row_of(f, place.rows, place.base), struct, place.field.name)
    return MemoryTarget(address, place.type, shared=True)


def _with_owners(place: typed.StatePlace, f: FunctionContext) -> Target:
    store = owner_shape.of_rows(place.rows)
    assert store is not None
    base = scalar(value(place.base, f))
    fields = place.rows.fields
    first = owner_shape.before([field.type for field in fields[: fields.index(place.field)]])
    here = is_here(place.base)
    owner = Owner(store, first, None if here else base)
    if all_owner(place.type):
        return MemoryTarget(NOWHERE, place.type, True, owner)
    row = row_at(f, place.rows, base, here)
    return MemoryTarget(f.build.member(row, row_struct(place.rows), place.field.name), place.type, True, owner)


# ---- queues


@expression.register
def _(node: typed.MemberDsq, f: FunctionContext) -> Lowered:
    base = scalar(value(node.base, f))
    row = cgroup_id(f, base) if node.dsq.owner == "cgroup" else _unsigned(f, base)
    return member_id(f, node.dsq, row, row_indices(f, node.dsq, node.index, node.second))


def member_id(f: FunctionContext, dsq: typed.Dsq, row: Operand, indices: list[Operand]) -> Operand:
    """The id of the queue of one row. Ids of cgroups take up to 56 bits; those with a row of queues must do with 40, so that an index has
    room above."""
    if dsq.owner == "cgroup":
        for index in indices:
            row = f.build.binary(BinaryOp.OR, f.build.binary(BinaryOp.SHL, index, number(CGROUP_SHIFT)), row)
    else:
        row = packed(f, [row, *indices])
    return f.build.binary(BinaryOp.OR, row, number(dsq.number << DSQ_SHIFT))


def _unsigned(f: FunctionContext, index: Operand) -> Operand:
    """An index as 32 bits of an id."""
    return f.build.convert(f.build.convert(index, ir.U32), ir.U64)


def cgroup_id(f: FunctionContext, cgroup: Operand) -> Operand:
    """cgroup->kn->id, as cgroup_id() in include/linux/cgroup.h."""
    facts = f.module.target.facts
    struct = kernel_struct(facts, "cgroup", ("kn",))
    kn = f.build.load(f.build.kernel_member(cgroup, struct, "kn"), struct.at(("kn",)))
    node = kernel_struct(facts, "kernfs_node", ("id",))
    return f.build.convert(f.build.load(f.build.kernel_member(kn, node, "id"), node.at(("id",))), ir.U64)


# ---- what is derived


def fill(f: FunctionContext) -> None:
    """What is noted of the machine, and first values of the rows that are there from the start."""
    if kinds := topology.asked(f.module.policy):
        with f.build.at(f.module.policy.span):
            note_topology(f, kinds)
    for rows in stored(f.module.policy):
        if rows.kind not in ("task", "cgroup") and any(_starts(field) for field in rows.fields):
            _fill_all(f, rows)


def queues(f: FunctionContext) -> None:
    """The queues of rows."""
    for dsq in f.module.policy.dsqs:
        if dsq.owner and dsq.owner != "cgroup":
            with f.build.at(dsq.span):
                _create_rows(f, dsq)
        elif not dsq.owner and (dsq.kind is not None or dsq.second is not None or (dsq.count or 1) > WRITTEN_OUT):
            with f.build.at(dsq.span):
                _each(f, dsq, lambda indices, d=dsq: _create(f, d, _id(f, d, packed(f, indices))), written_out=False)


def _id(f: FunctionContext, dsq: typed.Dsq, index: Operand) -> Operand:
    return f.build.binary(BinaryOp.OR, index, number(dsq.number << DSQ_SHIFT))


def _create_rows(f: FunctionContext, dsq: typed.Dsq) -> None:
    each_possible(f, dsq.owner, lambda row: _each(f, dsq, lambda indices: _create(f, dsq, member_id(f, dsq, row, indices))))


def _each(f: FunctionContext, dsq: typed.Dsq, body: Callable[[list[Operand]], None], written_out: bool = True) -> None:
    """Code for each queue of a row, by its indices."""

    def along(axes: tuple[typed.Axis, ...], before: list[Operand]) -> None:
        if not axes:
            body(before)
            return
        axis, rest = axes[0], axes[1:]
        if axis.kind is not None:
            each_possible(f, axis.kind.kind, lambda index: along(rest, [*before, index]))
        elif (axis.count or 1) > WRITTEN_OUT or not written_out:
            counted(f, number(axis.count or 1), lambda index: along(rest, [*before, index]))
        else:
            for i in range(axis.count or 1):
                along(rest, [*before, number(i)])

    along(dsq.axes, [])


def _create(f: FunctionContext, dsq: typed.Dsq, id: Operand) -> None:
    made = scalar(family(f, "create_dsq", id, Const(ir.I64, -1)))
    with f.build.when(f.build.compare(CompareOp.NE, made, Const(made.type, 0))):
        text = f"{f.module.place(dsq.span)}: the kernel could not create the queue {dsq.name} (%lld)"
        print_text(f, ERROR, text, f.build.convert(made, ir.I64))
        f.end(f.build.convert(made, ir.I32))


def _starts(field: typed.RowField) -> bool:
    """Whether a field starts with anything but zero."""
    if isinstance(field.type, lang.CpumaskType):
        return True
    value = field.initial
    return not (value is None or isinstance(value, typed.Absent) or isinstance(value, typed.Literal) and not value.value)


def _fill(f: FunctionContext, rows: typed.Rows, row: Operand) -> None:
    struct = row_struct(rows)
    for field in rows.fields:
        if isinstance(field.type, lang.CpumaskType):
            with f.build.at(field.span):
                make(f, f.build.member(row, struct, field.name))
        elif field.initial is not None and _starts(field):
            with f.build.at(field.span):
                store(f, f.build.member(row, struct, field.name), value(field.initial, f), field.type)


def _fill_all(f: FunctionContext, rows: typed.Rows) -> None:
    def one(index: Operand) -> None:
        row = lookup(f, rows, index)
        with f.build.when(f.build.compare(CompareOp.NE, row, Const(row.type, 0))):
            _fill(f, rows, row)

    with f.build.at(rows.span):
        each_possible(f, rows.kind, one)


def created(f: FunctionContext, rows: typed.Rows, owner: Value) -> None:
    """In init_task and cgroup_init: makes the row and fills it. Without memory the task or cgroup does not come to be."""
    with f.build.at(rows.span):
        row = lookup(f, rows, owner, create=True)
        with f.build.when(f.build.compare(CompareOp.EQ, row, Const(row.type, 0))):
            f.end(Const(ir.I32, -_ENOMEM))
        _fill(f, rows, row)
        owners.created(f, rows, owner)


def cgroup_init(f: FunctionContext, cgroup: Value) -> None:
    """The row of a new cgroup and its queues."""
    rows = f.module.policy.rows.get("cgroup")
    if rows is None:
        return
    if rows.fields:
        created(f, rows, cgroup)
    for dsq in rows.dsqs:
        with f.build.at(dsq.span):
            id = cgroup_id(f, cgroup)
            if dsq.row:
                with f.build.when(f.build.compare(CompareOp.UGE, id, number(1 << CGROUP_SHIFT))):
                    raise_text(f, f"the id of a cgroup leaves no room for the index of {dsq.name}: %llu", id)
            _each(f, dsq, lambda indices, d=dsq, id=id: _create(f, d, member_id(f, d, id, indices)))


def cgroup_exit(f: FunctionContext, cgroup: Value) -> None:
    """The queues of a cgroup go with it."""
    rows = f.module.policy.rows.get("cgroup")
    for dsq in rows.dsqs if rows is not None else ():
        with f.build.at(dsq.span):
            id = cgroup_id(f, cgroup)
            _each(f, dsq, lambda indices, d=dsq, id=id: family(f, "destroy_dsq", member_id(f, d, id, indices)))
    if rows is not None and keeps("cgroup", f.module.policy):
        owners.gone(f, rows, cgroup)
