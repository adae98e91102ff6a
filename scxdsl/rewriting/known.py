# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel's verifier may know of a number at one place, over all ways that lead there: the values, and by which branches it came to differ."""

from collections.abc import Callable
from itertools import count as count_from

from scxdsl.ir.ops import BinaryOp
from scxdsl.source.records import dataclass

MANY = 64
"""Values that are counted one by one; above, only how many."""

MOST = 1 << 40


@dataclass(frozen=True)
class Known:
    """`values`: the constants it may be; None: too many to tell, `count` of them. `unknown`: on some way it is a number that nobody
    knows. `events`: the branches that made ways differ in it. `number` tells those apart whose values are not told. `sums`: of what is computed, on how many ways it was: LLVM turns
    `if x { n += 1 }` into a sum of truths, each of which has a register of its own, so that ways with equal sums are not one; 0 where nothing was computed."""

    values: frozenset[int] | None = frozenset()
    count: int = 0
    unknown: bool = False
    events: frozenset[object] = frozenset()
    number: int = 0
    sums: int = 0

    @property
    def ways(self) -> int:
        """How many states differ in it at most."""
        return max(1, max(self.count if self.values is None else len(self.values), self.sums) + self.unknown)

    def same(self, other: "Known") -> bool:
        return self.values == other.values and self.number == other.number and self.unknown == other.unknown


UNKNOWN = Known(unknown=True)


def constant(value: int) -> Known:
    return Known(frozenset((value,)))


def counted(count: int, unknown: bool, events: frozenset[object], sums: int = 0) -> Known:
    """So many values, whichever they are."""
    return Known(None, min(count, MOST), unknown, events, next(_numbers), sums) if count else Known(frozenset(), 0, unknown, events)


_numbers = count_from(1)


def joined(a: Known, b: Known, event: object | None = None) -> Known:
    """Where two ways meet. Where they differ, `event` is what made them."""
    events = a.events | b.events | ({event} if event is not None and not a.same(b) else frozenset())
    unknown = a.unknown or b.unknown
    if a.same(b):
        return Known(a.values, a.count, unknown, events, a.number, max(a.sums, b.sums))
    sums = min(_number(a) + _number(b), MOST) if a.sums or b.sums else 0
    if a.values is None or b.values is None:
        return counted(_number(a) + _number(b), unknown, events, sums)
    values = a.values | b.values
    return Known(values, 0, unknown, events, 0, sums) if len(values) <= MANY else counted(len(values), unknown, events, sums)


def combined(a: Known, b: Known, op: BinaryOp | None = None) -> Known:
    """Of what is computed from two; without `op` how is not known."""
    events, unknown = a.events | b.events, a.unknown or b.unknown
    work = _WORK.get(op) if op is not None else None
    if work and a.values is not None and b.values is not None and len(a.values) * len(b.values) <= 16 * MANY:
        values = frozenset(work(x, y) & MASK for x in a.values for y in b.values)
        sums = min(_number(a) * _number(b), MOST)
        return Known(values, 0, unknown, events, 0, sums) if len(values) <= MANY else counted(len(values), unknown, events, sums)
    return counted(_number(a) * _number(b), unknown, events)


def _number(x: Known) -> int:
    return max(x.count if x.values is None else len(x.values), x.sums)


MASK = (1 << 64) - 1
_WORK: dict[BinaryOp, Callable[[int, int], int]] = {
    BinaryOp.ADD: lambda a, b: a + b,
    BinaryOp.SUB: lambda a, b: a - b,
    BinaryOp.MUL: lambda a, b: a * b,
    BinaryOp.AND: lambda a, b: a & b,
    BinaryOp.OR: lambda a, b: a | b,
    BinaryOp.XOR: lambda a, b: a ^ b,
    BinaryOp.SHL: lambda a, b: a << (b & 63),
    BinaryOp.LSHR: lambda a, b: (a & MASK) >> (b & 63),
}
