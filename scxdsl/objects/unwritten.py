# SPDX-License-Identifier: GPL-2.0-only
"""Registers that are read though something leads there on which nothing was put into them. The kernel refuses that (kernel/bpf/verifier.c,
check_reg_arg: `!read_ok`) where its own walk comes along such a way; LLVM writes it where a value is undefined."""

from dataclasses import dataclass

from .instruction import Form, Instruction
from .object import Function

_ALL = (1 << 11) - 1
_AT_ENTRY = 1 << 1 | 1 << 10  # the context, and the frame; a subprogram may have five arguments
_ARGUMENTS = 0b111110
_READS_R0 = ("cmpxchg",)


@dataclass(frozen=True)
class Unwritten:
    """`at`: the slot of the instruction within the function."""

    function: str
    at: int
    register: int


def unwritten(function: Function) -> Unwritten | None:
    """The first such read of a program or subprogram; None where every way to each read writes before."""
    code = {i.at: i for i in function.instructions}
    first = min(code, default=None)
    if first is None:
        return None
    written = {first: _AT_ENTRY | (0 if function.program else _ARGUMENTS)}
    todo = [first]
    while todo:
        at = todo.pop()
        instruction = code[at]
        after = _after(instruction, written[at])
        for target in _next(instruction):
            both = written.get(target, _ALL) & after
            if target in code and written.get(target) != both:
                written[target] = both
                todo.append(target)
    for at in sorted(written):
        missing = _reads(code[at]) & ~written[at]
        if missing:
            return Unwritten(function.name, at, (missing & -missing).bit_length() - 1)
    return None


def _next(i: Instruction) -> list[int]:
    if i.form is Form.EXIT:
        return []
    if i.form is Form.GOTO and i.operation == "goto":
        return [i.target] if i.target is not None else []
    targets = [i.next]
    if i.form in (Form.BRANCH, Form.GOTO) and i.target is not None:
        targets.append(i.target)
    return targets


def _reads(i: Instruction) -> int:
    source = 1 << i.src if i.register else 0
    match i.form:
        case Form.ALU:
            return source | (0 if i.operation.startswith("mov") else 1 << i.dst)
        case Form.CAST | Form.LOAD:
            return 1 << i.src
        case Form.STORE | Form.BRANCH:
            return source | 1 << i.dst
        case Form.ATOMIC:
            both = 1 << i.src | 1 << i.dst
            return 1 << i.src if i.operation == "load_acquire" else both | (1 if i.operation in _READS_R0 else 0)
    return 0  # arguments of a call are the callee's affair


def _after(i: Instruction, written: int) -> int:
    match i.form:
        case Form.ALU | Form.CAST | Form.LOAD | Form.IMMEDIATE:
            return written | 1 << i.dst
        case Form.ATOMIC if i.operation == "load_acquire":
            return written | 1 << i.dst
        case Form.ATOMIC if i.operation == "cmpxchg":
            return written | 1
        case Form.ATOMIC if "fetch" in i.operation or i.operation == "xchg":
            return written | 1 << i.src
        case Form.CALL | Form.PACKET:
            return written & ~_ARGUMENTS | 1
    return written
