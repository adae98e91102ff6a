# SPDX-License-Identifier: GPL-2.0-only
"""BPF instructions, decoded: RFC 9669, and what kernel and LLVM added to it (ISA v4, load-acquire and store-release,
may_goto, address-space casts, register jumps).

An unused field that is not zero makes an instruction undefined, as the kernel's verifier has it
(kernel/bpf/verifier.c: check_alu_op, check_cond_jmp_op, check_ld_imm, do_check).
"""

import struct
from dataclasses import dataclass
from enum import Enum

from .errors import UndefinedInstruction

SLOT = 8
"""Bytes of one instruction slot; a 64-bit immediate load takes two."""


class Form(Enum):
    """What an instruction does, by which fields it uses."""

    ALU = "alu"
    """dst = dst OPERATION (src or imm); also mov, neg, byte swaps and sign-extending moves."""
    CAST = "cast"
    """dst = address-space cast of src (arenas)."""
    LOAD = "load"
    """dst = *(width *)(src + offset)."""
    STORE = "store"
    """*(width *)(dst + offset) = src or imm."""
    ATOMIC = "atomic"
    """An atomic access to *(width *)(dst + offset), or for load_acquire (src + offset)."""
    IMMEDIATE = "immediate"
    """dst = 64-bit immediate or address; two slots."""
    GOTO = "goto"
    """Unconditional jump; operation is goto, may_goto or goto_register."""
    BRANCH = "branch"
    """Jump if dst OPERATION (src or imm)."""
    CALL = "call"
    """Call; operation is helper, local, kfunc or register."""
    EXIT = "exit"
    PACKET = "packet"
    """Legacy packet access: r0 = packet[imm or src + imm]."""


ALU_OPERATIONS = ("add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", "mod", "xor", "mov", "arsh", "swap")
BRANCHES = {
    0x10: "eq", 0x20: "gt", 0x30: "ge", 0x40: "set", 0x50: "ne", 0x60: "sgt",
    0x70: "sge", 0xA0: "lt", 0xB0: "le", 0xC0: "slt", 0xD0: "sle",
}  # fmt: skip
ATOMICS = {
    0x00: "add", 0x40: "or", 0x50: "and", 0xA0: "xor", 0x01: "fetch_add", 0x41: "fetch_or", 0x51: "fetch_and",
    0xA1: "fetch_xor", 0xE1: "xchg", 0xF1: "cmpxchg", 0x100: "load_acquire", 0x110: "store_release",
}  # fmt: skip
WIDTHS = {0x00: 32, 0x08: 16, 0x10: 8, 0x18: 64}

PSEUDO_MAP_FD, PSEUDO_MAP_VALUE, PSEUDO_BTF_ID, PSEUDO_FUNC, PSEUDO_MAP_INDEX, PSEUDO_MAP_INDEX_VALUE = range(1, 7)
"""Source-register codes of a 64-bit immediate (include/uapi/linux/bpf.h)."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded instruction. `at` counts slots from the start of what was decoded."""

    at: int
    opcode: int
    dst: int
    src: int
    offset: int
    imm: int
    """Signed 32 bits; the 64 bits of an IMMEDIATE are unsigned."""
    form: Form
    operation: str
    width: int
    """Bits: 32 or 64 of an ALU operation or comparison, 8 to 64 of a memory access; 0 where it means nothing."""
    signed: bool = False
    """A sign-extending load."""
    register: bool = False
    """The second operand is the register `src`, not `imm`."""

    @property
    def slots(self) -> int:
        return 2 if self.form is Form.IMMEDIATE else 1

    @property
    def next(self) -> int:
        """Slot of the instruction that follows in memory."""
        return self.at + self.slots

    @property
    def target(self) -> int | None:
        """Slot that a jump or local call goes to; None where it has none or the number is no slot yet."""
        if self.form is Form.BRANCH or self.form is Form.GOTO:
            if self.operation == "goto_register":
                return None
            far = self.form is Form.GOTO and self.operation == "goto" and self.opcode == 0x06
            return self.at + 1 + (self.imm if far else self.offset)
        if self.form is Form.CALL and self.operation == "local":
            return self.at + 1 + self.imm
        return None


