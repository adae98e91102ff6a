# SPDX-License-Identifier: GPL-2.0-only
"""Indices of the machine and of tables: how many there are, which of them exist, loops over them, numbers as indices."""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Operand
from scxdsl.typing import typed

from . import mates
from .builder import FALSE, number
from .context import FunctionContext
from .control import counted
from .cpus import each_cpu, wrapped
from .dispatch import expression, statement, value
from .forms import family
from .moves import get_slot, scalar, set_slot
from .row_shape import NODES
from .slots import new_slot
from .topology import cores, exists, next_mate, note, noter, nr_cpus
from .values import Lowered, Maybe


def bound_of(f: FunctionContext, kind: str, rows: typed.Rows | None) -> Operand:
    """A number that all indices of a kind are below; a table's count may be changed by user space and is cut to its room."""
    if rows is not None and rows.capacity is not None:
        most = number(rows.capacity)
        if rows.count is None:
            return most
        count = f.build.convert(scalar(value(rows.count, f)), ir.U64)
        return f.build.select(f.build.compare(CompareOp.ULT, count, most), count, most)
    if kind == "node":
        nodes = f.build.convert(scalar(family(f, "nr_node_ids", otherwise=lambda: number(NODES))), ir.U64)
        return f.build.select(f.build.compare(CompareOp.ULT, nodes, number(NODES)), nodes, number(NODES))
    return nr_cpus(f)


def each_possible(f: FunctionContext, kind: str, body: Callable[[Operand], None]) -> None:
    """Code for each row that there may ever be, in derived init: every row of a table, every possible CPU (also as the name of
    a core or llc)."""
    rows = f.module.policy.rows.get(kind)
    if rows is not None and rows.capacity is not None:
        counted(f, number(rows.capacity), body)
    elif kind == "node":
        counted(f, bound_of(f, kind, None), body, few=True)
    else:
        each_cpu(f, "possible", body)


@statement.register
def _(node: typed.ForIndex, f: FunctionContext) -> None:
    start = None if node.start is None else f.build.convert(scalar(value(node.start, f)), ir.U64)

    inside = node.body

    def body(index: Operand) -> None:
        if node.variable is not None:
            slot = f.slots[node.variable] = new_slot(f, node.type, node.variable.name)
            set_slot(f, slot, f.build.convert(index, ir.I64))
        value(inside, f)

    walk = mates.of_core(node)
    if walk is not None and f.held is None:  # under a lock nothing is looked up, and each turn is followed
        core, inside = walk
        _mates(f, f.build.convert(scalar(value(core, f)), ir.U64), body)
        return
    if node.over in ("cpus", "possible", "online"):
        each_cpu(f, "online" if node.over == "online" else "possible", body, start, node.otherwise)
        return
    count = bound_of(f, node.over, node.rows)

    def turn(index: Operand) -> None:
        here = wrapped(f, index, start, count)
        if node.rows is None:
            with f.build.when(f.build.negate(exists(f, node.over, here))):
                f.again(f.loops[-1])
        body(here)

    counted(f, count, turn, node.otherwise, few=True)


def _mates(f: FunctionContext, core: Operand, body: Callable[[Operand], None]) -> None:
    """Runs `body` with each CPU of a core, which is named by the first of them. Their list has an end, so the kernel bounds the loop: it
    needs no iterator."""
    at = Local(f.name("mate"), ir.U64)
    f.build.set(at, core)
    with f.build.loop(kernel_bounded=True) as level:
        cpu = f.build.get(at)
        f.build.set(at, next_mate(f, cpu, lambda: f.leave(level)))
        f.loops.append(level)
        body(cpu)
        f.loops.pop()


@expression.register
def _(node: typed.ToIndex, f: FunctionContext) -> Lowered:
    """A number as an index. A negative one is a large one here."""
    given = f.build.convert(scalar(value(node.value, f)), ir.U64)
    kind = node.type.of.kind  # type: ignore[union-attr]
    inside = f.build.compare(CompareOp.ULT, given, bound_of(f, kind, node.rows))
    index = f.build.convert(given, ir.I64)
    if node.rows is not None:
        return Maybe(inside, index)
    slot = new_slot(f, node.type, kind)
    with f.build.when(inside) as branch:
        set_slot(f, slot, Maybe(exists(f, kind, given), index))
    with f.build.otherwise(branch):
        set_slot(f, slot, Maybe(FALSE, Const(ir.I64, 0)))
    return get_slot(f, slot)


def note_topology(f: FunctionContext, kinds: set[str]) -> None:
    """In derived init: finds the lowest CPU of each core, and which cores, llcs and nodes there are. What is done for a CPU to find its core is a
    function of its own, which the verifier walks once and not with each turn that it takes to see through the loop."""
    if cores(kinds):
        function = noter(f, kinds)
        f.module.module.functions.append(function)
        each_cpu(f, "possible", lambda cpu: f.build.call(function.name, function.result, cpu))
    else:
        each_cpu(f, "possible", lambda cpu: note(f, cpu, None, kinds))
