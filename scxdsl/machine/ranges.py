# SPDX-License-Identifier: GPL-2.0-only
"""Ranges of numbers, unsigned and both ends within: what the bytecode's arithmetic makes of them, and which way a comparison can go."""

from collections.abc import Callable

Range = tuple[int, int]
M64 = (1 << 64) - 1
FULL: Range = (0, M64)


def full(width: int) -> Range:
    return 0, (1 << width) - 1


def lower_bits(range: Range, width: int) -> Range:
    """Of the lower bits."""
    most = (1 << width) - 1
    return range if range[1] <= most else (range[0] & most,) * 2 if range[0] == range[1] else full(width)  # type: ignore[return-value]


def hull(one: Range, other: Range) -> Range:
    return min(one[0], other[0]), max(one[1], other[1])


# ---- signed numbers of 64 bits

HALF = 1 << 63
SIGNED: Range = (-HALF, HALF - 1)


def as_signed(range: Range) -> Range:
    below = range[0] - 2 * HALF, range[1] - 2 * HALF
    return range if range[1] < HALF else below if range[0] >= HALF else SIGNED


def as_unsigned(range: Range) -> Range:
    return range if range[0] >= 0 else (range[0] + 2 * HALF, range[1] + 2 * HALF) if range[1] < 0 else FULL