_FIELDS = struct.Struct("<BBhi")


def decode(code: bytes, section: str = "") -> tuple[Instruction, ...]:
    """The instructions of `code`, in order.

    Raises UndefinedInstruction for a length that is no multiple of 8, for undefined encodings, and for a 64-bit immediate
    that lacks its second slot.
    """
    if len(code) % SLOT:
        at = len(code) // SLOT
        raise UndefinedInstruction(at, code[at * SLOT :], "it is cut off", section)
    out: list[Instruction] = []
    at, end = 0, len(code) // SLOT
    while at < end:
        instruction = _one(code, at, end, section)
        out.append(instruction)
        at = instruction.next
    return tuple(out)


class _Bad(Exception):
    pass


def _one(code: bytes, at: int, end: int, section: str) -> Instruction:
    opcode, registers, offset, imm = _FIELDS.unpack_from(code, at * SLOT)
    dst, src = registers & 15, registers >> 4
    try:
        if dst > 10 or (src > 10):
            raise _Bad("there are eleven registers, r0 to r10")
        fields = _Fields(at, opcode, dst, src, offset, imm)
        if opcode == 0x18:
            return _immediate(fields, code, end)
        return _DECODERS[opcode & 7](fields)
    except _Bad as bad:
        raise UndefinedInstruction(at, code[at * SLOT : at * SLOT + SLOT], str(bad), section) from None


@dataclass(slots=True)
class _Fields:
    at: int
    opcode: int
    dst: int
    src: int
    offset: int
    imm: int

    def zero(self, *names: str) -> None:
        for name in names:
            if getattr(self, name):
                raise _Bad(f"its unused field {name} is not zero")

    def made(self, form: Form, operation: str, width: int, signed: bool = False, register: bool = False) -> Instruction:
        return Instruction(
            self.at, self.opcode, self.dst, self.src, self.offset, self.imm, form, operation, width, signed, register
        )


def _immediate(f: _Fields, code: bytes, end: int) -> Instruction:
    f.zero("offset")
    if f.src > PSEUDO_MAP_INDEX_VALUE:
        raise _Bad(f"there is no 64-bit immediate of kind {f.src}")
    if f.at + 1 >= end:
        raise _Bad("its second half is missing")
    opcode, registers, offset, high = _FIELDS.unpack_from(code, (f.at + 1) * SLOT)
    if opcode or registers or offset:
        raise _Bad("its second half is not one")
    f.imm = (f.imm & 0xFFFFFFFF) | (high & 0xFFFFFFFF) << 32
    return f.made(Form.IMMEDIATE, "ld_imm64", 64)


def _legacy(f: _Fields) -> Instruction:
    mode, width = f.opcode & 0xE0, WIDTHS[f.opcode & 0x18]
    if mode not in (0x20, 0x40) or width == 64:
        raise _Bad("unknown load")
    f.zero("dst", "offset")
    if mode == 0x20:
        f.zero("src")
    return f.made(Form.PACKET, "abs" if mode == 0x20 else "ind", width, register=mode == 0x40)


def _load(f: _Fields) -> Instruction:
    mode, width = f.opcode & 0xE0, WIDTHS[f.opcode & 0x18]
    if mode not in (0x60, 0x80) or (mode == 0x80 and width == 64):
        raise _Bad("unknown load")
    f.zero("imm")
    return f.made(Form.LOAD, "load", width, signed=mode == 0x80)


def _store_imm(f: _Fields) -> Instruction:
    if f.opcode & 0xE0 != 0x60:
        raise _Bad("unknown store")
    f.zero("src")
    return f.made(Form.STORE, "store", WIDTHS[f.opcode & 0x18])


