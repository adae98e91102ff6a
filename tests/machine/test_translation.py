# SPDX-License-Identifier: GPL-2.0-only
"""Random programs: the translated function and the plain interpreter agree."""

import struct
from itertools import count

import plain_interpreter
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scxdsl.machine.bare import Bare
from scxdsl.machine.errors import Endless
from scxdsl.objects.instruction import ATOMICS, BRANCHES, decode

ALU = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]
EDGES = [0, 1, -1, 2, 7, 31, 32, 63, 64, 255, 0x7FFF, 0x8000, 0x7FFFFFFF, -0x80000000]
WIDE = [0, 1, 2**64 - 1, 2**63, 2**63 - 1, 2**32, 2**32 - 1, 2**31, 2**31 - 1, 0x8000_0000_8000_0000]
SLOTS = [-8, -16, -24, -32]

register = st.integers(0, 8)
immediate = st.one_of(st.sampled_from(EDGES), st.integers(-(2**31), 2**31 - 1))


def pack(opcode: int, dst: int = 0, src: int = 0, offset: int = 0, imm: int = 0) -> bytes:
    return struct.pack("<BBhi", opcode, dst | src << 4, offset, imm)


def wide(dst: int, value: int) -> bytes:
    low, high = value & 0xFFFFFFFF, value >> 32
    return struct.pack("<BBhI", 0x18, dst, 0, low) + struct.pack("<BBhI", 0, 0, 0, high)


@st.composite
def arithmetic(draw: st.DrawFn) -> bytes:
    klass, operation = draw(st.sampled_from((4, 7))), draw(st.sampled_from(ALU))
    dst, src = draw(register), draw(register)
    offset = 1 if operation in (3, 9) and draw(st.booleans()) else 0
    if draw(st.booleans()):
        if operation == 11:
            offset = draw(st.sampled_from((0, 8, 16, 32) if klass == 7 else (0, 8, 16)))
        return pack(klass | operation << 4 | 8, dst, src, offset)
    return pack(klass | operation << 4, dst, 0, offset, draw(immediate))


@st.composite
def swap_or_negate(draw: st.DrawFn) -> bytes:
    opcode = draw(st.sampled_from((0x84, 0x87, 0xD4, 0xDC, 0xD7)))
    return pack(opcode, draw(register), imm=0 if opcode in (0x84, 0x87) else draw(st.sampled_from((16, 32, 64))))


@st.composite
def memory(draw: st.DrawFn) -> bytes:
    size = draw(st.sampled_from((0x00, 0x08, 0x10, 0x18)))
    offset = draw(st.sampled_from(SLOTS)) + draw(st.integers(0, 8 - {0: 4, 8: 2, 16: 1, 24: 8}[size]))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return pack(0x61 | size, draw(register), 10, offset)
    if kind == 1 and size != 0x18:
        return pack(0x81 | size, draw(register), 10, offset)
    if kind == 2:
        return pack(0x62 | size, 10, 0, offset, draw(immediate))
    return pack(0x63 | size, 10, draw(register), offset)


@st.composite
def atomic(draw: st.DrawFn) -> bytes:
    operation = draw(st.sampled_from(sorted(ATOMICS)))
    size = draw(st.sampled_from((0x00, 0x18)))
    offset = draw(st.sampled_from(SLOTS))
    if ATOMICS[operation] == "load_acquire":
        return pack(0xC3 | size, draw(register), 10, offset, operation)
    return pack(0xC3 | size, 10, draw(register), offset, operation)


statement = st.one_of(arithmetic(), arithmetic(), swap_or_negate(), memory(), memory(), atomic())


@st.composite
def programs(draw: st.DrawFn) -> bytes:
    """Blocks of statements; each ends in a branch to any other, and r9 counts down, so that loops end."""
    bodies = draw(st.lists(st.lists(statement, max_size=5), min_size=1, max_size=9))
    head = b"".join(wide(r, draw(st.one_of(st.sampled_from(WIDE), st.integers(0, 2**64 - 1)))) for r in range(9))
    head += pack(0xB7, 9, imm=draw(st.integers(1, 12)))
    head += b"".join(pack(0x7B, 10, n, slot) for n, slot in enumerate(SLOTS))
    # each block: body, r9 -= 1, if r9 == 0 goto end, branch, goto
    sizes = [sum(map(len, body)) // 8 + 4 for body in bodies]
    starts, at = [], len(head) // 8
    for size in sizes:
        starts.append(at)
        at += size
    end, code = at, head
    for body, start, size in zip(bodies, starts, sizes, strict=True):
        code += b"".join(body) + pack(0x17, 9, imm=1) + pack(0x15, 9, offset=end - (start + size - 3) - 1)
        other, next_ = draw(st.sampled_from(starts)), draw(st.sampled_from([*starts, end]))
        branch = draw(st.sampled_from(sorted(BRANCHES))) | draw(st.sampled_from((5, 6)))
        if draw(st.booleans()):
            code += pack(branch | 8, draw(register), draw(register), other - (start + size - 1))
        else:
            code += pack(branch, draw(register), 0, other - (start + size - 1), draw(immediate))
        code += pack(0x05, offset=next_ - (start + size))
    code += b"".join(pack(0xAF, 0, n) for n in range(1, 9))
    return code + pack(0x79, 1, 10, -8) + pack(0xAF, 0, 1) + pack(0x95)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_random_programs(code: bytes) -> None:
    assert Bare(code).run() == plain_interpreter.run(decode(code))


@pytest.mark.sweep
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_many_random_programs(code: bytes) -> None:
    assert Bare(code).run() == plain_interpreter.run(decode(code))


def test_deep_nests_of_branches() -> None:
    """More ifs inside each other than one Python function may nest."""
    depth = 150
    code = pack(0xB7, 0, imm=0) + pack(0xB7, 1, imm=7)
    for n in count():
        if n == depth:
            break
        code += pack(0x55, 1, offset=2 * (depth - n), imm=7) + pack(0x07, 0, imm=1)
    code += pack(0x95) + pack(0xB7, 0, imm=-1) + pack(0x95)
    assert Bare(code).run() == plain_interpreter.run(decode(code)) == depth


def test_an_endless_loop_ends_as_a_finding() -> None:
    code = pack(0xB7, 0, imm=0) + pack(0x05, offset=-1)
    with pytest.raises(Endless) as found:
        Bare(code, turn_limit=1000).run()
    assert found.value.where[0].at == 1


def test_may_goto_ends_a_loop() -> None:
    """r0 counts the turns until may_goto gives up."""
    code = pack(0xB7, 0, imm=0) + pack(0xE5, offset=2) + pack(0x07, 0, imm=1) + pack(0x05, offset=-3) + pack(0x95)
    assert Bare(code, turn_limit=100).run() == 100
