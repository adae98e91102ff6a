# SPDX-License-Identifier: GPL-2.0-only
"""Walks over queues: the kernel's iterator lies on the stack and is destroyed on every way out.

Source: kernel/sched/ext.c, bpf_iter_scx_dsq_new, scx_bpf_dsq_move, scx_bpf_dsq_peek, scx_bpf_reenqueue_local.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Operand, Value
from scxdsl.typing import typed

from .builder import number
from .context import FunctionContext
from .dispatch import expression, statement, value
from .forms import family
from .kfuncs import plain_kfunc, section
from .moves import scalar, set_slot
from .slots import new_slot
from .values import Lowered

_ITERATOR = ir.Struct("bpf_iter_scx_dsq", (ir.Field("__opaque", ir.Array(ir.U64, 6)),))
_TASK = ir.Pointer(ir.TASK)


@contextmanager
def _iterator(f: FunctionContext, queue: Operand, level: float) -> Iterator[Operand]:
    """An iterator for the code inside; what leaves the loop of `level` destroys it."""
    iterator = f.build.local_address(Local(f.name("walk"), _ITERATOR))
    with section(f):
        plain_kfunc(f, "bpf_iter_scx_dsq_new", iterator, queue, number(0))
        with f.cleanup(level, lambda: plain_kfunc(f, "bpf_iter_scx_dsq_destroy", iterator)):
            yield iterator


def _next(f: FunctionContext, iterator: Operand) -> Value:
    task = plain_kfunc(f, "bpf_iter_scx_dsq_next", iterator)
    assert isinstance(task, Value)
    return task


@statement.register
def _(node: typed.ForQueue, f: FunctionContext) -> None:
    queue = scalar(value(node.queue, f))
    with _iterator(f, queue, f.build.loop_depth + 1) as iterator, f.build.loop() as level:
        task = _next(f, iterator)
        with f.build.when(f.build.compare(CompareOp.EQ, task, Const(_TASK, 0))):
            if node.otherwise is not None:
                value(node.otherwise, f)
            f.leave(level)
        if node.variable is not None:
            slot = f.slots[node.variable] = new_slot(f, node.variable.type, node.variable.name)
            set_slot(f, slot, task)
            f.walks[node.variable] = iterator
        f.loops.append(level)
        value(node.body, f)
        f.loops.pop()


@expression.register
def _(node: typed.MoveTask, f: FunctionContext) -> Lowered:
    iterator = f.walks[node.variable]
    task = f.slots[node.variable]
    assert isinstance(task, Local)
    to, flags = scalar(value(node.queue, f)), scalar(value(node.flags, f))
    slice = None if node.slice is None else scalar(value(node.slice, f))
    vtime = None if node.vtime is None else scalar(value(node.vtime, f))
    if slice is not None:
        family(f, "dsq_move_set_slice", iterator, slice)
    if vtime is None:
        return family(f, "dsq_move", iterator, f.build.get(task), to, flags)
    family(f, "dsq_move_set_vtime", iterator, vtime)
    return family(f, "dsq_move_vtime", iterator, f.build.get(task), to, flags)


@expression.register
def _(node: typed.PeekQueue, f: FunctionContext) -> Lowered:
    queue = scalar(value(node.queue, f))

    def first() -> Operand:
        with _iterator(f, queue, f.build.loop_depth + 0.5) as iterator:
            return _next(f, iterator)

    with section(f):  # what comes out of it may still be read
        return family(f, "dsq_peek", queue, otherwise=first)


@expression.register
def _(node: typed.Reenqueue, f: FunctionContext) -> Lowered:
    family(f, "reenqueue_local")
    return None