def _store(f: _Fields) -> Instruction:
    mode, width = f.opcode & 0xE0, WIDTHS[f.opcode & 0x18]
    if mode == 0x60:
        f.zero("imm")
        return f.made(Form.STORE, "store", width, register=True)
    if mode != 0xC0 or f.imm not in ATOMICS:
        raise _Bad("unknown store" if mode != 0xC0 else f"unknown atomic operation {f.imm:#x}")
    operation = ATOMICS[f.imm]
    if width < 32 and operation not in ("load_acquire", "store_release"):
        raise _Bad("an atomic operation takes 4 or 8 bytes")
    return f.made(Form.ATOMIC, operation, width, register=True)


def _alu(f: _Fields) -> Instruction:
    wide = f.opcode & 7 == 7
    width, register, code = 64 if wide else 32, bool(f.opcode & 8), f.opcode >> 4
    if code >= len(ALU_OPERATIONS):
        raise _Bad("unknown arithmetic operation")
    operation = ALU_OPERATIONS[code]
    if operation == "swap":
        f.zero("src", "offset")
        if f.imm not in (16, 32, 64) or (wide and register):
            raise _Bad("a byte swap is of 16, 32 or 64 bits")
        return f.made(Form.ALU, "bswap" if wide else "be" if register else "le", f.imm)
    if operation == "neg":
        f.zero("src", "imm", "offset")
        if register:
            raise _Bad("a negation has no second operand")
        return f.made(Form.ALU, "neg", width)
    f.zero("imm" if register else "src")
    if operation in ("div", "mod") and f.offset == 1:
        return f.made(Form.ALU, "s" + operation, width, register=register)
    if operation == "mov" and register and f.offset in (8, 16, 32) and f.offset < width:
        return f.made(Form.ALU, f"movsx{f.offset}", width, register=True)
    f.zero("offset")
    return f.made(Form.ALU, operation, width, register=register)


def _alu_or_cast(f: _Fields) -> Instruction:
    if f.opcode == 0xBF and f.offset == 1 and f.imm in (1, 1 << 16):  # imm: the two address spaces, 0 and 1
        return f.made(Form.CAST, "addr_space_cast", 64, register=True)
    return _alu(f)


def _jump(f: _Fields) -> Instruction:
    short, code, register = f.opcode & 7 == 6, f.opcode & 0xF0, bool(f.opcode & 8)
    if code in BRANCHES:
        f.zero("imm" if register else "src")
        return f.made(Form.BRANCH, BRANCHES[code], 32 if short else 64, register=register)
    if short and f.opcode != 0x06:
        raise _Bad("unknown jump")
    if code == 0x00:
        if register:
            f.zero("src", "offset", "imm")
            return f.made(Form.GOTO, "goto_register", 0, register=True)
        f.zero("dst", "src", "offset" if short else "imm")
        return f.made(Form.GOTO, "goto", 0)
    if code == 0x80:
        return _call(f, register)
    if register:
        raise _Bad("unknown jump")
    if code == 0x90:
        f.zero("dst", "src", "offset", "imm")
        return f.made(Form.EXIT, "exit", 0)
    if code == 0xE0:
        f.zero("dst", "src", "imm")
        return f.made(Form.GOTO, "may_goto", 0)
    raise _Bad("unknown jump")


def _call(f: _Fields, register: bool) -> Instruction:
    if register:
        f.zero("src", "offset", "imm")
        return f.made(Form.CALL, "register", 0, register=True)
    f.zero("dst")
    if f.src > 2:
        raise _Bad(f"there is no call of kind {f.src}")
    if f.src != 2:  # a kfunc's offset is the index of its module's BTF
        f.zero("offset")
    return f.made(Form.CALL, ("helper", "local", "kfunc")[f.src], 0)


_DECODERS = (_legacy, _load, _store_imm, _store, _alu, _jump, _jump, _alu_or_cast)
