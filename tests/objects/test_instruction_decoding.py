# SPDX-License-Identifier: GPL-2.0-only
"""Bytes to instructions to text. The texts are those of llvm-objdump, with the target of a jump added."""

import pytest

from scxdsl.objects.assembly import assembly
from scxdsl.objects.errors import UndefinedInstruction
from scxdsl.objects.instruction import Form, decode

EXIT = bytes.fromhex("9500000000000000")

TEXTS = [
    ("0712000008000000", None),  # an immediate operand leaves src unused
    ("0702000008000000", "r2 += 8"),
    ("0402000008000000", "w2 += 8"),
    ("0f21000000000000", "r1 += r2"),
    ("1c21000000000000", "w1 -= w2"),
    ("2f21000000000000", "r1 *= r2"),
    ("3f21000000000000", "r1 /= r2"),
    ("3f21010000000000", "r1 s/= r2"),
    ("9701010003000000", "r1 s%= 3"),
    ("9421000000000000", None),
    ("9c21000000000000", "w1 %= w2"),
    ("4f21000000000000", "r1 |= r2"),
    ("5701000 0ff000000".replace(" ", ""), "r1 &= 255"),
    ("6701000020000000", "r1 <<= 32"),
    ("7701000020000000", "r1 >>= 32"),
    ("c701000020000000", "r1 s>>= 32"),
    ("af21000000000000", "r1 ^= r2"),
    ("8701000000000000", "r1 = -r1"),
    ("8401000000000000", "w1 = -w1"),
    ("bf21000000000000", "r1 = r2"),
    ("b4010000ffffffff", "w1 = -1"),
    ("bf21080000000000", "r1 = (s8)r2"),
    ("bf21200000000000", "r1 = (s32)r2"),
    ("bc21100000000000", "w1 = (s16)w2"),
    ("bc21200000000000", None),  # a 32-bit move has no 32 bits to extend
    ("bf21010001000000", "r1 = addr_space_cast(r2, 1, 0)"),
    ("dc01000010000000", "r1 = be16 r1"),
    ("d401000040000000", "r1 = le64 r1"),
    ("d701000020000000", "r1 = bswap32 r1"),
    ("d701000008000000", None),
    ("df01000020000000", None),
    ("7921080000000000", "r1 = *(u64 *)(r2 + 8)"),
    ("71a1f8ff00000000", "r1 = *(u8 *)(r10 - 8)"),
    ("9121080000000000", "r1 = *(s8 *)(r2 + 8)"),
    ("8121080000000000", "r1 = *(s32 *)(r2 + 8)"),
    ("9921080000000000", None),  # 64 bits have no sign to extend
    ("6b21080000000000", "*(u16 *)(r1 + 8) = r2"),
    ("62010800feffffff", "*(u32 *)(r1 + 8) = -2"),
    ("db21080000000000", "lock *(u64 *)(r1 + 8) += r2"),
    ("c321080040000000", "lock *(u32 *)(r1 + 8) |= w2"),
    ("db21080051000000", "r2 = atomic_fetch_and((u64 *)(r1 + 8), r2)"),
    ("c3210800a1000000", "w2 = atomic_fetch_xor((u32 *)(r1 + 8), w2)"),
    ("db210800e1000000", "r2 = xchg_64(r1 + 8, r2)"),
    ("c3210800f1000000", "w0 = cmpxchg_32(r1 + 8, w0, w2)"),
    ("d321080000010000", "w1 = load_acquire((u8 *)(r2 + 8))"),
    ("db21080010010000", "store_release((u64 *)(r1 + 8), r2)"),
    ("d321080000000000", None),  # read-modify-write takes 4 or 8 bytes
    ("db21080002000000", None),
    ("0500000000000000", "goto +0 <1>"),
    ("0600000000000000", "gotol +0 <1>"),
    ("e500000000000000", "may_goto +0 <1>"),
    ("1d21000000000000", "if r1 == r2 goto +0 <1>"),
    ("5601000005000000", "if w1 != 5 goto +0 <1>"),
    ("4501000005000000", "if r1 & 5 goto +0 <1>"),
    ("c601000005000000", "if w1 s< 5 goto +0 <1>"),
    ("8500000001000000", "call bpf_map_lookup_elem#1"),
    ("8510000000000000", "call +0"),
    ("8d02000000000000", "callx r2"),
    ("9500000000000000", "exit"),
    ("0d01000000000000", "gotox r1"),
    ("ad01000001000000", None),
    ("2000000004000000", "r0 = *(u32 *)skb[4]"),
    ("9500000001000000", None),
    ("8530000001000000", None),
    ("0f2b000000000000", None),  # r11
    ("f501000001000000", None),
    ("0700010008000000", None),
]  # fmt: skip


@pytest.mark.parametrize("code,text", TEXTS)
def test_one_instruction(code: str, text: str | None) -> None:
    raw = bytes.fromhex(code) + EXIT
    if text is None:
        with pytest.raises(UndefinedInstruction):
            decode(raw)
    else:
        assert assembly(decode(raw)[0]) == text


def test_a_64_bit_immediate_takes_two_slots() -> None:
    first, last = decode(bytes.fromhex("1801000088776655 0000000044332211") + EXIT)
    assert (first.form, first.imm, first.slots) == (Form.IMMEDIATE, 0x1122334455667788, 2)
    assert last.at == 2


@pytest.mark.parametrize(
    "code", ["1801000000000000", "1801000000000000 0100000000000000", "1871000000000000 0000000000000000", "1801"]
)
def test_a_64_bit_immediate_must_be_whole(code: str) -> None:
    with pytest.raises(UndefinedInstruction):
        decode(bytes.fromhex(code))


def test_jump_targets_count_slots() -> None:
    jump, *_ = decode(bytes.fromhex("0500020000000000 1801000000000000 0000000000000000") + EXIT)
    assert jump.target == 3
    far, *_ = decode(bytes.fromhex("0600000002000000 1801000000000000 0000000000000000") + EXIT)
    assert far.target == 3


def test_the_error_names_the_place() -> None:
    with pytest.raises(UndefinedInstruction, match="sec, instruction 1 .* is not a BPF instruction: unknown"):
        decode(EXIT + bytes.fromhex("f501000001000000"), "sec")
