# SPDX-License-Identifier: GPL-2.0-only
"""Two definitions of arithmetic, written apart (typing/arithmetic.py folds constants), agree; and the corners are as said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scxdsl.interp.numbers import arithmetic, relation
from scxdsl.typing.arithmetic import calculate, related
from scxdsl.typing.typed import Arithmetic, Relation
from scxdsl.typing.types import DURATION, I64, U64, VTIME

edges = [0, 1, 2, 63, 64, 65, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
unsigned = st.one_of(st.sampled_from(edges), st.integers(0, 2**64 - 1))
signed = unsigned.map(lambda v: v - 2**64 if v >= 2**63 else v)


@given(st.sampled_from(Arithmetic), unsigned, unsigned)
def test_unsigned(op: Arithmetic, a: int, b: int) -> None:
    assert arithmetic(op, U64)(a, b) == calculate(op, a, b, U64)


@given(st.sampled_from([op for op in Arithmetic if op is not Arithmetic.MONUS]), signed, signed)
def test_signed(op: Arithmetic, a: int, b: int) -> None:
    assert arithmetic(op, I64)(a, b) == calculate(op, a, b, I64)


@given(st.sampled_from(Relation), unsigned, unsigned, st.sampled_from([U64, VTIME, DURATION]))
def test_order(r: Relation, a: int, b: int, t) -> None:
    assert relation(r, t)(a, b) == related(r, a, b, t)


@pytest.mark.parametrize("op,a,b,result", [
    (Arithmetic.DIV, 7, 0, 0), (Arithmetic.REM, 7, 0, 7), (Arithmetic.DIV, -(2**63), -1, -(2**63)), (Arithmetic.REM, -7, 3, -1),
    (Arithmetic.DIV, -7, 3, -2), (Arithmetic.SHL, 1, 65, 2), (Arithmetic.SHR, -8, 1, -4),
])  # fmt: skip
def test_corners_of_signed(op: Arithmetic, a: int, b: int, result: int) -> None:
    assert arithmetic(op, I64)(a, b) == result


def test_durations_stop_at_0_and_vtime_goes_round() -> None:
    assert arithmetic(Arithmetic.MONUS, DURATION)(3, 5) == 0
    assert relation(Relation.LT, VTIME)(2**64 - 1, 1) and not relation(Relation.LT, U64)(2**64 - 1, 1)
