# SPDX-License-Identifier: GPL-2.0-only
"""Places on this machine's kernel: loads and stores of every type, members, elements, copies and clears, atomics."""

import re
import struct

import pytest
from codegen.builder import SOURCE, Body, program, u64

from scxdsl.ir.module import Global, Module
from scxdsl.ir.ops import AtomicOp, BinaryOp, CompareOp, Const, ConvertOp, Local, Value
from scxdsl.ir.types import (
    BOOL,
    CHAR,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Array,
    Field,
    Pointer,
    Struct,
)
from scxdsl.objects import disassemble, read


def module_of(*places: tuple[str, object, str]) -> tuple[Module, Body, list[Value]]:
    """A module with those globals (name, type, section) and one program of two numbers."""
    module = Module(source=SOURCE)
    module.globals += [Global(name=n, type=t, section=s, span=SOURCE.span(0, 0)) for n, t, s in places]
    params = [Value(U64, "a"), Value(U64, "b")]
    return module, program(module, "test", params, I32, section="syscall"), params


def finish(body: Body) -> None:
    body.ret(Const(I32, 0))


INNER = Struct("inner", (Field("x", U16), Field("y", U32)))
RECORD = Struct(
    "record",
    (
        Field("flag", BOOL),
        Field("small", I8),
        Field("short", U16),
        Field("word", I32),
        Field("whole", I64),
        Field("inner", INNER),
        Field("list", Array(INNER, 3)),
        Field("text", Array(CHAR, 5)),
        Field("last", U8),
    ),
)


def test_layout_is_that_of_c(loaded):
    """Members of every width, embedded structs, arrays within structs: written one by one, read as C packs them."""
    module, b, (x, y) = module_of(("r", RECORD, ".bss"))
    r = b.address("r", RECORD)
    b.store(b.member(r, RECORD, "flag"), b.compare(CompareOp.ULT, x, y))
    for name, t in (("small", I8), ("short", U16), ("word", I32)):
        b.store(b.member(r, RECORD, name), b.convert(ConvertOp.TRUNC, x, t))
    b.store(b.member(r, RECORD, "whole"), y)
    b.store(b.member(r, RECORD, "inner", "y"), Const(U32, 77))
    items = b.member(r, RECORD, "list")
    at = b.opaque(b.binary(BinaryOp.AND, y, u64(1)))
    place = b.element(items, Array(INNER, 3), at)
    b.store(b.member(place, INNER, "x"), Const(U16, 0xABCD))
    b.store(b.element(b.member(r, RECORD, "text"), Array(CHAR, 5), u64(4)), Const(CHAR, ord("z")))
    b.store(b.member(r, RECORD, "last"), Const(U8, 9))
    finish(b)
    program_ = loaded(module)
    program_.run(0x1122334455667788, 0x7FEEDDCCBBAA9981)
    assert RECORD.size == 56
    got = struct.unpack_from("<?bHiqHxxIHxxIHxxIHxxI5sB", program_.read(".bss"))
    assert got == (True, -120, 0x7788, 0x55667788, 0x7FEEDDCCBBAA9981, 0, 77, 0, 0, 0xABCD, 0, 0, 0, b"\0\0\0\0z", 9)


def test_any_byte_but_zero_is_true(loaded):
    """A truth value in memory is tested, not cut to a bit: user space may write 2 there."""
    module, b, _ = module_of(("flag", BOOL, ".data"), ("out", Array(U64, 2), ".bss"))
    out = b.address("out", Array(U64, 2))
    seen = b.load(b.address("flag", BOOL), BOOL, volatile=True)
    b.store(b.element(out, Array(U64, 2), u64(0)), b.convert(ConvertOp.ZEXT, seen, U64))
    with b.when(seen):
        b.store(b.element(out, Array(U64, 2), u64(1)), u64(5))
    finish(b)
    program_ = loaded(module)
    for byte, expected in ((0, (0, 0)), (1, (1, 5)), (2, (1, 5)), (128, (1, 5))):
        program_.write(".data", bytes([byte] + [0] * 7))
        program_.write(".bss", bytes(16))
        program_.run(0, 0)
        assert struct.unpack("<2Q", program_.read(".bss")) == expected


