# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic on this machine's kernel against the same in Python: all operators, widths, signs, with and without constants."""

import struct

import pytest
from codegen.builder import SOURCE, Body, program
from codegen.meaning import binary, compare, signed, wrap
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scxdsl.ir.module import Global, Module
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, ConvertOp, Operand, Value
from scxdsl.ir.types import BOOL, I32, U64, Array, Int

EDGES = [0, 1, 2, 7, 31, 32, 63, 64, 65, 255, 256, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63]
EDGES += [(1 << 64) - n for n in (1, 2, 7, 63, 64, 65, 1 << 31)]
NUMBERS = st.sampled_from(EDGES) | st.integers(0, (1 << 64) - 1) | st.integers(0, 300)
WIDTHS = (8, 16, 32, 64)
QUICK = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Results:
    """A program of two numbers that leaves a list of results in memory."""

    def __init__(self, size: int) -> None:
        self.module = Module(source=SOURCE)
        self._array = Array(U64, size)
        self.module.globals.append(Global(name="out", type=self._array, section=".bss", span=SOURCE.span(0, 0)))
        self.a, self.b = Value(U64, "a"), Value(U64, "b")
        self.body: Body = program(self.module, "test", [self.a, self.b], I32, section="syscall")
        self._out = self.body.address("out", self._array)
        self._next = 0

    def narrow(self, x: Operand, t: Int) -> Operand:
        return self.body.convert(ConvertOp.TRUNC, x, t)

    def keep(self, x: Operand) -> None:
        wide = x if x.type == U64 else self.body.convert(ConvertOp.ZEXT, x, U64)
        place = self.body.element(self._out, self._array, Const(U64, self._next))
        self.body.store(place, wide)
        self._next += 1

    def finish(self) -> Module:
        self.body.ret(Const(I32, 0))
        return self.module


def outcomes(loaded, a: int, b: int) -> list[int]:
    loaded.run(a, b)
    data = loaded.read(".bss")
    return list(struct.unpack(f"<{len(data) // 8}Q", data))


@pytest.fixture(scope="module")
def operators(loaded):
    made = Results(len(WIDTHS) * len(BinaryOp))
    for bits in WIDTHS:
        t = Int(bits)
        for op in BinaryOp:
            made.keep(made.body.binary(op, made.narrow(made.a, t), made.narrow(made.b, t)))
    return loaded(made.finish())


@given(NUMBERS, NUMBERS)
@example(1 << 63, (1 << 64) - 1)
@example(5, 0)
@QUICK
def test_every_operator_means_what_python_says_it_does(operators, a, b):
    expected = [binary(op, a, b, bits) for bits in WIDTHS for op in BinaryOp]
    assert outcomes(operators, a, b) == expected


@pytest.fixture(scope="module")
def comparisons(loaded):
    made = Results(len(WIDTHS) * len(CompareOp))
    for bits in WIDTHS:
        t = Int(bits)
        for op in CompareOp:
            made.keep(made.body.compare(op, made.narrow(made.a, t), made.narrow(made.b, t)))
    return loaded(made.finish())


@given(NUMBERS, NUMBERS)
@QUICK
def test_every_comparison_means_what_python_says_it_does(comparisons, a, b):
    expected = [int(compare(op, a, b, bits)) for bits in WIDTHS for op in CompareOp]
    assert outcomes(comparisons, a, b) == expected


CONSTANTS = [0, 1, 2, 3, 10, 31, 32, 63, 64, 65, 100, 1 << 31, 1 << 63, (1 << 64) - 1, (1 << 64) - 10]


@pytest.fixture(scope="module", params=[32, 64])
def by_constants(request, loaded):
    """Each operator with each constant on the right, which LLVM may fold and reason about."""
    made = Results(len(CONSTANTS) * len(BinaryOp))
    t = Int(request.param)
    left = made.narrow(made.a, t)
    for constant in CONSTANTS:
        for op in BinaryOp:
            made.keep(made.body.binary(op, left, Const(t, constant)))
    return loaded(made.finish()), request.param


@given(NUMBERS)
@QUICK
def test_constants_on_the_right_change_nothing(by_constants, a):
    program_, bits = by_constants
    expected = [binary(op, a, c, bits) for c in CONSTANTS for op in BinaryOp]
    assert outcomes(program_, a, 0) == expected


@pytest.fixture(scope="module")
def constant_left(loaded):
    made = Results(len(CONSTANTS) * len(BinaryOp))
    for constant in CONSTANTS:
        for op in BinaryOp:
            made.keep(made.body.binary(op, Const(U64, constant), made.a))
    return loaded(made.finish())


