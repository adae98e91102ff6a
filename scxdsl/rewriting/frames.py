# SPDX-License-Identifier: GPL-2.0-only
"""How much of a frame the large values of a function take, estimated before LLVM: variables share room where they do not live at one
time. LLVM adds what it spills of registers, and may keep parts of small structs in registers."""

from scxdsl.ir.definitions import Definitions
from scxdsl.ir.lifetimes import lifetimes
from scxdsl.ir.module import Function
from scxdsl.ir.ops import Block, Local, LocalAddress, Op
from scxdsl.ir.types import Array, Pointer, Struct, Type
from scxdsl.ir.walk import blocks, operations
from scxdsl.source.records import dataclass


LEAST = 16
"""Bytes of a value that it is worth while to move."""


@dataclass(frozen=True)
class Life:
    """A variable in memory, its bytes rounded up to 8, and the first and last operation at which it lives, numbered in order of the text."""

    local: Local
    size: int
    first: int
    last: int

    def meets(self, other: "Life") -> bool:
        return self.first <= other.last and other.first <= self.last


def lives(function: Function, definitions: Definitions) -> list[Life]:
    """Of the variables whose address is taken, in order of their first mention."""
    found = lifetimes(function)
    numbers: dict[Op, tuple[int, int]] = {}
    end = _number(function.body, 0, numbers)
    begins = {local: numbers[op][0] for op, some in found.begin.items() for local in some}
    ends = {local: numbers[op][1] for op, some in found.end.items() for local in some}
    on_stack = dict.fromkeys(op.local for op in operations(function.body) if isinstance(op, LocalAddress))
    return [Life(x, -(-definitions.whole(x.type).size // 8) * 8, begins.get(x, 0), ends.get(x, end)) for x in on_stack]


def _number(block: Block, at: int, numbers: dict[Op, tuple[int, int]]) -> int:
    """Gives each operation its number and that of the last one within it."""
    for op in block:
        first = at
        at += 1
        for inner in blocks(op):
            at = _number(inner, at, numbers)
        numbers[op] = first, at - 1
    return at


def peak(all_: list[Life]) -> tuple[int, list[Life]]:
    """The most bytes that live at one time, and the variables that do."""
    worst: tuple[int, list[Life]] = 0, []
    for one in all_:  # a new peak is reached only where something begins to live
        now = [other for other in all_ if other.first <= one.first <= other.last]
        size = sum(x.size for x in now)
        if size > worst[0]:
            worst = size, now
    return worst


def plain(t: Type, definitions: Definitions) -> bool:
    """Whether a value is data alone: the kernel follows pointers and iterators only on the stack."""
    match definitions.whole(t):
        case Pointer():
            return False
        case Array() as a:
            return plain(a.of, definitions)
        case Struct() as s:
            return not s.kernel and not (s.name or "").startswith("bpf_") and all(plain(f.type, definitions) for f in s.fields)
    return True


def to_move(all_: list[Life], definitions: Definitions, budget: int) -> list[Life]:
    """The largest plain structs and arrays, until no more than `budget` bytes live at one time, or none is left to move."""
    left, moved = list(all_), []
    while True:
        size, now = peak(left)
        able = [x for x in now if x.size >= LEAST and isinstance(definitions.whole(x.local.type), (Array, Struct)) and plain(x.local.type, definitions)]
        if size <= budget or not able:
            return moved
        largest = max(able, key=lambda x: x.size)
        left.remove(largest)
        moved.append(largest)