def test_a_truth_parameter_is_its_low_byte(loaded):
    module = Module(source=SOURCE)
    flag = Value(BOOL, "flag")
    b = program(module, "test", [flag], I32, section="syscall")
    b.ret(b.select(flag, Const(I32, 11), Const(I32, 22)))
    program_ = loaded(module)
    assert [program_.run(slot) for slot in (0, 1, 2, 0x100, 0x101)] == [22, 11, 11, 22, 11]


@pytest.mark.parametrize("t", [I8, I16, I32, I64, U8, U16, U32, U64])
def test_narrow_parameters_and_results_keep_their_bits(loaded, t):
    """A program's slot has 64 bits; of a narrow parameter the low ones count."""
    module = Module(source=SOURCE)
    x = Value(t, "x")
    module.globals.append(Global(name="out", type=U64, section=".bss", span=SOURCE.span(0, 0)))
    b = program(module, "test", [x], I32, section="syscall")
    b.store(b.address("out", U64), b.convert(ConvertOp.SEXT if t.signed else ConvertOp.ZEXT, x, U64))
    finish(b)
    program_ = loaded(module)
    slot = 0xFFFFFFFFFFFFFF85
    program_.run(slot)
    low = slot & (1 << t.bits) - 1
    expected = low - (1 << t.bits) if t.signed and low >> (t.bits - 1) else low
    assert struct.unpack("<Q", program_.read(".bss"))[0] == expected & (1 << 64) - 1


SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 31, 33, 64, 100, 511, 512, 513, 520, 1000, 2049]


@pytest.mark.parametrize("size", SIZES)
def test_copy_and_clear_touch_their_bytes_and_no_others(loaded, size):
    data = Array(U8, size)
    around = Struct(f"around{size}", (Field("before", U8), Field("data", data), Field("after", U8)))
    three = Struct(f"three{size}", tuple(Field(name, around) for name in "abc"))
    module, b, _ = module_of(("all", three, ".data"))
    all_ = b.address("all", three)
    b.copy(b.member(all_, three, "a", "data"), b.member(all_, three, "b", "data"), data)
    b.clear(b.member(all_, three, "c", "data"), data)
    finish(b)
    program_ = loaded(module)
    pattern = bytes((n * 7 + 1) % 255 + 1 for n in range(three.size))
    program_.write(".data", pattern)
    program_.run(0, 0)
    to, back, cleared = (slice(n * around.size + 1, n * around.size + 1 + size) for n in range(3))
    expected = bytearray(pattern)
    expected[to] = pattern[back]
    expected[cleared] = bytes(size)
    assert program_.read(".data")[: three.size] == bytes(expected)


@pytest.mark.parametrize("words", [1, 3, 8, 40, 64, 65, 300])
def test_copies_of_words_go_by_words(loaded, words):
    t = Array(U64, words)
    module, b, _ = module_of(("a", t, ".data"), ("b", t, ".bss"))
    b.copy(b.address("b", t), b.address("a", t), t)
    b.clear(b.address("a", t), t)
    finish(b)
    program_ = loaded(module)
    pattern = bytes((n * 11 + 3) % 256 for n in range(words * 8))
    program_.write(".data", pattern)
    program_.run(0, 0)
    assert program_.read(".bss") == pattern
    assert program_.read(".data") == bytes(words * 8)


def test_structs_on_the_stack(loaded):
    """Filled member by member, copied out whole; what was cleared is zero, padding too."""
    module, b, (x, y) = module_of(("out", RECORD, ".bss"))
    local = Local("r", RECORD)
    r = b.address_of(local)
    b.clear(r, RECORD)
    b.store(b.member(r, RECORD, "whole"), x)
    b.store(b.member(b.element(b.member(r, RECORD, "list"), Array(INNER, 3), u64(2)), INNER, "y"), Const(U32, 3))
    b.copy(b.address("out", RECORD), r, RECORD)
    finish(b)
    program_ = loaded(module)
    program_.write(".bss", b"\xff" * RECORD.size)
    program_.run(42, 0)
    expected = bytearray(RECORD.size)
    expected[8:16] = struct.pack("<Q", 42)
    struct.pack_into("<I", expected, RECORD.offsets["list"] + 20, 3)
    assert program_.read(".bss") == bytes(expected)


