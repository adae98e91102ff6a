# SPDX-License-Identifier: GPL-2.0-only
"""Registers that are read though something leads there on which nothing was put into them. The kernel refuses that (kernel/bpf/verifier.c,
check_reg_arg: `!read_ok`) where its own walk comes along such a way; LLVM writes it where a value is undefined."""

from collections import defaultdict
from dataclasses import dataclass

from ..objects.instruction import Form, Instruction
from ..objects.object import Function
from .flow import ARGUMENTS, Callee, blocks_of, uses, writes

_UNASKED = defaultdict[int, Callee](lambda: Callee("", ()))  # the arguments of a call are the callee's affair, and the answer of an exit the caller's


@dataclass(frozen=True)
class Unwritten:
    """`at`: the slot of the instruction within the function."""

    function: str
    at: int
    register: int


def unwritten(function: Function) -> Unwritten | None:
    """The first such read of a program or subprogram; None where every way to each read writes before. Raises LoadError as `blocks_of` does."""
    blocks = blocks_of(function.instructions, 0)
    written = {0: frozenset((1, 10)) if function.program else frozenset((*ARGUMENTS, 10))}
    todo, bare = [0], dict[int, int]()
    while todo:
        block = blocks[todo.pop()]
        now = written[block.start]
        for i in block.instructions:
            if missing := uses(i, _UNASKED, False) - now:
                bare[i.at] = min(missing)
            now = _after(i, now)
        for follow in block.successors:
            both = now & written.get(follow, now)
            if written.get(follow) != both:
                written[follow] = both
                todo.append(follow)
    return Unwritten(function.name, at, bare[at]) if (at := min(bare, default=None)) is not None else None


def _after(i: Instruction, written: frozenset[int]) -> frozenset[int]:
    """A call leaves its answer and takes the arguments' registers."""
    return written - frozenset(ARGUMENTS) | {0} if i.form in (Form.CALL, Form.PACKET) else written | writes(i)
