# SPDX-License-Identifier: GPL-2.0-only
"""Loops that the kernel bounds: `may_goto` in the object, and nothing else changed by it."""

import struct

import pytest

from scxdsl.codegen.kernel_bounds import MARK, Unbounded, bounded, marked
from scxdsl.compiler import build
from scxdsl.objects import read

TREE = """scheduler s
struct Node { key: u64; v: u64 }
tree t[255]: Node by key keeping least = min(v)
lock l guards t
var seen: u64
on tick(p) {
    if p.weight == 1835104615 || p.weight == 1869901601 { seen += 1 }
    under l { t.insert(Node(key: p.weight as u64, v: 1835104615)) }
}
"""
SECTION, HEADER = 64, 64


def elf(*slots: tuple[int, int, int, int]) -> bytes:
    """As much of an object as is looked at: one section of code."""
    code = b"".join(struct.pack("<BBhi", *slot) for slot in slots)
    head = struct.pack("<16sHHIQQQIHHHHHH", b"", 0, 0, 0, 0, 0, HEADER, 0, 0, 0, 0, SECTION, 1, 0)
    return head + struct.pack("<IIQQQQIIQQ", 0, 1, 4, 0, HEADER + SECTION, len(code), 0, 0, 0, 0) + code


def slots(data: bytes) -> list[tuple[int, int, int, int]]:
    return list(struct.iter_unpack("<BBhi", data[HEADER + SECTION :]))


def test_trees_have_them_and_the_policys_own_numbers_stay() -> None:
    """The marks are numbers that the module does not use: here it uses those that are tried first."""
    built = build(TREE)
    assert built.ok, built.diagnostics
    found = [i for f in read(built.object).functions for i in f.instructions]
    assert sum(i.operation == "may_goto" for i in found) >= 2
    assert {1835104615, 1869901601} <= {i.imm for i in found}


def test_both_forms_of_a_test_are_replaced_and_ways_out_are_shared() -> None:
    text = marked(f"x {MARK}")
    mark, out = map(int, text.splitlines()[0].split()[2:])
    code = elf(
        (0x15, 3, 4, mark),  # to 5, the way out that the other test takes room from
        (0xB7, 1, 0, 7),
        (0x05, 0, 0, 0),
        (0xB7, 1, 0, 8),
        (0x55, 3, -4, mark),  # round: to 1
        (0xB7, 2, 0, out),
        (0x95, 0, 0, 0),
    )  # fmt: skip
    done = slots(bounded(code, text))
    assert done == [(0xE5, 0, 5, 0), (0xB7, 1, 0, 7), (0x05, 0, 0, 0), (0xB7, 1, 0, 8), (0xE5, 0, 1, 0), (0x05, 0, -5, 0), (0x95, 0, 0, 0)]
    assert bounded(code, "define void @f() {}\n") == code


def test_another_form_is_a_fault() -> None:
    text = marked(f"x {MARK}")
    mark = int(text.split()[2])
    with pytest.raises(Unbounded) as raised:
        bounded(elf((0xB7, 1, 0, 7), (0x55, 3, -1, mark), (0x95, 0, 0, 0)), text)
    assert raised.value.at == 8