def test_a_variable_whose_address_is_taken_is_one_variable(loaded):
    """Read and set by value and through its address alike."""
    module, b, (x, y) = module_of(("out", Array(U64, 2), ".bss"))
    local = Local("v", U64)
    b.set(local, x)
    place = b.address_of(local)
    first = b.load(place, U64)
    b.store(place, y)
    out = b.address("out", Array(U64, 2))
    b.store(b.element(out, Array(U64, 2), u64(0)), first)
    b.store(b.element(out, Array(U64, 2), u64(1)), b.get(local))
    finish(b)
    program_ = loaded(module)
    program_.run(3, 4)
    assert struct.unpack("<2Q", program_.read(".bss")) == (3, 4)


@pytest.mark.parametrize("t", [U32, U64, I32, I64])
def test_atomics_give_the_old_value(loaded, t):
    module, b, (x, y) = module_of(("cell", t, ".data"), ("out", Array(t, 7), ".bss"))
    cell, out = b.address("cell", t), b.address("out", Array(t, 7))
    x, y = (b.convert(ConvertOp.TRUNC, v, t) for v in (x, y))
    olds = [b.atomic(op, cell, x) for op in AtomicOp]
    olds += [b.cas(cell, x, y), b.cas(cell, x, x)]
    for at, old in enumerate(olds):
        b.store(b.element(out, Array(t, 7), u64(at)), old)
    finish(b)
    program_ = loaded(module)
    mask = (1 << t.bits) - 1
    start, a, c = 0xF0F0F0F0F0F0F0F0 & mask, 0x123456789ABCDEF1 & mask, 77
    program_.write(".data", start.to_bytes(8, "little"))
    program_.run(a, c)
    states = [start, (start + a) & mask]
    states.append(states[-1] & a)
    states.append(states[-1] | a)
    states.append(states[-1] ^ a)
    states.append(a)  # swapped in, so the first comparison holds and the second does not
    states.append(c)
    letter = {4: "I", 8: "Q"}[t.size]
    assert list(struct.unpack_from(f"<7{letter}", program_.read(".bss"))) == states
    assert int.from_bytes(program_.read(".data")[: t.size], "little") == c


def test_pointers_travel_through_variables_and_selections(loaded):
    module, b, (x, y) = module_of(("a", U64, ".data"), ("b", U64, ".data"), ("out", U64, ".bss"))
    p = Local("p", Pointer(U64))
    b.set(p, b.select(b.compare(CompareOp.ULT, x, y), b.address("a", U64), b.address("b", U64)))
    with b.when(b.compare(CompareOp.NE, b.get(p), Const(Pointer(U64), 0))):
        b.store(b.address("out", U64), b.load(b.get(p), U64))
    finish(b)
    program_ = loaded(module)
    program_.write(".data", struct.pack("<2Q", 10, 20))
    for args, expected in (((1, 2), 10), ((2, 1), 20)):
        program_.run(*args)
        assert struct.unpack("<Q", program_.read(".bss"))[0] == expected


def test_volatile_accesses_are_made_once_each_and_all(compiled):
    module, b, _ = module_of(("x", U64, ".data"))
    place = b.address("x", U64)
    for _ in range(3):
        b.load(place, U64, volatile=True)
    b.store(place, u64(1), volatile=True)
    b.store(place, u64(1), volatile=True)
    finish(b)
    text = disassemble(read(compiled(module)))
    assert len(re.findall(r"= \*\(u64 \*\)", text)) == 3
    assert len(re.findall(r": \*\(u64 \*\)", text)) == 2


def test_stores_of_two_branches_stay_two(compiled):
    """LLVM would store once, through a chosen address: to the kernel that is one instruction for two kinds of pointer."""
    module, b, (x, _) = module_of(("out", U64, ".data"))
    local = Local("v", U64)
    place = b.address_of(local)
    b.store(place, u64(0))
    with b.when(b.compare(CompareOp.EQ, x, u64(0))) as test:
        b.store(place, u64(7))
    with b.otherwise(test):
        b.store(b.address("out", U64), u64(7))
    b.helper("trace_printk", U64, place, Const(U32, 8))
    finish(b)
    text = disassemble(read(compiled(module)))
    assert len(re.findall(r": \*\(u64 \*\)\(r\d+ [+-] \d+\) = ", text)) == 3
