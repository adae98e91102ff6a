# SPDX-License-Identifier: GPL-2.0-only
"""Which units an operator joins, and what comes out (docs/language.md, "Units")."""

from .typed import Arithmetic
from .types import DURATION, I64, TIME, U64, VTIME, IntType, LiteralInt, Type

_A = Arithmetic

# Durations and differences of clocks stop at 0: the clocks of two CPUs differ, and the kernel may refill a slice to more
# than the policy gave. `time - duration` stops there too: a moment before the machine's start is no moment.
_TABLE: dict[tuple[Arithmetic, Type, Type], tuple[Arithmetic, Type]] = {
    (_A.ADD, DURATION, DURATION): (_A.ADD, DURATION),
    (_A.SUB, DURATION, DURATION): (_A.MONUS, DURATION),
    (_A.DIV, DURATION, DURATION): (_A.DIV, U64),
    (_A.REM, DURATION, DURATION): (_A.REM, DURATION),
    (_A.ADD, TIME, DURATION): (_A.ADD, TIME),
    (_A.ADD, DURATION, TIME): (_A.ADD, TIME),
    (_A.SUB, TIME, DURATION): (_A.MONUS, TIME),
    (_A.SUB, TIME, TIME): (_A.MONUS, DURATION),
    (_A.DIV, TIME, DURATION): (_A.DIV, U64),
    (_A.REM, TIME, DURATION): (_A.REM, DURATION),
    (_A.ADD, VTIME, DURATION): (_A.ADD, VTIME),
    (_A.ADD, DURATION, VTIME): (_A.ADD, VTIME),
    (_A.SUB, VTIME, DURATION): (_A.SUB, VTIME),
    (_A.SUB, VTIME, VTIME): (_A.SUB, I64),
}


def joined(op: Arithmetic, left: Type, right: Type) -> tuple[Arithmetic, Type] | None:
    """The operation and the unit of its result, for operands of which at least one is a unit; None where it means nothing."""
    if (op, left, right) in _TABLE:
        return _TABLE[op, left, right]
    if left == VTIME and _number(right) and op in (_A.ADD, _A.SUB):
        return op, VTIME
    if _number(left) and right == VTIME and op is _A.ADD:
        return op, VTIME
    if left == DURATION and _unsigned(right) and op in (_A.MUL, _A.DIV, _A.SHL, _A.SHR):
        return op, DURATION
    if _unsigned(left) and right == DURATION and op is _A.MUL:
        return op, DURATION
    return None


def _number(t: Type) -> bool:
    return isinstance(t, IntType | LiteralInt)


def _unsigned(t: Type) -> bool:
    return isinstance(t, IntType) and not t.signed or isinstance(t, LiteralInt) and t.value >= 0


def hint(op: Arithmetic, left: Type, right: Type) -> str:
    """What the author may have meant."""
    both = {left, right}
    if both == {TIME, VTIME}:
        return "virtual time is no clock: only durations move it"
    if op is _A.MUL and left == DURATION and right == DURATION:
        return "divide one by a unit to make it a number: `d / 1us`"
    if op in (_A.ADD, _A.SUB) and (_number(left) or _number(right)):
        return "give the number a unit: `5us`, or `n * 1ns`"
    if op is _A.MUL and left == DURATION:
        return "durations are never negative: multiply by a u64"
    return ""
