# SPDX-License-Identifier: GPL-2.0-only
"""The BTF reader gives back what was written, in both byte orders, and says what is wrong with what is not BTF."""

import os
import struct

import pytest
from effort import calls
from hypothesis import given
from hypothesis import strategies as st

from scxdsl.kernel import btf_types as t
from scxdsl.kernel.btf import Btf, BtfError
from scxdsl.kernel.btf_ext import BtfExt, CoreRelo, FuncInfo, LineInfo

from .btf_builder import BtfBuilder

RUNNING_KERNEL = "/sys/kernel/btf/vmlinux"


@pytest.fixture(params=["<", ">"], ids=["little endian", "big endian"])
def build(request):
    return BtfBuilder(request.param)


def test_every_simple_kind_is_read(build):
    u32 = build.int("unsigned int", 4)
    assert u32 == 1
    ptr = build.ptr(u32)
    array = build.array(u32, 8)
    name = build.typedef("u32", u32)
    const = build.const(name)
    volatile = build.add(9, size_or_type=const)
    restrict = build.add(11, size_or_type=volatile)
    fwd = build.add(7, "cgroup", flag=True)
    real = build.add(16, "double", 8)
    tagged = build.type_tag("rcu", restrict)
    btf = Btf.parse(build.bytes())
    assert btf[u32] == t.Int(u32, "unsigned int", 4, False, False, False, 32, 0)
    assert btf[ptr] == t.Ptr(ptr, u32)
    assert btf[array] == t.Array(array, u32, 1, 8)
    assert btf[fwd] == t.Fwd(fwd, "cgroup", True)
    assert btf[real] == t.Float(real, "double", 8)
    assert btf[tagged] == t.TypeTag(tagged, "rcu", restrict)
    assert btf.strip(tagged) == btf[u32]
    assert [btf.size_of(x) for x in (ptr, array, tagged, real)] == [8, 32, 4, 8]
    assert btf[0] == t.Void()
    assert len(btf) == 11


def test_members_are_found_inside_anonymous_unions_and_keep_their_offsets(build):
    u64 = build.int("unsigned long", 8)
    union = build.struct("", 8, [("head", u64, 0), ("tail", u64, 0)], union=True)
    outer = build.struct("queue", 16, [("lock", u64, 0), ("", union, 64)])
    btf = Btf.parse(build.bytes())
    assert [(m.name, m.offset) for m in btf.members(outer)] == [("lock", 0), ("head", 8), ("tail", 8)]
    assert btf.find_member(outer, "tail") == t.Member("tail", u64, 64, 0)
    assert btf.find_member(outer, "none") is None
    assert btf.by_name("queue", t.Struct).member("lock").type == u64


def test_bitfields_carry_their_width(build):
    u32 = build.int("unsigned int", 4)
    bits = build.struct("flags", 4, [("a", u32, 0, 3), ("b", u32, 3, 5)])
    assert Btf.parse(build.bytes())[bits].members == (t.Member("a", u32, 0, 3), t.Member("b", u32, 3, 5))


def test_enum_values_keep_their_sign_and_all_64_bits(build):
    signed = build.enum("errors", {"EPERM": -1}, signed=True)
    unsigned = build.enum("bits", {"TOP": 0x80000000})
    wide = build.enum64("dsq", {"SCX_DSQ_LOCAL": 0x8000000000000002})
    wide_signed = build.enum64("limits", {"LEAST": -(1 << 63)}, signed=True)
    btf = Btf.parse(build.bytes())
    assert btf[signed].values == (t.Enumerator("EPERM", -1),)
    assert btf[unsigned].values == (t.Enumerator("TOP", 0x80000000),)
    assert btf[wide].values == (t.Enumerator("SCX_DSQ_LOCAL", 0x8000000000000002),)
    assert (btf[wide].bits, btf[signed].bits) == (64, 32)
    assert btf[wide_signed].values[0].value == -(1 << 63)


def test_functions_variables_sections_and_tags_are_read(build):
    s32 = build.int("int", 4, signed=True)
    proto = build.proto(s32, [("cpu", s32), ("", 0)])
    func = build.kfunc("scx_bpf_kick_cpu", proto)
    var = build.var("vtime_now", s32)
    section = build.datasec(".bss", [(var, 0, 4)])
    on_param = build.decl_tag("nullable", func, 0)
    btf = Btf.parse(build.bytes())
    assert btf[proto] == t.FuncProto(proto, s32, (t.Param("cpu", s32),), True)
    assert btf[func] == t.Func(func, "scx_bpf_kick_cpu", proto, "static")
    assert btf[var] == t.Var(var, "vtime_now", s32, "global")
    assert btf[section] == t.Datasec(section, ".bss", 4, (t.SectionVar(var, 0, 4),))
    assert [(tag.name, tag.component) for tag in btf.tags(func)] == [("bpf_kfunc", -1), ("nullable", 0)]
    assert btf.tags(on_param) == []


def test_a_name_asks_for_a_kind(build):
    fwd = build.add(7, "task_struct")
    whole = build.struct("task_struct", 8, [])
    btf = Btf.parse(build.bytes())
    assert btf.by_name("task_struct", t.Struct).id == whole
    assert btf.by_name("task_struct", t.Fwd).id == fwd
    assert btf.by_name("task_struct", t.Func) is None
    assert [x.id for x in btf.named("task_struct")] == [fwd, whole]


