# SPDX-License-Identifier: GPL-2.0-only
"""Timers: a bpf_timer in an array map of one entry, and a static function as its callback.

The kernel's own cancel waits for a running body (up to 6.19) or is refused with interrupts off (from 7.0): kernel/bpf/helpers.c,
bpf_timer_cancel. So `stop` only clears a mark beside the timer, and a body that finds no mark does not run.
"""

from collections.abc import Callable

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .array_maps import array_entry
from .builder import TRUE, Builder, number
from .calls import inline_body
from .context import FunctionContext, ModuleContext
from .dispatch import expression, value
from .effects import effect
from .indices import bound_of, each_possible
from .kept import must_be
from .moves import scalar, set_slot
from .places import map_entry
from .row_shape import capacity
from .slots import new_slot
from .topology import exists
from .values import Lowered

_TIMER = ir.Struct("bpf_timer", (ir.Field("__opaque", ir.Array(ir.U64, 2)),))
_ROW = ir.Struct("timer_row", (ir.Field("timer", _TIMER), ir.Field("armed", ir.U64)))
_MONOTONIC = 1  # include/uapi/linux/time.h: CLOCK_MONOTONIC
_PINNED = 2  # include/uapi/linux/bpf.h: BPF_F_TIMER_CPU_PIN


def declared(timer: typed.Timer) -> irm.Map:
    rows = timer.rows
    count = 1 if rows is None else capacity(rows)
    return irm.Map(name=timer.name, kind="array", key=ir.U32, value=_ROW, max_entries=count, span=timer.span)


def body_name(timer: typed.Timer) -> str:
    return f"{timer.name}_expired"


def body(context: ModuleContext, timer: typed.Timer) -> irm.Function:
    """The function that the kernel calls when the time is up."""
    assert timer.body is not None
    params = [Value(ir.Pointer(ir.VOID), "map"), Value(ir.Pointer(ir.I32), "key"), Value(ir.Pointer(_ROW), "row")]
    build = Builder(timer.span)
    f = FunctionContext(context, build, "timer", Const(ir.I32, 0), lang.NOTHING, plan=context.plan(timer.body))
    armed = build.member(params[2], _ROW, "armed")
    with build.when(build.compare(CompareOp.EQ, build.load(armed, ir.U64, True), number(0))):
        build.ret(Const(ir.I32, 0))
    build.store(armed, number(0), volatile=True)
    if timer.here is not None:
        slot = f.slots[timer.here] = new_slot(f, timer.here.type, timer.here.name)
        set_slot(f, slot, build.convert(build.load(params[1], ir.I32), ir.I64))
    inline_body(timer.body, None, f)
    if timer.every is not None and not build.ended:
        with build.at(timer.every.span):
            _start(f, params[2], scalar(value(timer.every, f)), 0)
    build.ret(Const(ir.I32, 0))
    return irm.Function(
        name=body_name(timer),
        params=params,
        result=ir.I32,
        body=build.body,
        linkage=irm.Linkage.NOINLINE,
        span=timer.span,
        title=f"timer {timer.name}",
    )


def init(f: FunctionContext, timer: typed.Timer) -> None:
    """In init: the timers are made, and started where they repeat: those of a row for each that the machine or the table has."""
    with f.build.at(timer.span):
        if timer.rows is None:
            _make(f, timer, map_entry(f, timer.name, _ROW))
            return
        kind, rows = timer.rows.kind, timer.rows

        def one(index: Operand) -> None:
            row = _look(f, timer, index)
            with f.build.when(f.build.compare(CompareOp.NE, row, Const(row.type, 0))):
                _make(f, timer, row, lambda: _is_there(f, kind, rows, index))

        each_possible(f, kind, one)


def _is_there(f: FunctionContext, kind: str, rows: typed.Rows, index: Operand) -> Operand | None:
    """Whether a row is one of the machine's, or of the table's by its count; None where all are."""
    if kind == "cpu" or rows.capacity is not None and rows.count is None:
        return None
    if rows.capacity is not None:
        return f.build.compare(CompareOp.ULT, index, bound_of(f, kind, rows))
    return exists(f, kind, index)


def _make(f: FunctionContext, timer: typed.Timer, row: Operand, wanted: Callable[[], Operand | None] = lambda: None) -> None:
    place = f.build.member(row, _ROW, "timer")
    made = f.build.helper("timer_init", ir.I64, place, f.build.global_address(timer.name), number(_MONOTONIC))
    _must(f, made)
    _must(f, f.build.helper("timer_set_callback", ir.I64, place, f.build.function_address(body_name(timer))))
    if timer.every is None:
        return
    there = wanted()
    with f.build.when(TRUE if there is None else there):
        _must(f, _start(f, row, scalar(value(timer.every, f)), 0))


def _look(f: FunctionContext, timer: typed.Timer, index: Operand) -> Value:
    return array_entry(f, timer.name, _ROW, index)


def _row(f: FunctionContext, timer: typed.Timer, index: Operand | None) -> Operand:
    """Where a timer lies: the policy's own, or that of one row."""
    if timer.rows is None or index is None:
        return map_entry(f, timer.name, _ROW)
    found = _look(f, timer, index)
    must_be(f, found, timer.rows.kind, index)
    return found


def _index(f: FunctionContext, node: typed.TimerStart | typed.TimerStop | typed.TimerArmed) -> Operand | None:
    return None if node.base is None else scalar(value(node.base, f))


def _must(f: FunctionContext, result: Operand | None) -> None:
    assert result is not None
    with f.build.when(f.build.compare(CompareOp.NE, result, Const(result.type, 0))):
        f.end(f.build.convert(result, ir.I32))


def _start(f: FunctionContext, row: Operand, delay: Operand, flags: int) -> Value:
    f.build.store(f.build.member(row, _ROW, "armed"), number(1), volatile=True)
    out = f.build.helper("timer_start", ir.I64, f.build.member(row, _ROW, "timer"), delay, number(flags))
    assert out is not None
    return out


@expression.register
def _(node: typed.TimerStart, f: FunctionContext) -> Lowered:
    index, flags = _index(f, node), _PINNED if node.pinned else 0
    delay = scalar(value(node.delay, f))
    if f.held is not None:
        effect(f, lambda at, delay: _start(f, _row(f, node.timer, at), delay, flags), index, delay)
        return None
    started = _start(f, _row(f, node.timer, index), delay, flags)
    return f.build.compare(CompareOp.EQ, started, Const(started.type, 0))


@expression.register
def _(node: typed.TimerStop, f: FunctionContext) -> Lowered:
    def disarm(at: Operand | None) -> None:
        f.build.store(f.build.member(_row(f, node.timer, at), _ROW, "armed"), number(0), volatile=True)

    effect(f, disarm, _index(f, node))
    return None


@expression.register
def _(node: typed.TimerArmed, f: FunctionContext) -> Lowered:
    armed = f.build.load(f.build.member(_row(f, node.timer, _index(f, node)), _ROW, "armed"), ir.U64, True)
    return f.build.compare(CompareOp.NE, armed, number(0))
