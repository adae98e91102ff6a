# SPDX-License-Identifier: GPL-2.0-only
"""Loops on the kernel's iterator of numbers, in code that a rewriting writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Value
from scxdsl.lowering.builder import Builder
from scxdsl.lowering.control import DESTROY, ITERATOR, NEW, NEXT


@contextmanager
def turns(build: Builder, name: str, count: int) -> Iterator[tuple[Value, int]]:
    """The body of a loop of so many turns: the number of the turn, a u64, and the level for `leave`. `name`: of the iterator on the stack."""
    iterator = build.local_address(Local(name, ITERATOR))
    build.kfunc(NEW, iterator, Const(ir.I32, 0), Const(ir.I32, count))
    with build.loop() as level:
        turn = build.kfunc(NEXT, iterator)
        assert turn is not None
        with build.when(build.compare(CompareOp.EQ, turn, Const(turn.type, 0))):
            build.leave(level)
        yield build.convert(build.convert(build.load(turn, ir.I32), ir.U32), ir.U64), level
    build.kfunc(DESTROY, iterator)