def test_a_module_continues_the_kernels_types_and_strings():
    kernel = BtfBuilder()
    u64 = kernel.int("u64", 8)
    base = Btf.parse(kernel.bytes())
    module = BtfBuilder(first_id=len(base), string_start=len(kernel.strings))
    own = module.struct("mine", 8, [("first", u64, 0)])
    both = Btf.parse(module.bytes(), base)
    assert both[own].members[0].name == "first"
    assert both[u64] == base[u64]
    assert both.by_name("u64", t.Int).id == u64
    assert both.by_name("mine", t.Struct).id == own == 2
    assert [x.name for x in both] == ["", "u64", "mine"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda b: b[:10], "shorter than its header"),
        (lambda b: b"\0\0" + b[2:], "magic"),
        (lambda b: b[:-1], "past its end"),
        (lambda b: b[:-1] + b"x", "last zero byte"),
        (lambda b: b[:28] + struct.pack("<I", 31 << 24) + b[32:], "kind 31 is not known"),
        (lambda b: b[:28] + struct.pack("<I", 4 << 24 | 9) + b[32:], "cut short"),
    ],
)
def test_what_is_not_btf_is_refused_with_the_reason(damage, reason):
    b = BtfBuilder()
    b.struct("s", 0, [])
    with pytest.raises(BtfError, match=reason):
        Btf.parse(damage(b.bytes()))


def test_a_number_without_a_type_is_an_error():
    btf = Btf.parse(BtfBuilder().bytes())
    with pytest.raises(BtfError, match="no type 7"):
        btf[7]
    with pytest.raises(BtfError, match="has no size"):
        btf.size_of(0)


def _ext(b: BtfBuilder, parts: list[tuple[int, list[bytes]]], section: str) -> bytes:
    body, table = b"", []
    for size, rows in parts:
        part = b.words(size, b.string(section), len(rows)) + b"".join(rows)
        table += [len(body), len(part)]
        body += part
    return struct.pack(b.e + "HBBI", 0xEB9F, 1, 0, 32) + b.words(*table) + body


def test_lines_functions_and_relocations_of_an_object_are_read(build):
    task = build.struct("task_struct", 0, [])
    func = build.func("simple_enqueue", build.proto(0, []), 1)
    file, text, access = build.string("simple.scx"), build.string("queued += 1"), build.string("0:2")
    data = _ext(
        build,
        [
            (8, [build.words(0, func)]),
            (16, [build.words(16, file, text, 24 << 10 | 5)]),
            (16, [build.words(24, task, access, 0), build.words(32, task, access, 2)]),
        ],
        "struct_ops/simple_enqueue",
    )
    ext = BtfExt.parse(data, Btf.parse(build.bytes()))
    assert ext.funcs == {"struct_ops/simple_enqueue": (FuncInfo(0, func),)}
    assert ext.lines["struct_ops/simple_enqueue"] == (LineInfo(16, "simple.scx", "queued += 1", 24, 5),)
    assert ext.relos["struct_ops/simple_enqueue"] == (
        CoreRelo(24, task, "0:2", "field_byte_offset"),
        CoreRelo(32, task, "0:2", "field_exists"),
    )


def test_a_short_btf_ext_is_refused():
    b = BtfBuilder()
    data = _ext(b, [(8, []), (16, []), (16, [b.words(0, 1, 0, 0)])], "text")
    btf = Btf.parse(b.bytes())
    with pytest.raises(BtfError, match="past its end"):
        BtfExt.parse(data[:-4], btf)


def test_types_that_run_in_a_circle_are_an_error(build):
    build.typedef("a", 2)
    build.typedef("b", 1)
    nested = build.struct("s", 0, [("", 3, 0)])
    build.array(4, 2)
    btf = Btf.parse(build.bytes())
    with pytest.raises(BtfError, match="stands for itself"):
        btf.strip(1)
    with pytest.raises(BtfError, match="holds itself"):
        list(btf.members(nested))
    with pytest.raises(BtfError, match="holds itself"):
        btf.size_of(4)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_btf_is_read_or_refused_and_nothing_else(damage):
    b = BtfBuilder()
    u32 = b.int("u32", 4)
    b.kfunc("f", b.proto(u32, [("a", b.ptr(u32)), ("b", b.array(u32, 3))]))
    b.datasec(".bss", [(b.var("v", b.struct("s", 8, [("x", u32, 0), ("y", b.enum("e", {"A": 1}), 32)])), 0, 8)])
    data = bytearray(b.bytes())
    for place, value in damage:
        data[place % len(data)] = value
    try:
        btf = Btf.parse(bytes(data))
    except BtfError as error:
        assert str(error)
        return
    for id in range(len(btf)):
        for ask in (btf.__getitem__, btf.tags, btf.strip, btf.size_of, lambda i: list(btf.members(i))):
            try:
                ask(id)
            except BtfError as error:
                assert str(error)


@pytest.mark.skipif(not os.path.exists(RUNNING_KERNEL), reason="this kernel shows no BTF")
def test_a_whole_kernel_is_read_with_little_work():
    data = open(RUNNING_KERNEL, "rb").read()
    found = []
    assert calls(lambda: found.append(Btf.parse(data))) < 5 * len(found[0])
    btf = found[0]
    task = btf.by_name("task_struct", t.Struct)
    assert btf.find_member(task.id, "pid") is not None
