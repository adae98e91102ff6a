# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic and comparisons as Python expressions over registers `r0` to `r10`, which hold 0 to 2**64 - 1 or a pointer.

Source of the meaning: RFC 9669, sections 4.1 to 4.3. A pointer among the operands goes through the operators of `Ptr`;
every 32-bit operation cuts it and so raises.
"""

from ..objects.instruction import Instruction

M64 = 0xFFFF_FFFF_FFFF_FFFF
M32 = 0xFFFF_FFFF

_SIMPLE = {"add": "+", "sub": "-", "mul": "*"}
_BITS = {"or": "|", "and": "&", "xor": "^"}
_UNSIGNED = {"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_SIGNED = {"sgt": ">", "sge": ">=", "slt": "<", "sle": "<="}


def expression(i: Instruction) -> str:
    """The new value of the destination of an ALU instruction."""
    dst, operation, wide = f"r{i.dst}", i.operation, i.width == 64
    if operation in ("bswap", "be", "le"):
        return _swap(dst, operation, i.width)
    mask, bits = (M64, 64) if wide else (M32, 32)
    right = f"r{i.src}" if i.register else str(i.imm & mask)
    if operation == "mov":
        return right if wide or not i.register else f"{right} & {M32}"
    if operation.startswith("movsx"):
        narrow = int(operation[5:])
        sign = 1 << narrow - 1
        return f"(({right} & {(1 << narrow) - 1}) ^ {sign}) - {sign} & {mask}"
    if operation == "neg":
        return f"-{dst} & {mask}"
    if operation in _SIMPLE:
        if operation != "mul" and not i.register:  # the sign matters to pointers only, the cut takes it away
            right = f"({i.imm})" if i.imm < 0 else str(i.imm)
        return f"{dst} {_SIMPLE[operation]} {right} & {mask}"
    if operation in _BITS:
        return f"{dst} {_BITS[operation]} {right}" if wide else f"({dst} {_BITS[operation]} {right}) & {M32}"
    if operation in ("lsh", "rsh", "arsh"):
        count = f"(r{i.src} & {bits - 1})" if i.register else str(i.imm & (bits - 1))
        left = dst if wide else f"({dst} & {M32})"
        if operation == "lsh":
            return f"{left} << {count} & {mask}"
        if operation == "rsh":
            return f"{left} >> {count}"
        sign = 1 << bits - 1
        return f"({left} ^ {sign}) - {sign} >> {count} & {mask}"
    if not wide:
        dst, right = f"({dst} & {M32})", f"({right} & {M32})" if i.register else right
    if operation in ("div", "mod") and not i.register:
        sign = "//" if operation == "div" else "%"
        return f"{dst} {sign} {right}" if i.imm else ("0 & " + dst if operation == "div" else dst)
    return f"{operation}({dst}, {right})" if operation in ("div", "mod") else f"{operation}{bits}({dst}, {right})"


def _swap(dst: str, operation: str, width: int) -> str:
    value = f"{dst} & {(1 << width) - 1}" if width < 64 else f"{dst} | 0"  # either raises for a pointer
    return value if operation == "le" else f"swap{width}({value})"


def condition(i: Instruction) -> str:
    """Whether a BRANCH is taken."""
    wide = i.width == 64
    mask = M64 if wide else M32
    left = f"r{i.dst}" if wide else f"(r{i.dst} & {M32})"
    if i.register:
        right = f"r{i.src}" if wide else f"(r{i.src} & {M32})"
    else:
        right = str(i.imm & mask)
    if i.operation in _UNSIGNED:
        return f"{left} {_UNSIGNED[i.operation]} {right}"
    if i.operation == "set":
        return f"{left} & {right}"
    sign = 1 << i.width - 1  # flipping both signs makes the unsigned order the signed one
    flipped = f"({right} ^ {sign})" if i.register else str(i.imm & mask ^ sign)
    return f"({left} ^ {sign}) {_SIGNED[i.operation]} {flipped}"


def div(a: int, b: int) -> int:
    return a // b if b else 0


def mod(a: int, b: int) -> int:
    return a % b if b else a


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _sdiv(a: int, b: int, bits: int) -> int:
    x, y = _signed(a, bits), _signed(b, bits)
    if not y:
        return 0
    quotient = abs(x) // abs(y)
    return (quotient if (x < 0) == (y < 0) else -quotient) & ((1 << bits) - 1)


def _smod(a: int, b: int, bits: int) -> int:
    x, y = _signed(a, bits), _signed(b, bits)
    if not y:
        return a
    rest = abs(x) % abs(y)  # the sign is the dividend's
    return (-rest if x < 0 else rest) & ((1 << bits) - 1)


FUNCTIONS = {
    "div": div,
    "mod": mod,
    "sdiv64": lambda a, b: _sdiv(a, b, 64),
    "sdiv32": lambda a, b: _sdiv(a, b, 32),
    "smod64": lambda a, b: _smod(a, b, 64),
    "smod32": lambda a, b: _smod(a, b, 32),
    "swap16": lambda v: (v >> 8) | (v & 0xFF) << 8,
    "swap32": lambda v: int.from_bytes(v.to_bytes(4, "little"), "big"),
    "swap64": lambda v: int.from_bytes(v.to_bytes(8, "little"), "big"),
}
"""What the expressions call."""
