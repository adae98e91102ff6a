# SPDX-License-Identifier: GPL-2.0-only
"""Loops that the kernel bounds: `may_goto`, which LLVM as it comes with llvmlite cannot write, for that has no assembler for BPF.

So LLVM writes a test of a register, of which it knows nothing, against a number that nobody else uses, and the way out of the loop begins with
another such number in a register. In the object the test is replaced:

    if r3 == MARK goto out         may_goto out              the usual form
    ...                            ...
    if r3 != MARK goto body        may_goto +1               LLVM has turned it round: the way out follows,
    r1 = WAY_OUT                   goto body                 and its first instruction has nothing else to do

`may_goto` (from 6.9; kernel/bpf/verifier.c, is_may_goto_insn_at) goes on with the next instruction until the kernel's patience ends. The
verifier takes its turns for alike as soon as what it knows has stopped growing, as with iterators, but it calls nothing: it may stand under
a lock. LLVM may copy such a test as often as it likes, and ways out may share their first instruction.

The numbers are such as the module does not use: they are chosen when its text is there.
"""

import struct

from scxdsl.source.records import dataclass

MARK, WAY_OUT = "MAY_GOTO_MARK", "MAY_GOTO_OUT"
_FIRST, _STEP = 0x6D617967, 0x01010101
_NOTE = "; may_goto "
READ = 'call i64 asm sideeffect "", "=r"() #3'
LEAVE = 'call void asm sideeffect "", "r"(i64 {}) #3'

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SLOT = struct.Struct("<BBhi")
_EXECUTABLE = 4
_EQUAL, _NOT_EQUAL, _MOVE, _GOTO, _MAY_GOTO, _FAR = 0x15, 0x55, 0xB7, 0x05, 0xE5, 0x06
_CALL, _EXIT = 0x80, 0x90


@dataclass
class Unbounded(Exception):
    """LLVM has made something else of a test than is known here."""

    at: int


def marked(text: str) -> str:
    """A module's text with numbers for the marks, noted in its first line; the same text where it has none."""
    if MARK not in text:
        return text
    mark, way_out = [n for i in range(64) if str(n := (_FIRST + i * _STEP) & 0x7FFFFFFF) not in text][:2]
    return f"{_NOTE}{mark} {way_out}\n" + text.replace(MARK, str(mark)).replace(WAY_OUT, str(way_out))


def bounded(data: bytes, text: str) -> bytes:
    """The object of that module, with `may_goto` where the marks are. Raises Unbounded."""
    if not text.startswith(_NOTE):
        return data
    mark, way_out = map(int, text[len(_NOTE) : text.index("\n")].split())
    out = bytearray(data)
    head = _HEADER.unpack_from(data)
    for n in range(head[12]):
        _, type_, flags, _, offset, size, *_ = _SECTION.unpack_from(data, head[6] + n * _SECTION.size)
        if flags & _EXECUTABLE and type_ == 1:
            _section(out, offset, offset + size, mark, way_out)
    return bytes(out)


def _section(out: bytearray, start: int, end: int, mark: int, way_out: int) -> None:
    slots = range(start, end, _SLOT.size)
    taken: set[int] = set()  # instructions that nobody needs, whose room is used
    for at in slots:
        code, _, offset, imm = _SLOT.unpack_from(out, at)
        if imm != mark:
            continue
        if code == _EQUAL:
            _SLOT.pack_into(out, at, _MAY_GOTO, 0, offset, 0)
        elif code == _NOT_EQUAL and at + _SLOT.size < end and _SLOT.unpack_from(out, at + _SLOT.size)[::3] == (_MOVE, way_out):
            _SLOT.pack_into(out, at, _MAY_GOTO, 0, 0, 0)
            _SLOT.pack_into(out, at + _SLOT.size, _GOTO, 0, offset - 1, 0)
            taken.add(at + _SLOT.size)
        else:
            raise Unbounded(at - start)
    for at in slots if taken else ():  # other ways out may have shared the instruction: they go on behind it
        code, registers, offset, imm = _SLOT.unpack_from(out, at)
        if code & 7 in (5, 6) and code & 0xF0 not in (_CALL, _EXIT) and code != _FAR and at + _SLOT.size * (1 + offset) in taken:
            _SLOT.pack_into(out, at, code, registers, offset + 1, imm)
