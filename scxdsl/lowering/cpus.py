# SPDX-License-Identifier: GPL-2.0-only
"""Loops over CPUs. The kernel's mask of them is held while the loop runs: numbers may have holes, and per-CPU memory of a
CPU that is not possible is no memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Operand
from scxdsl.typing import typed

from .context import FunctionContext
from .control import counted
from .kfuncs import plain_kfunc
from .topology import nr_cpus

_MASKS = {"possible": "scx_bpf_get_possible_cpumask", "online": "scx_bpf_get_online_cpumask"}


def each_cpu(
    f: FunctionContext,
    mask: str,
    body: Callable[[Operand], None],
    start: Operand | None = None,
    otherwise: typed.BlockValue | None = None,
) -> None:
    """Runs `body` with each CPU of a mask, "possible" or "online"."""
    with every_cpu(f, mask) as (count, held):
        among(f, held, count, body, start, otherwise)


@contextmanager
def every_cpu(f: FunctionContext, mask: str) -> Iterator[tuple[Operand, Operand]]:
    """A number that all CPUs are below, and the kernel's mask, held inside."""
    count = nr_cpus(f)
    held = plain_kfunc(f, _MASKS[mask])
    assert held is not None
    with f.cleanup(f.build.loop_depth + 0.5, lambda: plain_kfunc(f, "scx_bpf_put_cpumask", held)):
        yield count, held


def among(
    f: FunctionContext,
    mask: Operand,
    count: Operand,
    body: Callable[[Operand], None],
    start: Operand | None = None,
    otherwise: typed.BlockValue | None = None,
) -> None:
    """Runs `body` with each CPU of a mask that is below `count`."""

    def turn(index: Operand) -> None:
        cpu = wrapped(f, index, start, count)
        there = plain_kfunc(f, "bpf_cpumask_test_cpu", f.build.convert(cpu, ir.U32), mask)
        assert there is not None
        with f.build.when(f.build.negate(there)):
            f.again(f.loops[-1])
        body(cpu)

    counted(f, count, turn, otherwise, few=True)


def wrapped(f: FunctionContext, index: Operand, start: Operand | None, count: Operand) -> Operand:
    """The index-th from `start` on, round the end."""
    if start is None:
        return index
    moved = f.build.add(index, start)
    past = f.build.compare(CompareOp.UGE, moved, count)
    return f.build.select(past, f.build.binary(BinaryOp.SUB, moved, count), moved)
