# SPDX-License-Identifier: GPL-2.0-only
"""An assembler for the notation of the conformance vectors: `add32 %r1, 5`, `ldxw %r0, [%r1+4]`, `jeq %r1, %r2, label`."""

import re
import struct
from collections.abc import Callable

ALU = {
    "add": 0, "sub": 1, "mul": 2, "div": 3, "or": 4, "and": 5, "lsh": 6, "rsh": 7, "mod": 9, "xor": 10, "mov": 11, "arsh": 12,
}  # fmt: skip
JUMPS = {
    "jeq": 1, "jgt": 2, "jge": 3, "jset": 4, "jne": 5, "jsgt": 6, "jsge": 7, "jlt": 10, "jle": 11, "jslt": 12, "jsle": 13,
}  # fmt: skip
WIDTHS = {"w": 0x00, "h": 0x08, "b": 0x10, "dw": 0x18}
ATOMICS = {"add": 0x00, "or": 0x40, "and": 0x50, "xor": 0xA0, "xchg": 0xE1, "cmpxchg": 0xF1}


class AssemblyError(Exception):
    """The text is no program."""


def assemble(text: str) -> bytes:
    """The instructions of `text`. `exit` used as a label without being one means the last exit. Raises AssemblyError."""
    return _Assembler(text).code()


