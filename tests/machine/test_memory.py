# SPDX-License-Identifier: GPL-2.0-only
"""Provenance: what a pointer may reach, and what may be done with one."""

import struct
from typing import Any

import pytest
from assembler import assemble

from scxdsl.machine.bare import Bare
from scxdsl.machine.errors import (
    Endless, Fault, NotAPointer, NullPointer, OutOfRange, PointerArithmetic, ReadOnly, SplitPointer, Stale, Uninitialised,
)  # fmt: skip
from scxdsl.machine.memory import Ptr, Region, copy
from scxdsl.objects.instruction import decode

MEMORY = bytes(range(16))


def run(text: str, r1: Any = None) -> int:
    """Runs assembly with r1 at 16 bytes 0, 1, 2, …"""
    return Bare(assemble(text)).run(Ptr(Region("memory", MEMORY)) if r1 is None else r1)


@pytest.mark.parametrize(
    "text,fault,words",
    [
        ("ldxb %r0, [%r1+16]\nexit", OutOfRange, "read of 1 bytes at offset 16 of memory, which has 16 bytes"),
        ("ldxb %r0, [%r1-1]\nexit", OutOfRange, "offset -1"),
        ("ldxdw %r0, [%r1+9]\nexit", OutOfRange, "read of 8 bytes at offset 9"),
        ("stdw [%r1+12], 0\nexit", OutOfRange, "write of 8 bytes at offset 12"),
        ("add %r1, 32\nldxb %r0, [%r1-1]\nexit", OutOfRange, "offset 31"),
        ("ldxw %r0, [%r10-4]\nadd %r0, 1\nexit", Uninitialised, "the stack at r10-4"),
        ("ldxw %r2, [%r10-4]\nstxw [%r10-12], %r2\nldxw %r0, [%r10-12]\njeq %r0, 0, exit\nexit", Uninitialised, "the stack at r10-12"),
        ("stw [%r10-8], 1\nldxdw %r0, [%r10-8]\nexit", Uninitialised, "the stack at r10-4"),
        ("ldxw %r0, [%r10+0]\nexit", OutOfRange, "of the stack"),
        ("stdw [%r10-520], 0\nexit", OutOfRange, "of the stack"),
        ("mov %r0, %r3\nadd %r0, 1\nexit", Uninitialised, "r3"),
        ("call 5\nmov %r0, %r1\nadd %r0, 1\nexit", Uninitialised, "r1"),
        ("stxdw [%r1+0], %r7\nexit", Uninitialised, "r7"),
        ("jeq %r5, 0, exit\nexit", Uninitialised, "r5"),
        ("mov %r2, 0\nldxb %r0, [%r2+0]\nexit", NullPointer, "null"),
        ("mov %r2, 4096\nldxb %r0, [%r2+0]\nexit", NotAPointer, "0x1000 is used as a pointer"),
        ("mov %r2, 4096\nstb [%r2+0], 1\nexit", NotAPointer, "0x1000 is used as a pointer"),
        ("mov %r2, 7\nmov %r3, 1\nlock add [%r2+0], %r3\nexit", NotAPointer, "7 is used as a pointer"),
        ("mul %r1, 2\nexit", PointerArithmetic, r"\*"),
        ("or %r1, 1\nexit", PointerArithmetic, r"\|"),
        ("and %r1, -8\nexit", PointerArithmetic, "&"),
        ("rsh %r1, 32\nexit", PointerArithmetic, ">>"),
        ("neg %r1\nexit", PointerArithmetic, "-"),
        ("add32 %r1, 1\nexit", PointerArithmetic, "&"),
        ("mov32 %r0, %r1\nexit", PointerArithmetic, "&"),
        ("add %r1, %r10\nexit", PointerArithmetic, r"\+"),
        ("mov %r2, 5\nsub %r2, %r1\nexit", PointerArithmetic, "-"),
        ("jgt %r1, 5, exit\nexit", PointerArithmetic, ">"),
        ("jeq %r1, 5, exit\nexit", PointerArithmetic, "=="),
        ("jgt %r1, %r10, exit\nexit", PointerArithmetic, ">"),
        ("jset %r1, 1, exit\nexit", PointerArithmetic, "&"),
        ("be64 %r1\nexit", PointerArithmetic, r"\|"),
        ("stxdw [%r10-8], %r1\nldxw %r0, [%r10-8]\nexit", SplitPointer, "offset 504 of the stack"),
        ("stxdw [%r10-8], %r1\nstb [%r10-3], 0\nldxdw %r0, [%r10-8]\nexit", Uninitialised, "the stack"),
        ("stxdw [%r1+8], %r1\nstb [%r1+9], 0\nexit", SplitPointer, "offset 8 of memory"),
        ("stxdw [%r10-12], %r1\nexit", SplitPointer, "offset 500"),
        ("stxdw [%r1+8], %r1\nldxdw %r0, [%r1+4]\nexit", SplitPointer, "offset 8 of memory"),
        ("stxw [%r10-8], %r1\nexit", PointerArithmetic, "&"),
    ],
)  # fmt: skip
def test_refused(text: str, fault: type[Fault], words: str) -> None:
    with pytest.raises(fault, match=words) as found:
        Bare(assemble(text), {5: lambda: 0}).run(Ptr(Region("memory", MEMORY)))
    assert found.value.where


@pytest.mark.parametrize(
    "text,fault",
    [
        ("exit", Uninitialised),
        ("mov %r0, %r3\nexit", Uninitialised),
        ("call 5\nmov %r0, %r1\nexit", Uninitialised),
        ("mov %r0, %r1\nexit", NotAPointer),
    ],
)
def test_the_result_must_be_a_number(text: str, fault: type[Fault]) -> None:
    with pytest.raises(fault):
        Bare(assemble(text), {5: lambda: 0}).run(Ptr(Region("memory", MEMORY)))