def both(one: Range, other: Range) -> Range:
    """What lies in both; one of them where nothing does, which is on ways that are never gone."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else one


def of_signed(operation: str, a: Range, b: Range) -> Range:
    """What `a OPERATION b` comes to, of signed numbers."""
    match operation:
        case "add":
            found = a[0] + b[0], a[1] + b[1]
        case "sub":
            found = a[0] - b[1], a[1] - b[0]
        case "arsh" if b[0] == b[1]:
            found = a[0] >> (b[0] & 63), a[1] >> (b[0] & 63)
        case _:
            return SIGNED
    return found if SIGNED[0] <= found[0] and found[1] <= SIGNED[1] else SIGNED


# ---- arithmetic


def _mask(hi: int) -> int:
    return (1 << hi.bit_length()) - 1


def _add(a: Range, b: Range, most: int) -> Range | None:
    low, high = a[0] + b[0], a[1] + b[1]
    if high <= most:
        return low, high
    return (low - most - 1, high - most - 1) if low > most else None  # all of them wrap, or some


def _sub(a: Range, b: Range, most: int) -> Range | None:
    return (a[0] - b[1], a[1] - b[0]) if a[0] >= b[1] else (a[0] - b[1] + most + 1, a[1] - b[0] + most + 1) if a[1] < b[0] else None


def _shifted(a: Range, b: Range, most: int, left: bool) -> Range | None:
    if b[0] != b[1]:
        return None if left else (0, a[1])
    by = b[0] & (63 if most == M64 else 31)
    return (a[0] << by, a[1] << by) if left and a[1] << by <= most else None if left else (a[0] >> by, a[1] >> by)


def _div(a: Range, b: Range, most: int) -> Range | None:
    return (a[0] // b[1], a[1] // b[0]) if b[0] else (0, a[1])  # by 0 it gives 0


def _mod(a: Range, b: Range, most: int) -> Range | None:
    return (0, min(a[1], b[1] - 1)) if b[0] else (0, a[1])  # by 0 it gives the dividend


_ALU: dict[str, Callable[[Range, Range, int], Range | None]] = {
    "add": _add,
    "sub": _sub,
    "mul": lambda a, b, most: (a[0] * b[0], a[1] * b[1]) if a[1] * b[1] <= most else None,
    "div": _div,
    "mod": _mod,
    "and": lambda a, b, most: (a[0] & b[0],) * 2 if a[0] == a[1] and b[0] == b[1] else (0, min(a[1], b[1])),  # type: ignore[dict-item]
    "or": lambda a, b, most: (a[0] | b[0],) * 2 if a[0] == a[1] and b[0] == b[1] else (max(a[0], b[0]), _mask(a[1]) | _mask(b[1])),  # type: ignore[dict-item]
    "xor": lambda a, b, most: (a[0] ^ b[0],) * 2 if a[0] == a[1] and b[0] == b[1] else (0, _mask(a[1]) | _mask(b[1])),  # type: ignore[dict-item]
    "lsh": lambda a, b, most: _shifted(a, b, most, True),
    "rsh": lambda a, b, most: _shifted(a, b, most, False),
    "arsh": lambda a, b, most: _shifted(a, b, most, False) if a[1] <= most >> 1 else None,
}


def of_alu(operation: str, width: int, a: Range, b: Range) -> Range:
    """What `a OPERATION b` comes to; of 32 bits the upper half is 0."""
    rule = _ALU.get(operation)
    found = rule(lower_bits(a, width), lower_bits(b, width), (1 << width) - 1) if rule is not None else None
    return full(width) if found is None else found


# ---- comparisons


def _signed(a: Range, width: int) -> Range:
    half = 1 << width - 1
    if a[1] < half:
        return a
    return (a[0] - 2 * half, a[1] - 2 * half) if a[0] >= half else (-half, half - 1)


def outcomes(operation: str, width: int, a: Range, b: Range) -> set[bool]:
    """The answers that `a OPERATION b` can have, of the lower bits."""
    a, b = lower_bits(a, width), lower_bits(b, width)
    if operation == "set":
        return {False} if a == (0, 0) or b == (0, 0) else {bool(a[0] & b[0])} if a[0] == a[1] and b[0] == b[1] else {True, False}
    if operation.startswith("s"):
        operation, a, b = operation[1:], _signed(a, width), _signed(b, width)
    match operation:
        case "gt":
            operation, a, b = "lt", b, a
        case "le":
            return {not x for x in _less(b, a)}
        case "ge":
            return {not x for x in _less(a, b)}
        case "eq" | "ne":
            same = {True} if a[0] == a[1] == b[0] == b[1] else {False} if a[1] < b[0] or b[1] < a[0] else {True, False}
            return same if operation == "eq" else {not x for x in same}
    return _less(a, b) if operation == "lt" else {True, False}


def _less(a: Range, b: Range) -> set[bool]:
    return {True} if a[1] < b[0] else {False} if a[0] >= b[1] else {True, False}


def signed_outcomes(operation: str, a: Range, b: Range) -> set[bool]:
    """The answers that a signed comparison can have, of all 64 bits."""
    match operation:
        case "slt":
            return _less(a, b)
        case "sgt":
            return _less(b, a)
        case "sle":
            return {not x for x in _less(b, a)}
        case "sge":
            return {not x for x in _less(a, b)}
    return {True, False}


_TURNED = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "slt": "sge", "sge": "slt", "sgt": "sle", "sle": "sgt"}


def narrowed(operation: str, taken: bool, a: Range, b: Range) -> Range:
    """What is left of `a` (64 bits) behind `a OPERATION b`, where it went that way."""
    if not taken:
        operation = _TURNED.get(operation, "")
    low, high = a
    half = 1 << 63
    match operation:
        case "eq":
            low, high = max(low, b[0]), min(high, b[1])
        case "ne" if b[0] == b[1]:
            low, high = low + (low == b[0]), high - (high == b[0])
        case "lt":
            high = min(high, b[1] - 1)
        case "le":
            high = min(high, b[1])
        case "gt":
            low = max(low, b[0] + 1)
        case "ge":
            low = max(low, b[0])
        case "sgt" | "sge" if b[0] == b[1] and (b[0] < half or b[0] == M64 and operation == "sgt"):
            low, high = max(low, (b[0] + (operation == "sgt")) & M64), min(high, half - 1)
        case "slt" | "sle" if b[0] == b[1] and (b[0] >= half or b[0] == 0 and operation == "slt"):
            low, high = max(low, half), min(high, (b[0] - (operation == "slt")) & M64)
    return (low, high) if low <= high else a


__all__ = ["FULL", "M64", "SIGNED", "Range", "as_signed", "as_unsigned", "both", "full", "hull", "lower_bits", "narrowed", "of_alu", "of_signed", "outcomes", "signed_outcomes"]
