# SPDX-License-Identifier: GPL-2.0-only
"""`on dequeue` and `on custody_end`, both of them the kernel's dequeue.

Up to 7.0 the kernel calls it for a waiting task that is withdrawn. From 7.1 it calls it whenever a task leaves the policy's custody: a
withdrawal has a flag (sleep, core scheduling, a change of the task), an ordinary dispatch has none (kernel/sched/ext.c,
call_task_dequeue). That kernel is known by the flag SCX_DEQ_SCHED_CHANGE.
"""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Operand
from scxdsl.typing import typed
from scxdsl.typing.typed import TELLS_ALL

from .builder import number
from .context import FunctionContext

_FLAGS = 1  # the argument


def body(f: FunctionContext, policy: typed.Policy, write: Callable[[typed.Callback], None]) -> None:
    """The program of the kernel's dequeue; `write` lays a callback's body in."""
    withdrawn, end = policy.callback("dequeue"), policy.callback("custody_end")
    if withdrawn is not None:
        with f.build.loop() as level:  # once: an ordinary dispatch is none of its business
            tells = _tells_all(f)
            if tells is not None:
                ordinary = f.build.compare(CompareOp.EQ, f.build.convert(f.params[_FLAGS], ir.U64), number(0))
                with f.build.when(tells), f.build.when(ordinary):
                    f.build.leave(level)
            write(withdrawn)
            f.build.leave(level)
    tells = None if end is None else _tells_all(f)
    if end is not None and tells is not None:
        with f.build.when(tells):
            write(end)


def _tells_all(f: FunctionContext) -> Operand | None:
    """Whether the running kernel is one of the newer ones; None where none that is declared is."""
    found = f.module.target.facts.constant(TELLS_ALL)
    if found is None or not found.where & f.module.target.kernels:
        return None
    assert found.values.newest is not None
    return f.build.enum_exists(ir.Enum("scx_deq_flags", 64), TELLS_ALL, found.values.newest)
