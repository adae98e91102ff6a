# SPDX-License-Identifier: GPL-2.0-only
"""One instruction as text, in the notation of the kernel's log and of llvm-objdump."""

from .helpers import helper_name
from .instruction import (
    PSEUDO_BTF_ID, PSEUDO_FUNC, PSEUDO_MAP_FD, PSEUDO_MAP_INDEX, PSEUDO_MAP_INDEX_VALUE, PSEUDO_MAP_VALUE, Form, Instruction,
)  # fmt: skip
from .object import Refers, Relocation

_ALU = {
    "add": "+=", "sub": "-=", "mul": "*=", "div": "/=", "or": "|=", "and": "&=", "lsh": "<<=", "rsh": ">>=", "mod": "%=",
    "xor": "^=", "mov": "=", "arsh": "s>>=", "sdiv": "s/=", "smod": "s%=",
}  # fmt: skip
_TESTS = {
    "eq": "==", "gt": ">", "ge": ">=", "set": "&", "ne": "!=", "sgt": "s>", "sge": "s>=", "lt": "<", "le": "<=",
    "slt": "s<", "sle": "s<=",
}  # fmt: skip
_ATOMIC = {"add": "+=", "or": "|=", "and": "&=", "xor": "^="}
_PSEUDO = {
    PSEUDO_MAP_FD: "map fd ", PSEUDO_MAP_VALUE: "map value ", PSEUDO_BTF_ID: "btf id ", PSEUDO_FUNC: "function ",
    PSEUDO_MAP_INDEX: "map ", PSEUDO_MAP_INDEX_VALUE: "map value ",
}  # fmt: skip


def assembly(i: Instruction, refers: Relocation | None = None) -> str:
    """The instruction; what it refers to stands under its name where `refers` tells it."""
    match i.form:
        case Form.ALU:
            return _arithmetic(i)
        case Form.CAST:
            return f"r{i.dst} = addr_space_cast(r{i.src}, {i.imm & 0xFFFF}, {i.imm >> 16 & 0xFFFF})"
        case Form.LOAD:
            return f"r{i.dst} = *({'s' if i.signed else 'u'}{i.width} *)({_place(i.src, i.offset)})"
        case Form.STORE:
            value = f"r{i.src}" if i.register else str(i.imm)
            return f"*(u{i.width} *)({_place(i.dst, i.offset)}) = {value}"
        case Form.ATOMIC:
            return _atomic(i)
        case Form.IMMEDIATE:
            return _immediate(i, refers)
        case Form.GOTO:
            if i.operation == "goto_register":
                return f"gotox r{i.dst}"
            name = {0x06: "gotol", 0xE5: "may_goto"}.get(i.opcode, "goto")
            return f"{name} {_jump(i)}"
        case Form.BRANCH:
            letter = "r" if i.width == 64 else "w"
            right = f"{letter}{i.src}" if i.register else str(i.imm)
            return f"if {letter}{i.dst} {_TESTS[i.operation]} {right} goto {_jump(i)}"
        case Form.CALL:
            return _call(i, refers)
        case Form.EXIT:
            return "exit"
        case Form.PACKET:
            index = f"r{i.src}{i.imm:+d}" if i.register else str(i.imm)
            return f"r0 = *(u{i.width} *)skb[{index}]"


def _place(register: int, offset: int) -> str:
    return f"r{register} {'-' if offset < 0 else '+'} {abs(offset)}"


def _jump(i: Instruction) -> str:
    assert i.target is not None
    return f"{i.target - i.at - 1:+d} <{i.target}>"


def _arithmetic(i: Instruction) -> str:
    if i.operation in ("bswap", "be", "le"):
        return f"r{i.dst} = {i.operation}{i.width} r{i.dst}"
    letter = "r" if i.width == 64 else "w"
    left, right = f"{letter}{i.dst}", f"{letter}{i.src}" if i.register else str(i.imm)
    if i.operation == "neg":
        return f"{left} = -{left}"
    if i.operation.startswith("movsx"):
        return f"{left} = (s{i.operation[5:]}){right}"
    return f"{left} {_ALU[i.operation]} {right}"


def _atomic(i: Instruction) -> str:
    letter = "r" if i.width == 64 else "w"
    operation = i.operation
    if operation == "load_acquire":
        return f"{letter}{i.dst} = load_acquire((u{i.width} *)({_place(i.src, i.offset)}))"
    at, value = _place(i.dst, i.offset), f"{letter}{i.src}"
    if operation == "store_release":
        return f"store_release((u{i.width} *)({at}), {value})"
    if operation == "cmpxchg":
        return f"{letter}0 = cmpxchg_{i.width}({at}, {letter}0, {value})"
    if operation == "xchg":
        return f"{value} = xchg_{i.width}({at}, {value})"
    if operation.startswith("fetch_"):
        return f"{value} = atomic_{operation}((u{i.width} *)({at}), {value})"
    return f"lock *(u{i.width} *)({at}) {_ATOMIC[operation]} {value}"


def _immediate(i: Instruction, refers: Relocation | None) -> str:
    if refers is None:
        value = i.imm - (1 << 64) if i.imm >> 63 else i.imm
        return f"r{i.dst} = {_PSEUDO.get(i.src, '')}{value} ll"
    word = {
        Refers.MAP: "map ", Refers.DATA: "&", Refers.CALLBACK: "&", Refers.KSYM: "ksym ", Refers.KCONFIG: "kconfig ",
    }.get(refers.kind, "")  # fmt: skip
    return f"r{i.dst} = {word}{refers.name}"


def _call(i: Instruction, refers: Relocation | None) -> str:
    if i.operation == "register":
        return f"callx r{i.dst}"
    if refers is not None:
        return f"call {refers.name}"
    if i.operation == "helper":
        return f"call {helper_name(i.imm)}#{i.imm}"
    return f"call kfunc {i.imm}" if i.operation == "kfunc" else f"call {i.imm:+d}"
