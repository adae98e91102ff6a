# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic and order on 64-bit numbers, as the language defines them (docs/language.md, "Types and values")."""

from collections.abc import Callable

from scxdsl.typing import types as lang
from scxdsl.typing.typed import Arithmetic, Relation

M64 = (1 << 64) - 1
_SIGN = 1 << 63
_A, _R = Arithmetic, Relation
Two = Callable[[int, int], int]


def signed64(v: int) -> int:
    return ((v & M64) ^ _SIGN) - _SIGN


def _divide(a: int, b: int) -> int:
    """Towards 0; by 0 it is 0."""
    if b == 0:
        return 0
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def _remainder(a: int, b: int) -> int:
    """With the sign of the left side; by 0 it is the left side."""
    return a if b == 0 else a - b * _divide(a, b)


_UNSIGNED: dict[Arithmetic, Two] = {
    _A.ADD: lambda a, b: a + b & M64,
    _A.SUB: lambda a, b: a - b & M64,
    _A.MONUS: lambda a, b: a - b if a > b else 0,
    _A.MUL: lambda a, b: a * b & M64,
    _A.DIV: lambda a, b: a // b if b else 0,
    _A.REM: lambda a, b: a % b if b else a,
    _A.AND: lambda a, b: a & b,
    _A.OR: lambda a, b: a | b,
    _A.XOR: lambda a, b: a ^ b,
    _A.SHL: lambda a, b: a << (b & 63) & M64,
    _A.SHR: lambda a, b: a >> (b & 63),
}
_SIGNED: dict[Arithmetic, Two] = {
    _A.ADD: lambda a, b: signed64(a + b),
    _A.SUB: lambda a, b: signed64(a - b),
    _A.MUL: lambda a, b: signed64(a * b),
    _A.DIV: lambda a, b: signed64(_divide(a, b)),
    _A.REM: lambda a, b: signed64(_remainder(a, b)),
    _A.AND: lambda a, b: a & b,
    _A.OR: lambda a, b: a | b,
    _A.XOR: lambda a, b: a ^ b,
    _A.SHL: lambda a, b: signed64(a << (b & 63)),
    _A.SHR: lambda a, b: a >> (b & 63),
}


def arithmetic(op: Arithmetic, t: lang.Type) -> Two:
    """`op` on two numbers of type `t`."""
    signed = isinstance(t, lang.IndexType) or isinstance(t, lang.IntType) and t.signed
    return (_SIGNED if signed else _UNSIGNED)[op]


def _before(a: int, b: int) -> bool:
    """vtime: by the sign of the difference."""
    return (a - b) & _SIGN != 0


_PLAIN: dict[Relation, Callable[[int, int], bool]] = {
    _R.EQ: lambda a, b: a == b,
    _R.NE: lambda a, b: a != b,
    _R.LT: lambda a, b: a < b,
    _R.LE: lambda a, b: a <= b,
    _R.GT: lambda a, b: a > b,
    _R.GE: lambda a, b: a >= b,
}
_VTIME: dict[Relation, Callable[[int, int], bool]] = {
    **_PLAIN,
    _R.LT: _before,
    _R.GT: lambda a, b: _before(b, a),
    _R.LE: lambda a, b: not _before(b, a),
    _R.GE: lambda a, b: not _before(a, b),
}


def relation(r: Relation, t: lang.Type) -> Callable[[int, int], bool]:
    """The comparison in the order of the type."""
    return (_VTIME if t == lang.VTIME else _PLAIN)[r]
