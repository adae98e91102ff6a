# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that a policy looks for: by pid, from a kernel task, the one that wakes. Those that are held go back at the end of the
block around them, on every path out of it."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand, Value
from scxdsl.typing import typed

from .builder import number
from .context import FunctionContext
from .dispatch import expression, value
from .kernel_types import kernel_struct
from .kfuncs import owned, plain_kfunc
from .moves import scalar
from .row_shape import task_rows
from .rows import lookup
from .values import Lowered

_TASK = ir.Pointer(ir.TASK)
# Where the kernel says that a task wakes up: which argument, and which of its bits (kernel/sched/ext.c).
_WAKEUPS = {
    "select_cpu": (2, "scx_wake_flags", "SCX_WAKE_TTWU"),
    "enqueue": (1, "scx_enq_flags", "SCX_ENQ_WAKEUP"),
    "runnable": (1, "scx_enq_flags", "SCX_ENQ_WAKEUP"),
}


@expression.register
def _(node: typed.TaskByPid, f: FunctionContext) -> Lowered:
    return _held(f, scalar(value(node.pid, f)))


@expression.register
def _(node: typed.Ours, f: FunctionContext) -> Lowered:
    """By its pid: a pointer out of a kernel struct may be read, but not passed on."""
    task = scalar(value(node.task, f))
    struct = kernel_struct(f.module.target.facts, "task_struct", ("pid",))
    return _held(f, f.build.load(f.build.kernel_member(task, struct, "pid"), ir.I32))


def _held(f: FunctionContext, pid: Operand) -> Operand:
    """The task of that pid where it has a state of ours, else NULL."""
    found = plain_kfunc(f, "bpf_task_from_pid", f.build.convert(pid, ir.I32))
    assert isinstance(found, Value)
    return hold_ours(f, found)


def hold_ours(f: FunctionContext, found: Value) -> Operand:
    """A reference that was acquired, or NULL: held to the end of the block where the task has a state of ours, else given back."""
    held = owned(f, "task", found, lambda task: plain_kfunc(f, "bpf_task_release", task))
    with f.build.when(f.build.compare(CompareOp.NE, found, Const(_TASK, 0))):
        with f.build.when(_stateless(f, found)):
            plain_kfunc(f, "bpf_task_release", found)
            f.build.set(held, Const(_TASK, 0))
    return f.build.get(held)


def _stateless(f: FunctionContext, task: Operand) -> Operand:
    rows = task_rows(f.module.policy)
    assert rows is not None
    row = lookup(f, rows, task)
    return f.build.compare(CompareOp.EQ, row, Const(row.type, 0))


@expression.register
def _(node: typed.Waker, f: FunctionContext) -> Lowered:
    """The current task, which the program may use as long as it runs; in a hook there is always one."""
    out = Local(f.name("waker"), _TASK)
    f.build.set(out, Const(_TASK, 0))
    if f.callback == "tracing":
        _current(f, out)
        return f.build.get(out)
    if f.callback not in _WAKEUPS:
        return f.build.get(out)
    argument, enum, name = _WAKEUPS[f.callback]
    bit = f.build.enum_value(ir.Enum(enum), name, f.module.target.constant(name))
    flags = f.build.binary(BinaryOp.AND, f.build.convert(f.params[argument], ir.U64), bit)
    with f.build.when(f.build.compare(CompareOp.NE, flags, number(0))):
        _current(f, out)
    return f.build.get(out)


def _current(f: FunctionContext, out: Local) -> None:
    current = f.build.helper("get_current_task_btf", _TASK)
    assert current is not None
    with f.build.when(f.build.negate(_stateless(f, current))):
        f.build.set(out, current)
