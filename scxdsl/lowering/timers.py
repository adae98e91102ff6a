# SPDX-License-Identifier: GPL-2.0-only
"""Timers: a bpf_timer in an array map of one entry, and a static function as its callback.

The kernel's own cancel waits for a running body (up to 6.19) or is refused with interrupts off (from 7.0): kernel/bpf/helpers.c,
bpf_timer_cancel. So `stop` only clears a mark beside the timer, and a body that finds no mark does not run.
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import Builder, number
from .calls import inline_body
from .context import FunctionContext, ModuleContext
from .dispatch import expression, value
from .effects import effect
from .moves import scalar
from .places import map_entry
from .values import Lowered

_TIMER = ir.Struct("bpf_timer", (ir.Field("__opaque", ir.Array(ir.U64, 2)),))
_ROW = ir.Struct("timer_row", (ir.Field("timer", _TIMER), ir.Field("armed", ir.U64)))
_MONOTONIC = 1  # include/uapi/linux/time.h: CLOCK_MONOTONIC
_PINNED = 2  # include/uapi/linux/bpf.h: BPF_F_TIMER_CPU_PIN


def declared(timer: typed.Timer) -> irm.Map:
    return irm.Map(name=timer.name, kind="array", key=ir.U32, value=_ROW, max_entries=1, span=timer.span)


def body_name(timer: typed.Timer) -> str:
    return f"{timer.name}_expired"


def body(context: ModuleContext, timer: typed.Timer) -> irm.Function:
    """The function that the kernel calls when the time is up."""
    assert timer.body is not None
    params = [Value(ir.Pointer(ir.VOID), "map"), Value(ir.Pointer(ir.I32), "key"), Value(ir.Pointer(_ROW), "row")]
    build = Builder(timer.span)
    f = FunctionContext(context, build, "timer", Const(ir.I32, 0), lang.NOTHING)
    armed = build.member(params[2], _ROW, "armed")
    with build.when(build.compare(CompareOp.EQ, build.load(armed, ir.U64, True), number(0))):
        build.ret(Const(ir.I32, 0))
    build.store(armed, number(0), volatile=True)
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
    """In init: the timer is made, and started where it repeats."""
    with f.build.at(timer.span):
        row = map_entry(f, timer.name, _ROW)
        place = f.build.member(row, _ROW, "timer")
        made = f.build.helper("timer_init", ir.I64, place, f.build.global_address(timer.name), number(_MONOTONIC))
        _must(f, made)
        _must(f, f.build.helper("timer_set_callback", ir.I64, place, f.build.function_address(body_name(timer))))
        if timer.every is not None:
            _must(f, _start(f, row, scalar(value(timer.every, f)), 0))


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
    delay = scalar(value(node.delay, f))
    if f.held is not None:
        flags = _PINNED if node.pinned else 0
        effect(f, lambda delay: _start(f, map_entry(f, node.timer.name, _ROW), delay, flags), delay)
        return None
    started = _start(f, map_entry(f, node.timer.name, _ROW), delay, _PINNED if node.pinned else 0)
    return f.build.compare(CompareOp.EQ, started, Const(started.type, 0))


@expression.register
def _(node: typed.TimerStop, f: FunctionContext) -> Lowered:
    def disarm() -> None:
        f.build.store(f.build.member(map_entry(f, node.timer.name, _ROW), _ROW, "armed"), number(0), volatile=True)

    effect(f, disarm)
    return None


@expression.register
def _(node: typed.TimerArmed, f: FunctionContext) -> Lowered:
    armed = f.build.load(f.build.member(map_entry(f, node.timer.name, _ROW), _ROW, "armed"), ir.U64, True)
    return f.build.compare(CompareOp.NE, armed, number(0))