@given(NUMBERS)
@QUICK
def test_constants_on_the_left_change_nothing(constant_left, a):
    assert outcomes(constant_left, a, 0) == [binary(op, c, a, 64) for c in CONSTANTS for op in BinaryOp]


def test_operators_of_two_constants(loaded):
    pairs = [(a, b) for a in CONSTANTS[::2] for b in CONSTANTS]
    made = Results(len(pairs) * len(BinaryOp))
    for a, b in pairs:
        for op in BinaryOp:
            made.keep(made.body.binary(op, Const(U64, a), Const(U64, b)))
    assert outcomes(loaded(made.finish()), 0, 0) == [binary(op, a, b, 64) for a, b in pairs for op in BinaryOp]


@pytest.fixture(scope="module")
def identities(loaded):
    """What LLVM would reason about division: a quotient compared with 0, a quotient times its divisor, a known divisor."""
    made = Results(8)
    body, a, b = made.body, made.a, made.b
    zero = Const(U64, 0)
    quotient = body.binary(BinaryOp.UDIV, a, b)
    remainder = body.binary(BinaryOp.UREM, a, b)
    made.keep(body.compare(CompareOp.EQ, quotient, zero))
    made.keep(body.compare(CompareOp.EQ, remainder, a))
    made.keep(body.binary(BinaryOp.SUB, a, body.binary(BinaryOp.MUL, quotient, b)))
    made.keep(body.compare(CompareOp.EQ, b, zero))  # after a division, b is still not known to differ from 0
    small = body.binary(BinaryOp.AND, b, Const(U64, 3))
    made.keep(body.binary(BinaryOp.UDIV, a, small))
    made.keep(body.compare(CompareOp.ULT, body.binary(BinaryOp.UREM, a, small), Const(U64, 4)))
    made.keep(body.binary(BinaryOp.SDIV, a, small))
    made.keep(body.binary(BinaryOp.UDIV, body.binary(BinaryOp.AND, a, Const(U64, 1)), small))
    return loaded(made.finish())


@given(NUMBERS, NUMBERS)
@QUICK
def test_llvm_infers_nothing_false_from_a_division(identities, a, b):
    quotient, remainder = binary(BinaryOp.UDIV, a, b, 64), binary(BinaryOp.UREM, a, b, 64)
    small = b & 3
    assert outcomes(identities, a, b) == [
        quotient == 0,
        remainder == a,
        wrap(a - quotient * b, 64),
        b == 0,
        binary(BinaryOp.UDIV, a, small, 64),
        binary(BinaryOp.UREM, a, small, 64) < 4,
        binary(BinaryOp.SDIV, a, small, 64),
        binary(BinaryOp.UDIV, a & 1, small, 64),
    ]


@pytest.fixture(scope="module")
def conversions(loaded):
    made = Results(len(WIDTHS) ** 2 * 2 + 6)
    body = made.body
    for old in WIDTHS:
        narrow = made.narrow(made.a, Int(old))
        for new in WIDTHS:
            for op in (ConvertOp.ZEXT, ConvertOp.SEXT):
                made.keep(body.convert(op if new > old else ConvertOp.TRUNC, narrow, Int(new)))
    truth = body.compare(CompareOp.ULT, made.a, made.b)
    other = body.compare(CompareOp.NE, made.a, Const(U64, 0))
    made.keep(body.binary(BinaryOp.AND, truth, other))
    made.keep(body.binary(BinaryOp.OR, truth, other))
    made.keep(body.binary(BinaryOp.XOR, truth, Const(BOOL, 1)))
    made.keep(body.select(truth, made.a, made.b))
    made.keep(body.opaque(truth))
    made.keep(body.opaque(made.narrow(made.a, Int(16))))
    return loaded(made.finish())


@given(NUMBERS, NUMBERS)
@QUICK
def test_conversions_selections_and_truth(conversions, a, b):
    expected = []
    for old in WIDTHS:
        for new in WIDTHS:
            expected += [wrap(wrap(a, old), new), wrap(signed(a, old), new) if new > old else wrap(wrap(a, old), new)]
    truth, other = a < b, a != 0
    expected += [truth and other, truth or other, not truth, min(a, b), truth, wrap(a, 16)]
    assert outcomes(conversions, a, b) == expected


def test_no_instruction_promises_what_the_language_does_not():
    """No nsw, nuw, exact in what is handed to LLVM."""
    from scxdsl.codegen.module import emit

    made = Results(len(BinaryOp))
    for op in BinaryOp:
        made.keep(made.body.binary(op, made.a, made.b))
    text = emit(made.finish())
    assert not any(word in text for word in (" nsw ", " nuw ", " exact ", "unreachable"))
