# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic without undefined behaviour.

BPF defines x / 0 = 0 and x % 0 = x (Documentation/bpf/standardization/instruction-set.rst); LLVM calls both undefined
and reasons from it. So a division by what is not a constant is fenced: neither divisor nor quotient is known to LLVM. The fence of a divisor is one of
its own for each value: barriers of equal values are equal to LLVM, and where another one was found to be 0 it would divide by 0.
The v3 instruction set has no signed division: it is built from the unsigned one and the signs, which also settles the
least value / -1. No instruction carries nsw, nuw or exact.
"""

from scxdsl.ir.ops import Binary, BinaryOp, Compare, Const, Convert, ConvertOp, Forget, Opaque, Operand, Select, Value

from .context import BARRIER, IN_ORDER
from .pointer_tests import is_pointer_test
from .types_llvm import constant, register
from .writer import Writer

_SHIFTS = (BinaryOp.SHL, BinaryOp.LSHR, BinaryOp.ASHR)
_DIVISIONS = (BinaryOp.UDIV, BinaryOp.UREM, BinaryOp.SDIV, BinaryOp.SREM)


def barrier(w: Writer, kind: str, text: str, number: int | None = None, ordered: bool = False) -> str:
    """The same value, unknown to LLVM; barriers of equal values are equal to it, but those with different numbers and those that are `ordered` among
    reads. BPF registers have 64 bits: narrower values take the way through them."""
    if kind in ("i64", "ptr"):
        own = ("", "") if number is None else (",i", f", i64 {number}")
        word, effects = ("asm sideeffect", IN_ORDER) if ordered else ("asm", BARRIER)
        return w.compute(f'call {kind} {word} "", "=r,0{own[0]}"({kind} {text}{own[1]}) {effects}')
    wide = w.compute(f"zext {kind} {text} to i64")
    return w.compute(f"trunc i64 {barrier(w, 'i64', wide, number, ordered)} to {kind}")


def binary(w: Writer, op: Binary) -> None:
    kind = register(op.result.type)
    left, right = w.text(op.left), w.text(op.right)
    if op.op in _DIVISIONS:
        w.bind(op.result, _divide(w, op, kind, left, right))
        return
    if op.op in _SHIFTS:
        right = _count(w, op.right, kind, right)
    if op.op is BinaryOp.MUL and kind == "i64" and not isinstance(op.left, Const) and not isinstance(op.right, Const):
        # LLVM finds the upper half of a 128-bit product in its partial products, and BPF has no instruction for that (__multi3).
        w.bind(op.result, barrier(w, kind, w.compute(f"mul i64 {left}, {right}")))
        return
    w.define(op.result, f"{op.op} {kind} {left}, {right}")


def _count(w: Writer, operand: Operand, kind: str, text: str) -> str:
    """A shift count modulo the width."""
    last = int(kind[1:]) - 1
    if isinstance(operand, Const):
        return str(operand.value & last)
    return w.compute(f"and {kind} {text}, {last}")


def _divide(w: Writer, op: Binary, kind: str, left: str, right: str) -> str:
    """Division by a constant is left to LLVM; 0 gives what the language says."""
    remainder = op.op in (BinaryOp.UREM, BinaryOp.SREM)
    if isinstance(op.right, Const) and constant(op.right.type, op.right.value) == "0":
        if remainder:
            return left
        if kind == "i64":  # LLVM asserts on a constant of the kernel that nobody reads
            barrier(w, kind, left)
        return "0"
    unsigned = "urem" if remainder else "udiv"
    fenced = not isinstance(op.right, Const)
    if op.op in (BinaryOp.UDIV, BinaryOp.UREM):
        return _unsigned(w, unsigned, kind, left, right, fenced)
    a, left_negative = _magnitude(w, kind, left)
    b, right_negative = _magnitude(w, kind, right)
    result = _unsigned(w, unsigned, kind, a, b, fenced)
    if remainder:
        negative = left_negative
    else:
        negative = w.compute(f"xor i1 {left_negative}, {right_negative}")
    opposite = w.compute(f"sub {kind} 0, {result}")
    return w.compute(f"select i1 {negative}, {kind} {opposite}, {kind} {result}")


def _magnitude(w: Writer, kind: str, text: str) -> tuple[str, str]:
    """Absolute value, as unsigned, and whether the value is negative."""
    negative = w.compute(f"icmp slt {kind} {text}, 0")
    opposite = w.compute(f"sub {kind} 0, {text}")
    return w.compute(f"select i1 {negative}, {kind} {opposite}, {kind} {text}"), negative


def _unsigned(w: Writer, name: str, kind: str, left: str, right: str, fenced: bool) -> str:
    if not fenced:
        return w.compute(f"{name} {kind} {left}, {right}")
    number = w.divisors.setdefault(right, len(w.divisors))
    quotient = w.compute(f"{name} {kind} {left}, {barrier(w, kind, right, number)}")
    return barrier(w, kind, quotient)


def compare(w: Writer, op: Compare) -> None:
    text = w.compute(f"icmp {op.op} {register(op.left.type)} {w.text(op.left)}, {w.text(op.right)}")
    w.bind(op.result, tested(w, op.result, text) if is_pointer_test(op) else text)


def tested(w: Writer, result: Value, text: str) -> str:
    """The outcome of a test of a pointer: as it is for branches, as an unknown truth for all else."""
    return text if result in w.branch_tests else barrier(w, "i1", text)


def convert(w: Writer, op: Convert) -> None:
    old, new = register(op.value.type), register(op.result.type)
    text = w.text(op.value)
    if old == new:
        w.bind(op.result, text, w.known_place(op.value))
    elif op.op is ConvertOp.POINTER:
        word = "inttoptr" if new == "ptr" else "ptrtoint"
        w.define(op.result, f"{word} {old} {text} to {new}")
    else:
        w.define(op.result, f"{op.op} {old} {text} to {new}")


def resize(w: Writer, operand: Operand, kind: str) -> str:
    """An operand as an argument that has as many bits or fewer."""
    own, text = register(operand.type), w.text(operand)
    if own == kind:
        return text
    if own == "ptr" or kind == "ptr":
        return w.compute(f"{'ptrtoint' if own == 'ptr' else 'inttoptr'} {own} {text} to {kind}")
    assert int(own[1:]) > int(kind[1:]), "an argument is given with as many bits as are taken, or more"
    return w.compute(f"trunc {own} {text} to {kind}")


def select(w: Writer, op: Select) -> None:
    kind = register(op.result.type)
    w.define(op.result, f"select i1 {w.text(op.condition)}, {kind} {w.text(op.then)}, {kind} {w.text(op.otherwise)}")


def opaque(w: Writer, op: Opaque) -> None:
    w.bind(op.result, barrier(w, register(op.result.type), w.text(op.value), ordered=op.ordered))


def forget(w: Writer, op: Forget) -> None:
    """Through the stack: the verifier keeps what was stored in a whole slot as a spilled register; a byte that is written into the slot
    makes all of it plain data, of which it knows nothing, and to which it does not follow back what must be precise
    (kernel/bpf/verifier.c: check_stack_write_fixed_off, check_stack_read_fixed_off, backtrack_insn). The byte is the one that lies
    there, read back: of a part of a slot the verifier knows nothing either, not even that it is 0."""
    kind, text = register(op.value.type), w.text(op.value)
    wide = text if kind == "i64" else w.compute(f"zext {kind} {text} to i64")
    slot = w.forgetful()
    w.instruction(f"store volatile i64 {wide}, ptr {slot}, align 8")
    last = w.compute(f"getelementptr i8, ptr {slot}, i64 7")
    byte = w.compute(f"load volatile i8, ptr {last}, align 1")
    w.instruction(f"store volatile i8 {byte}, ptr {last}, align 1")
    out = w.compute(f"load volatile i64, ptr {slot}, align 8")
    w.bind(op.result, out if kind == "i64" else w.compute(f"trunc i64 {out} to {kind}"))


EMITTERS = {Binary: binary, Compare: compare, Convert: convert, Select: select, Opaque: opaque, Forget: forget}
