# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic on plain numbers, as the language defines it: for constants, and for the interpreter.

Everything wraps; x / 0 is 0 and x % 0 is x; the least i64 divided by -1 is itself; shift counts are taken modulo 64.
"""

from .typed import Arithmetic, Relation
from .types import I64, VTIME, IndexType, IntType, Type

_MASK = (1 << 64) - 1


def wrap(value: int, t: Type) -> int:
    """The number that the low bits of `value` are in a type."""
    bits, signed = (t.bits, t.signed) if isinstance(t, IntType) else (64, False)
    if isinstance(t, IndexType):
        bits, signed = 32, True
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> bits - 1 else value


def calculate(op: Arithmetic, left: int, right: int, t: Type) -> int:
    """`left op right` for two numbers of 64 bits, signed where `t` is i64."""
    signed = t == I64
    match op:
        case Arithmetic.ADD:
            out = left + right
        case Arithmetic.SUB:
            out = left - right
        case Arithmetic.MONUS:
            out = max(left - right, 0)
        case Arithmetic.MUL:
            out = left * right
        case Arithmetic.DIV:
            out = 0 if right == 0 else _quotient(left, right)
        case Arithmetic.REM:
            out = left if right == 0 else left - right * _quotient(left, right)
        case Arithmetic.AND:
            out = left & right
        case Arithmetic.OR:
            out = left | right
        case Arithmetic.XOR:
            out = left ^ right
        case Arithmetic.SHL:
            out = left << (right & 63)
        case Arithmetic.SHR:
            out = (left if signed else left & _MASK) >> (right & 63)
    return wrap(out, I64 if signed else IntType(64))


def _quotient(left: int, right: int) -> int:
    """Division that cuts towards 0."""
    out = abs(left) // abs(right)
    return -out if (left < 0) != (right < 0) else out


def before(left: int, right: int, t: Type) -> bool:
    """`left < right` in the order of the type; vtime by the sign of the difference."""
    if t == VTIME:
        return wrap(left - right, I64) < 0
    return left < right


def related(relation: Relation, left: int, right: int, t: Type) -> bool:
    match relation:
        case Relation.EQ:
            return left == right
        case Relation.NE:
            return left != right
        case Relation.LT:
            return before(left, right, t)
        case Relation.GT:
            return before(right, left, t)
        case Relation.LE:
            return not before(right, left, t)
        case Relation.GE:
            return not before(left, right, t)
