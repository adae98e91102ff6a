# SPDX-License-Identifier: GPL-2.0-only
"""Random programs over numbers and four slots of the stack, with branches and loops that end."""

import struct

from hypothesis import strategies as st

from scxdsl.objects.instruction import ATOMICS, BRANCHES

_ALU = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]
_EDGES = [0, 1, -1, 2, 7, 31, 32, 63, 64, 255, 0x7FFF, 0x8000, 0x7FFFFFFF, -0x80000000]
_WIDE = [0, 1, 2**64 - 1, 2**63, 2**63 - 1, 2**32, 2**32 - 1, 2**31, 2**31 - 1, 0x8000_0000_8000_0000]
SLOTS = [-8, -16, -24, -32]
_BYTES = {0x00: 4, 0x08: 2, 0x10: 1, 0x18: 8}

register = st.integers(0, 8)
immediate = st.one_of(st.sampled_from(_EDGES), st.integers(-(2**31), 2**31 - 1))


def pack(opcode: int, dst: int = 0, src: int = 0, offset: int = 0, imm: int = 0) -> bytes:
    return struct.pack("<BBhi", opcode, dst | src << 4, offset, imm)


def wide(dst: int, value: int) -> bytes:
    low, high = value & 0xFFFFFFFF, value >> 32
    return struct.pack("<BBhI", 0x18, dst, 0, low) + struct.pack("<BBhI", 0, 0, 0, high)


@st.composite
def _arithmetic(draw: st.DrawFn, kernel: bool) -> bytes:
    klass, operation = draw(st.sampled_from((4, 7))), draw(st.sampled_from(_ALU))
    dst, src = draw(register), draw(register)
    offset = 1 if operation in (3, 9) and draw(st.booleans()) else 0
    if draw(st.booleans()):
        if operation == 11:
            offset = draw(st.sampled_from((0, 8, 16, 32) if klass == 7 else (0, 8, 16)))
        return pack(klass | operation << 4 | 8, dst, src, offset)
    number = draw(immediate)
    if kernel and operation in (3, 9) and number == 0:
        number = 3  # the verifier refuses division by a constant 0
    if kernel and operation in (6, 7, 12):
        number %= 32 if klass == 4 else 64  # and shifts by constants out of range
    return pack(klass | operation << 4, dst, 0, offset, number)


@st.composite
def _swap_or_negate(draw: st.DrawFn) -> bytes:
    opcode = draw(st.sampled_from((0x84, 0x87, 0xD4, 0xDC, 0xD7)))
    return pack(opcode, draw(register), imm=0 if opcode in (0x84, 0x87) else draw(st.sampled_from((16, 32, 64))))


@st.composite
def _memory(draw: st.DrawFn, kernel: bool) -> bytes:
    size = draw(st.sampled_from(sorted(_BYTES)))
    within = draw(st.integers(0, 8 - _BYTES[size]))
    offset = draw(st.sampled_from(SLOTS)) + (within // _BYTES[size] * _BYTES[size] if kernel else within)
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return pack(0x61 | size, draw(register), 10, offset)
    if kind == 1 and size != 0x18:
        return pack(0x81 | size, draw(register), 10, offset)
    if kind == 2:
        return pack(0x62 | size, 10, 0, offset, draw(immediate))
    return pack(0x63 | size, 10, draw(register), offset)


@st.composite
def _atomic(draw: st.DrawFn) -> bytes:
    operation = draw(st.sampled_from(sorted(ATOMICS)))
    size = draw(st.sampled_from((0x00, 0x18)))
    offset = draw(st.sampled_from(SLOTS))
    if ATOMICS[operation] == "load_acquire":
        return pack(0xC3 | size, draw(register), 10, offset, operation)
    return pack(0xC3 | size, 10, draw(register), offset, operation)


def _statement(kernel: bool) -> st.SearchStrategy[bytes]:
    return st.one_of(_arithmetic(kernel), _arithmetic(kernel), _swap_or_negate(), _memory(kernel), _memory(kernel), _atomic())


@st.composite
def programs(draw: st.DrawFn, kernel: bool = False) -> bytes:
    """Blocks of statements; each ends in a branch to any other, and r9 counts down, so that loops end.

    For the kernel every block can be reached, accesses are aligned, and the result goes to the first 8 bytes of the context.
    """
    bodies = draw(st.lists(st.lists(_statement(kernel), max_size=5), min_size=1, max_size=9))
    head = pack(0x7B, 10, 1, -40) if kernel else b""
    head += b"".join(wide(r, draw(st.one_of(st.sampled_from(_WIDE), st.integers(0, 2**64 - 1)))) for r in range(9))
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
        code += b"".join(body) + pack(0x17, 9, imm=1) + pack(0x15, 9, offset=end - (start + size - 2))
        other = draw(st.sampled_from(starts))
        following = start + size if kernel else draw(st.sampled_from([*starts, end]))
        branch = draw(st.sampled_from(sorted(BRANCHES))) | draw(st.sampled_from((5, 6)))
        if draw(st.booleans()):
            code += pack(branch | 8, draw(register), draw(register), other - (start + size - 1))
        else:
            code += pack(branch, draw(register), 0, other - (start + size - 1), draw(immediate))
        code += pack(0x05, offset=following - (start + size))
    code += b"".join(pack(0xAF, 0, n) for n in range(1, 9))
    code += b"".join(pack(0x79, 1, 10, slot) + pack(0xAF, 0, 1) for slot in SLOTS)
    if kernel:
        code += pack(0x79, 1, 10, -40) + pack(0x7B, 1, 0) + pack(0xB7, 0)
    return code + pack(0x95)
