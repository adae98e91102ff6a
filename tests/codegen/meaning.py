# SPDX-License-Identifier: GPL-2.0-only
"""What the IR's arithmetic means, in Python: the other side of the property tests."""

from scxdsl.ir.ops import BinaryOp, CompareOp


def wrap(value: int, bits: int) -> int:
    return value & (1 << bits) - 1


def signed(value: int, bits: int) -> int:
    value = wrap(value, bits)
    return value - (1 << bits) if value >> (bits - 1) else value


def binary(op: BinaryOp, a: int, b: int, bits: int) -> int:
    """The result as an unsigned number of that many bits."""
    a, b = wrap(a, bits), wrap(b, bits)
    x, y = signed(a, bits), signed(b, bits)
    count = b % bits
    match op:
        case BinaryOp.ADD:
            out = a + b
        case BinaryOp.SUB:
            out = a - b
        case BinaryOp.MUL:
            out = a * b
        case BinaryOp.UDIV:
            out = a // b if b else 0
        case BinaryOp.UREM:
            out = a % b if b else a
        case BinaryOp.SDIV:
            out = (abs(x) // abs(y)) * (-1 if (x < 0) != (y < 0) else 1) if y else 0
        case BinaryOp.SREM:
            out = (abs(x) % abs(y)) * (-1 if x < 0 else 1) if y else x
        case BinaryOp.AND:
            out = a & b
        case BinaryOp.OR:
            out = a | b
        case BinaryOp.XOR:
            out = a ^ b
        case BinaryOp.SHL:
            out = a << count
        case BinaryOp.LSHR:
            out = a >> count
        case BinaryOp.ASHR:
            out = x >> count
    return wrap(out, bits)


def compare(op: CompareOp, a: int, b: int, bits: int) -> bool:
    if op in (CompareOp.SLT, CompareOp.SLE, CompareOp.SGT, CompareOp.SGE):
        a, b = signed(a, bits), signed(b, bits)
    else:
        a, b = wrap(a, bits), wrap(b, bits)
    return {"eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}[
        op if op in ("eq", "ne") else op[1:]
    ]
