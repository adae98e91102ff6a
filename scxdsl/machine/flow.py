# SPDX-License-Identifier: GPL-2.0-only
"""Control flow of one function: basic blocks, and which registers are live where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..objects.instruction import Form, Instruction
from .errors import LoadError


@dataclass(frozen=True)
class Callee:
    """What a call leads to: a Python expression, the registers that it takes, and whether it leaves a value in r0."""

    expression: str
    arguments: tuple[int, ...]
    returns: bool = True


@dataclass
class Block:
    start: int
    instructions: list[Instruction] = field(default_factory=list)
    successors: tuple[int, ...] = ()
    """Starts of the blocks that may follow; of a branch the one where it is taken comes last."""
    predecessors: int = 0
    """Edges that lead here; the function's entry counts as one."""
    live_in: frozenset[int] = frozenset()
    live_out: frozenset[int] = frozenset()


CALLER_SAVED = frozenset(range(6))
ARGUMENTS = range(1, 6)


def blocks_of(instructions: Sequence[Instruction], entry: int) -> dict[int, Block]:
    """The blocks that can be reached from the slot `entry`, by their start, in order of slots.

    Raises LoadError when control leaves the instructions.
    """
    by_slot = {i.at: i for i in instructions}
    starts, todo, seen = {entry}, [entry], set()
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        if at not in by_slot:
            raise LoadError(f"control leaves the program for slot {at}")
        i = by_slot[at]
        follow = _successors(i)
        if i.form in (Form.BRANCH, Form.GOTO):
            starts.update(follow)
        todo += follow
    blocks: dict[int, Block] = {}
    current: Block | None = None
    for at in sorted(seen):
        if at in starts or current is None:
            if current is not None and not current.successors:
                current.successors = (at,)
            current = blocks[at] = Block(at)
        i = by_slot[at]
        current.instructions.append(i)
        if i.form in (Form.BRANCH, Form.GOTO, Form.EXIT):
            current.successors = _successors(i)
            current = None
    blocks[entry].predecessors += 1
    for block in blocks.values():
        for s in block.successors:
            blocks[s].predecessors += 1
    return blocks


def _successors(i: Instruction) -> tuple[int, ...]:
    if i.form is Form.EXIT:
        return ()
    if i.form is Form.GOTO:
        if i.target is None:
            raise LoadError("jumps through a register cannot be run")
        return (i.next, i.target) if i.operation == "may_goto" else (i.target,)
    if i.form is Form.BRANCH:
        assert i.target is not None
        return (i.next, i.target)
    return (i.next,)


def uses(i: Instruction, callees: Mapping[int, Callee], returns: bool) -> frozenset[int]:
    """Registers that an instruction reads; `returns` says whether the function's exit gives r0 to its caller."""
    match i.form:
        case Form.ALU:
            if i.operation == "mov" or i.operation.startswith("movsx"):
                return frozenset((i.src,)) if i.register else frozenset()
            return frozenset((i.dst, i.src)) if i.register else frozenset((i.dst,))
        case Form.CAST | Form.LOAD:
            return frozenset((i.src,))
        case Form.STORE:
            return frozenset((i.dst, i.src)) if i.register else frozenset((i.dst,))
        case Form.ATOMIC:
            if i.operation == "load_acquire":
                return frozenset((i.src,))
            return frozenset((i.dst, i.src, 0)) if i.operation == "cmpxchg" else frozenset((i.dst, i.src))
        case Form.BRANCH:
            return frozenset((i.dst, i.src)) if i.register else frozenset((i.dst,))
        case Form.CALL:
            return frozenset(callees[i.at].arguments)
        case Form.EXIT:
            return frozenset((0,)) if returns else frozenset()
        case Form.PACKET:
            return frozenset((6, i.src)) if i.register else frozenset((6,))
    return frozenset()


def writes(i: Instruction) -> frozenset[int]:
    """Registers whose old value is gone after an instruction."""
    if i.form in (Form.ALU, Form.CAST, Form.LOAD, Form.IMMEDIATE):
        return frozenset((i.dst,))
    if i.form is Form.ATOMIC:
        if i.operation == "load_acquire":
            return frozenset((i.dst,))
        if i.operation == "cmpxchg":
            return frozenset((0,))
        return frozenset((i.src,)) if i.operation.startswith("fetch") or i.operation == "xchg" else frozenset()
    return CALLER_SAVED if i.form in (Form.CALL, Form.PACKET) else frozenset()


def liveness(blocks: Mapping[int, Block], callees: Mapping[int, Callee], returns: bool) -> None:
    """Fills `live_in` and `live_out` of every block. r10 is never counted: it always has its value."""
    frame = frozenset((10,))
    sums = {}  # of each block: what it reads before it writes it, and what it writes
    for block in blocks.values():
        read, written = frozenset[int](), frozenset[int]()
        for i in reversed(block.instructions):
            gone = writes(i)
            read = (read - gone) | uses(i, callees, returns)
            written |= gone
        sums[block.start] = read - frame, written | frame
    changed = True
    while changed:
        changed = False
        for block in reversed(blocks.values()):
            read, written = sums[block.start]
            block.live_out = frozenset().union(*(blocks[s].live_in for s in block.successors))
            live = read | (block.live_out - written)
            if live != block.live_in:
                block.live_in, changed = live, True
