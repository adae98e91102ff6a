# SPDX-License-Identifier: GPL-2.0-only
"""Registers that are read though nothing was put into them, on some way."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from scxdsl.compiler import build
from scxdsl.objects import read
from scxdsl.objects.instruction import decode
from scxdsl.objects.object import Function
from scxdsl.machine.unwritten import unwritten

ROOT = Path(__file__).parents[2]
EXAMPLES = [*sorted((ROOT / "examples").glob("*.scx")), *sorted((ROOT / "tests/verdicts/accept").glob("lock_*.scx"))]
MOV, MOV_R, ADD_R, JEQ, CALL, EXIT, STORE, CMPXCHG = 0xB7, 0xBF, 0x0F, 0x15, 0x85, 0x95, 0x7B, 0xDB


def _i(opcode: int, dst: int = 0, src: int = 0, offset: int = 0, imm: int = 0) -> bytes:
    return struct.pack("<BBhi", opcode, src << 4 | dst, offset, imm)


@pytest.fixture(scope="module")
def some() -> Function:
    made = build(EXAMPLES[0].read_text(), EXAMPLES[0].name)
    assert made.object is not None
    return read(made.object).programs[0]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ((_i(MOV_R, 0, 2), _i(EXIT)), (0, 2)),  # a program has its context in r1 and nothing else
        ((_i(MOV_R, 0, 1), _i(EXIT)), None),
        ((_i(MOV, 6), _i(CALL, imm=5), _i(MOV_R, 7, 1), _i(EXIT)), (2, 1)),  # a call takes the arguments' registers
        ((_i(MOV, 6), _i(CALL, imm=5), _i(ADD_R, 0, 6), _i(EXIT)), None),
        ((_i(JEQ, 1, offset=1), _i(MOV, 3), _i(MOV_R, 0, 3), _i(EXIT)), (2, 3)),  # on one way of two
        ((_i(MOV, 3), _i(JEQ, 1, offset=1), _i(MOV, 3), _i(MOV_R, 0, 3), _i(EXIT)), None),
        ((_i(MOV, 2), _i(ADD_R, 2, 1), _i(STORE, 10, 9, -8), _i(EXIT)), (2, 9)),
        ((_i(MOV, 2), _i(CMPXCHG, 1, 2, imm=0xF1), _i(EXIT)), (1, 0)),
        ((_i(MOV, 3), _i(MOV_R, 0, 3), _i(JEQ, 0, offset=-3, imm=4), _i(EXIT)), None),
    ],
)
def test_the_first_read_is_found(some: Function, code: tuple[bytes, ...], expected: tuple[int, int] | None) -> None:
    data = b"".join(code)
    found = unwritten(replace(some, code=data, instructions=decode(data), program=True))
    assert (None if found is None else (found.at, found.register)) == expected


def test_a_subprogram_has_arguments(some: Function) -> None:
    data = _i(MOV_R, 0, 5) + _i(EXIT)
    assert unwritten(replace(some, code=data, instructions=decode(data), program=False)) is None


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_read_nothing_of_the_kind(path: Path) -> None:
    made = build(path.read_text(), path.name)
    assert made.object is not None
    assert [u for f in read(made.object).functions if (u := unwritten(f)) is not None] == []
