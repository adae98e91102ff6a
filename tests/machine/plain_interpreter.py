# SPDX-License-Identifier: GPL-2.0-only
"""A slow interpreter of numbers and one frame, written from RFC 9669 alone: the second opinion on the translation.

It shares decoding with the machine, and nothing else.
"""

from scxdsl.objects.instruction import Form, Instruction


class TooLong(Exception):
    """The program did not end in the given number of steps."""


def run(instructions: tuple[Instruction, ...], steps: int = 100_000) -> int:
    by_slot = {i.at: i for i in instructions}
    r = [0] * 10
    frame = bytearray(512)
    at = 0
    for _ in range(steps):
        i = by_slot[at]
        at = i.next
        if i.form is Form.EXIT:
            return r[0]
        if i.form is Form.IMMEDIATE:
            r[i.dst] = i.imm
        elif i.form is Form.ALU:
            r[i.dst] = alu(i, r[i.dst], r[i.src] if i.register else i.imm)
        elif i.form is Form.BRANCH:
            assert i.target is not None
            if taken(i, r[i.dst], r[i.src] if i.register else i.imm):
                at = i.target
        elif i.form is Form.GOTO:
            assert i.target is not None
            at = i.target
        elif i.form is Form.LOAD:
            place = 512 + i.offset
            r[i.dst] = int.from_bytes(frame[place : place + i.width // 8], "little", signed=i.signed) % 2**64
        elif i.form is Form.STORE:
            place, value = 512 + i.offset, r[i.src] if i.register else i.imm
            frame[place : place + i.width // 8] = (value % 2**i.width).to_bytes(i.width // 8, "little")
        elif i.form is Form.ATOMIC:
            atomic(i, r, frame)
        else:
            raise AssertionError(i)
    raise TooLong()


def signed(value: int, bits: int) -> int:
    value %= 2**bits
    return value - 2**bits if value >= 2 ** (bits - 1) else value


def alu(i: Instruction, a: int, b: int) -> int:
    w, o = i.width, i.operation
    if o in ("le", "be", "bswap"):
        raw = (a % 2**w).to_bytes(w // 8, "little")
        return int.from_bytes(raw, "little" if o == "le" else "big")
    ua, ub, sa, sb = a % 2**w, b % 2**w, signed(a, w), signed(b, w)
    n = ub % w
    if o.startswith("movsx"):
        return signed(b, int(o[5:])) % 2**w
    if o in ("div", "mod") and ub == 0 or o in ("sdiv", "smod") and sb == 0:
        return 0 if o.endswith("div") else ua
    if o == "add":
        result = ua + ub
    elif o == "sub":
        result = ua - ub
    elif o == "mul":
        result = ua * ub
    elif o == "div":
        result = ua // ub
    elif o == "mod":
        result = ua % ub
    elif o == "sdiv":
        result = abs(sa) // abs(sb) * (1 if (sa < 0) == (sb < 0) else -1)
    elif o == "smod":
        result = abs(sa) % abs(sb) * (-1 if sa < 0 else 1)
    elif o == "or":
        result = ua | ub
    elif o == "and":
        result = ua & ub
    elif o == "xor":
        result = ua ^ ub
    elif o == "lsh":
        result = ua << n
    elif o == "rsh":
        result = ua >> n
    elif o == "arsh":
        result = sa >> n
    elif o == "neg":
        result = -ua
    else:
        assert o == "mov", o
        result = ub
    return result % 2**w


def taken(i: Instruction, a: int, b: int) -> bool:
    w = i.width
    ua, ub, sa, sb = a % 2**w, b % 2**w, signed(a, w), signed(b, w)
    return {
        "eq": ua == ub, "ne": ua != ub, "gt": ua > ub, "ge": ua >= ub, "lt": ua < ub, "le": ua <= ub,
        "sgt": sa > sb, "sge": sa >= sb, "slt": sa < sb, "sle": sa <= sb, "set": ua & ub != 0,
    }[i.operation]  # fmt: skip


def atomic(i: Instruction, r: list[int], frame: bytearray) -> None:
    place, size, o = 512 + i.offset, i.width // 8, i.operation
    if o == "load_acquire":
        r[i.dst] = int.from_bytes(frame[place : place + size], "little")
        return
    old, value = int.from_bytes(frame[place : place + size], "little"), r[i.src] % 2**i.width
    plain = o.removeprefix("fetch_")
    new = {"add": old + value, "or": old | value, "and": old & value, "xor": old ^ value, "xchg": value,
           "store_release": value}.get(plain)  # fmt: skip
    if o == "cmpxchg":
        new = value if old == r[0] % 2**i.width else old
        r[0] = old
    elif o.startswith("fetch") or o == "xchg":
        r[i.src] = old
    assert new is not None
    frame[place : place + size] = (new % 2**i.width).to_bytes(size, "little")