class _Assembler:
    def __init__(self, text: str) -> None:
        self.labels: dict[str, int] = {}
        self.lines: list[tuple[int, str, list[str]]] = []
        at = 0
        last_exit = None
        for raw in text.splitlines():
            line = raw.split("#")[0].strip()
            if line.endswith(":"):
                self.labels[line[:-1]] = at
            elif line:
                name, _, rest = line.partition(" ")
                operands = [o.strip() for o in rest.split(",")] if rest.strip() else []
                self.lines.append((at, name, operands))
                if name == "exit":
                    last_exit = at
                at += 2 if name == "lddw" else 1
        if last_exit is not None:
            self.labels.setdefault("exit", last_exit)

    def code(self) -> bytes:
        return b"".join(self.one(at, name, operands) for at, name, operands in self.lines)

    def one(self, at: int, name: str, operands: list[str]) -> bytes:
        for pattern, encode, count in _FORMS:
            found = pattern.fullmatch(name)
            if found:
                if count is not None and len(operands) != count:
                    raise AssemblyError(f"{name} takes {count} operands")
                return encode(self, at, found, operands)
        raise AssemblyError(f"no instruction is named {name}")

    def alu(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        signs = m[1] in ("sdiv", "smod")
        opcode = (4 if m[2] else 7) | ALU[m[1][1:] if signs else m[1]] << 4
        offset = 1 if signs else 0
        if o[1].startswith("%"):
            return pack(opcode | 8, register(o[0]), register(o[1]), offset)
        return pack(opcode, register(o[0]), 0, offset, immediate(o[1]))

    def negate(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        return pack(0x84 if m[1] else 0x87, register(o[0]))

    def extend(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        return pack(0xBF if m[2] == "64" else 0xBC, register(o[0]), register(o[1]), int(m[1]))

    def swap(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        opcode = {"le": 0xD4, "be": 0xDC, "swap": 0xD7, "bswap": 0xD7}[m[1]]
        return pack(opcode, register(o[0]), imm=int(m[2]))

    def wide(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        value = number(o[1]) & (1 << 64) - 1
        return pack(0x18, register(o[0]), imm=signed(value & 0xFFFFFFFF)) + pack(0, imm=signed(value >> 32))

    def load(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        base, offset = place(o[1])
        return pack((0x81 if m[1] else 0x61) | WIDTHS[m[2]], register(o[0]), base, offset)

    def store(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        base, offset = place(o[0])
        if m[1]:
            return pack(0x63 | WIDTHS[m[2]], base, register(o[1]), offset)
        return pack(0x62 | WIDTHS[m[2]], base, 0, offset, immediate(o[1]))

    def lock(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        found = re.fullmatch(r"(fetch )?(\w+?)(32)?\s+(\[.*\])", o[0]) if len(o) == 2 else None
        if not found or found[2] not in ATOMICS:
            raise AssemblyError("no such atomic operation")
        base, offset = place(found[4])
        operation = ATOMICS[found[2]] | (1 if found[1] else 0)
        return pack(0xC3 if found[3] else 0xDB, base, register(o[1]), offset, operation)

    def jump(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        opcode = (6 if m[2] else 5) | JUMPS[m[1]] << 4
        offset = self.distance(at, o[2])
        if o[1].startswith("%"):
            return pack(opcode | 8, register(o[0]), register(o[1]), offset)
        return pack(opcode, register(o[0]), 0, offset, immediate(o[1]))

    def goto(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        if m[1]:
            return pack(0x06, imm=self.distance(at, o[0]))
        return pack(0x05, offset=self.distance(at, o[0]))

    def call(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        if o[0].startswith("local "):
            return pack(0x85, src=1, imm=self.distance(at, o[0].split()[1]))
        if o[0].startswith("%"):
            return pack(0x8D, register(o[0]))
        return pack(0x85, imm=immediate(o[0]))

    def leave(self, at: int, m: re.Match[str], o: list[str]) -> bytes:
        return pack(0x95)

    def distance(self, at: int, label: str) -> int:
        if label in self.labels:
            return self.labels[label] - at - 1
        if re.fullmatch(r"[+-]?\d+", label):
            return int(label)
        raise AssemblyError(f"no label {label}")


Encoder = Callable[[_Assembler, int, re.Match[str], list[str]], bytes]
_FORMS: list[tuple[re.Pattern[str], Encoder, int | None]] = [
    (re.compile(r"(" + "|".join(ALU) + r"|sdiv|smod)(32)?"), _Assembler.alu, 2),
    (re.compile(r"neg(32)?"), _Assembler.negate, 1),
    (re.compile(r"movsx(8|16|32)(32|64)"), _Assembler.extend, 2),
    (re.compile(r"(le|be|swap|bswap)(16|32|64)"), _Assembler.swap, 1),
    (re.compile(r"lddw"), _Assembler.wide, 2),
    (re.compile(r"ldx(s)?(b|h|w|dw)"), _Assembler.load, 2),
    (re.compile(r"st(x)?(b|h|w|dw)"), _Assembler.store, 2),
    (re.compile(r"lock"), _Assembler.lock, None),
    (re.compile(r"(" + "|".join(JUMPS) + r")(32)?"), _Assembler.jump, 3),
    (re.compile(r"ja(32)?"), _Assembler.goto, 1),
    (re.compile(r"call"), _Assembler.call, 1),
    (re.compile(r"exit"), _Assembler.leave, 0),
]


def pack(opcode: int, dst: int = 0, src: int = 0, offset: int = 0, imm: int = 0) -> bytes:
    try:
        return struct.pack("<BBhi", opcode, dst | src << 4, offset, imm)
    except struct.error as cause:
        raise AssemblyError("an operand is out of range") from cause


def register(text: str) -> int:
    found = re.fullmatch(r"%r(\d+)", text)
    if not found or int(found[1]) > 10:
        raise AssemblyError(f"no register {text}")
    return int(found[1])


def place(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\[(%r\d+)\s*([+-]\s*\w+)?\]", text)
    if not found:
        raise AssemblyError(f"no place in memory: {text}")
    return register(found[1]), number(found[2].replace(" ", "")) if found[2] else 0


def number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError as cause:
        raise AssemblyError(f"no number: {text}") from cause


def immediate(text: str) -> int:
    """32 bits: decimal ones signed, hexadecimal ones as a pattern."""
    value = number(text)
    return signed(value) if "x" in text.lower() and 0 <= value < 1 << 32 else value


def signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value