@pytest.mark.parametrize(
    "text,result",
    [
        ("ldxb %r0, [%r1+15]\nexit", 15),
        ("add %r1, 8\nadd %r1, -4\nldxb %r0, [%r1+0]\nexit", 4),
        ("lddw %r2, 0xffffffffffffffff\nadd %r1, 4\nadd %r1, %r2\nldxb %r0, [%r1+0]\nexit", 3),
        ("mov %r2, 3\nadd %r2, %r1\nldxb %r0, [%r2+0]\nexit", 3),
        ("mov %r2, %r1\nadd %r2, 10\nsub %r2, %r1\nmov %r0, %r2\nexit", 10),
        ("mov %r2, %r1\nadd %r2, 1\nmov %r0, 7\njgt %r2, %r1, exit\nmov %r0, 0\nexit", 7),
        ("mov %r0, 7\njne %r1, 0, exit\nmov %r0, 0\nexit", 7),
        ("mov %r0, 7\njne %r1, %r10, exit\nmov %r0, 0\nexit", 7),
        ("stxdw [%r10-8], %r1\nldxdw %r2, [%r10-8]\nldxb %r0, [%r2+5]\nexit", 5),
        ("stxdw [%r1+8], %r10\nldxdw %r2, [%r1+8]\nstdw [%r2-16], 9\nldxdw %r0, [%r10-16]\nexit", 9),
        ("stxdw [%r10-8], %r1\nstdw [%r10-8], 3\nldxdw %r0, [%r10-8]\nexit", 3),
        ("stxdw [%r10-8], %r1\nstw [%r10-8], 6\nldxw %r0, [%r10-8]\nexit", 6),
        ("stb [%r10-8], 1\nstb [%r10-7], 2\nldxh %r0, [%r10-8]\nexit", 0x201),
        ("mov %r2, %r10\nadd %r2, -8\nstw [%r2+4], 6\nldxw %r0, [%r10-4]\nexit", 6),
        ("mov %r6, %r10\nmov %r7, %r6\nadd %r7, -8\nstdw [%r7+0], 6\nadd %r7, 4\nldxw %r0, [%r7-4]\nexit", 6),
        ("mov %r6, %r10\nadd %r6, -8\nstdw [%r6+0], 5\nmov %r2, 3\nL:\nldxdw %r0, [%r6+0]\nadd %r0, 1\nstxdw [%r6+0], %r0\nsub %r2, 1\njne %r2, 0, L\nexit", 8),
        ("stdw [%r10-8], 5\nmov %r2, 3\nlock fetch add [%r10-8], %r2\nldxdw %r0, [%r10-8]\nadd %r0, %r2\nexit", 13),
    ],
)  # fmt: skip
def test_allowed(text: str, result: int) -> None:
    assert run(text) == result


def test_a_frame_is_gone_with_its_call() -> None:
    """A callee hands the address of its frame back through memory."""
    text = "mov %r6, %r1\ncall local f\nldxdw %r1, [%r6+8]\nldxb %r0, [%r1-8]\nexit\nf:\nstdw [%r10-8], 1\nstxdw [%r1+8], %r10\nmov %r0, 0\nexit"
    with pytest.raises(Stale, match="access to the stack, which is gone"):
        run(text)


def test_a_fault_in_a_callee_names_both_places() -> None:
    text = "mov %r2, 0\ncall local f\nexit\nf:\nmov %r0, 1\nldxb %r0, [%r2+0]\nexit"
    with pytest.raises(NullPointer) as found:
        run(text)
    assert [(p.function, p.at) for p in found.value.where] == [("function at 3", 4), ("main", 1)]


def test_read_only_memory() -> None:
    with pytest.raises(ReadOnly, match="offset 2 of constants"):
        run("stb [%r1+2], 1\nexit", Ptr(Region("constants", MEMORY, readonly=True)))
    assert run("ldxb %r0, [%r1+2]\nexit", Ptr(Region("constants", MEMORY, readonly=True))) == 2


def test_freed_memory() -> None:
    region = Region("record", 8)
    region.free()
    with pytest.raises(Stale, match="record, which is gone"):
        run("ldxb %r0, [%r1+0]\nexit", Ptr(region))
    with pytest.raises(Stale):
        run("stb [%r1+0], 1\nmov %r0, 0\nexit", Ptr(region))


def test_copies_carry_whole_pointers() -> None:
    a, b = Region("a", 24), Region("b", 24)
    a.store64(8, Ptr(b, 1))
    copy(a, 0, b, 0, 24)
    assert b.load64(8) == Ptr(b, 1)
    with pytest.raises(SplitPointer):
        copy(a, 0, b, 0, 12)
    with pytest.raises(SplitPointer):
        copy(a, 8, b, 4, 8)
    with pytest.raises(SplitPointer):
        a.read(0, 16)


def test_text() -> None:
    assert Region("t", b"abc\0def").text() == "abc"
    with pytest.raises(OutOfRange):
        Region("t", b"abc").text()


def test_a_bug_of_the_host_is_not_the_programs_fault() -> None:
    """Only what happens in a translated line itself may become a finding."""

    def broken() -> int:
        return None.nothing  # type: ignore[attr-defined]

    with pytest.raises(AttributeError):
        Bare(assemble("call 5\nexit"), {5: broken}).run()


def test_the_endless_are_counted_for_each_call() -> None:
    code = assemble("mov %r0, 0\nL:\nadd %r0, 1\njlt %r0, 100, L\nexit")
    assert Bare(code, turn_limit=99).run() == 100
    with pytest.raises(Endless):
        Bare(code, turn_limit=98).run()
    assert struct.calcsize("<BBhi") * len(decode(code)) == len(code)
