# SPDX-License-Identifier: GPL-2.0-only
"""CO-RE against the facts of real kernels. The local types are made here, as a program would declare them."""

import pytest
from btf_builder import BtfBuilder

from scxdsl.kernel.btf import Btf
from scxdsl.kernel.ctype import CType, Kind
from scxdsl.machine import kernel
from scxdsl.machine.core import prototype_compatible, relocate, resolve
from scxdsl.objects.instruction import decode
from scxdsl.objects.object import Core


class Local:
    """Types of a program, and relocations against them."""

    def __init__(self) -> None:
        b = BtfBuilder()
        self.u8, self.u16, self.u32 = b.int("u8", 1), b.int("u16", 2), b.int("u32", 4)
        self.s32, self.u64 = b.int("int", 4, signed=True), b.int("u64", 8)
        self.char = b.int("char", 1, signed=True)
        self.comm = b.array(self.char, 16)
        entity = b.struct("sched_ext_entity", 32, [("weight", self.u32, 0), ("slice", self.u64, 64), ("missing", self.u64, 128), ("disallow", self.u8, 192)])
        self.pointer = b.ptr(entity)
        self.task = b.struct("task_struct", 80, [("scx", entity, 0), ("pid", self.s32, 256), ("comm", self.comm, 288), ("real_parent", self.pointer, 448), ("cpus_ptr", self.u64, 512)])
        self.narrow = b.struct("sched_ext_entity___narrow", 8, [("slice", self.u32, 0), ("weight", self.s32, 32)])
        self.flavour = b.struct("task_struct___old", 8, [("pid", self.s32, 0)])
        inner = b.struct("", 8, [("nr_cpus_allowed", self.s32, 0)])
        self.anonymous = b.struct("task_struct", 16, [("", inner, 0)])
        self.nothing = b.struct("never_a_kernel_struct", 8, [("x", self.u64, 0)])
        self.enq = b.enum64("scx_enq_flags", {"SCX_ENQ_HEAD": 1, "SCX_ENQ_NEVER": 2, "SCX_ENQ_HEAD___old": 3})
        self.bits = b.struct("task_struct", 8, [("sched_reset_on_fork", self.u32, 0, 1)])
        self.args = b.struct("scx_bpf_dsq_insert_vtime_args", 8, [("dsq_id", self.u64, 0)])
        self.cpumask = b.struct("cpumask", 64, [("bits", b.array(self.u64, 8), 0)])
        self.exit_number = b.struct("scx_exit_info", 8, [("kind", self.u32, 0)])
        kind = b.enum("scx_exit_kind", {"SCX_EXIT_NONE": 0})
        self.exit_enum = b.struct("scx_exit_info", 8, [("kind", kind, 0)])
        task_pointer = b.ptr(self.task)
        self.protos = {
            "insert": b.proto(0, [("p", task_pointer), ("d", self.u64), ("s", self.u64), ("f", self.u64)]),
            "insert_short": b.proto(0, [("p", task_pointer), ("d", self.u64)]),
            "insert_number": b.proto(0, [("p", self.u64), ("d", self.u64), ("s", self.u64), ("f", self.u64)]),
            "insert_bool": b.proto(b.int("_Bool", 1, boolean=True), [("p", task_pointer), ("d", self.u64), ("s", self.u64), ("f", self.u64)]),
            "insert_void_pointer": b.proto(0, [("p", b.ptr(0)), ("d", self.u64), ("s", self.u64), ("f", self.u64)]),
        }  # fmt: skip
        self.btf = Btf.parse(b.bytes())


@pytest.fixture(scope="module")
def local() -> Local:
    return Local()


def value(local: Local, kind: str, type_: int, access: str, series: str = "6.18") -> int | None:
    return resolve(Core(0, kind, type_, access, ""), local.btf, kernel(series)).value


def place(path: str, series: str = "6.18") -> int:
    found = kernel(series).locate("task_struct", path)
    assert found is not None
    return found.offset


def test_fields_are_found_by_name(local: Local) -> None:
    assert value(local, "field_byte_offset", local.task, "0:1") == place("pid")
    assert value(local, "field_byte_offset", local.task, "0:0:1") == place("scx.slice")
    assert value(local, "field_byte_size", local.task, "0:0:1") == 8
    assert value(local, "field_byte_offset", local.flavour, "0:0") == place("pid")
    assert value(local, "field_byte_offset", local.anonymous, "0:0:0") == place("nr_cpus_allowed")


def test_array_elements(local: Local) -> None:
    assert value(local, "field_byte_offset", local.task, "0:2:5") == place("comm") + 5
    assert value(local, "field_byte_offset", local.task, "0:2:16") is None
    assert value(local, "field_byte_offset", local.cpumask, "0:0:7") == 56


def test_existence(local: Local) -> None:
    assert value(local, "field_exists", local.task, "0:1") == 1
    assert value(local, "field_exists", local.task, "0:0:2") == 0
    assert value(local, "field_byte_offset", local.task, "0:0:2") is None
    assert value(local, "type_exists", local.nothing, "0") == 0
    assert value(local, "field_exists", local.nothing, "0:0") == 0
    assert [value(local, "type_exists", local.args, "0", s) for s in ("6.12", "6.18", "6.19", "7.3")] == [0, 0, 1, 1]
    assert value(local, "type_size", local.nothing, "0") is None
    assert (value(local, "type_size", local.task, "0") or 0) > 4096


def test_enumerators_that_moved(local: Local) -> None:
    heads = [value(local, "enumval_value", local.enq, "0", s) for s in ("6.12", "6.18", "6.19", "7.3")]
    assert heads == [16, 16, 65536, 65536]
    assert value(local, "enumval_value", local.enq, "2") == 16
    assert value(local, "enumval_exists", local.enq, "1") == 0
    assert value(local, "enumval_value", local.enq, "1") is None


def test_kinds_of_fields_must_fit(local: Local) -> None:
    """A number does not stand for an enum, nor for a pointer (bpf_core_fields_are_compat)."""
    assert value(local, "field_exists", local.exit_number, "0:0") == 0
    assert value(local, "field_exists", local.exit_enum, "0:0") == 1
    assert value(local, "field_exists", local.task, "0:4") == 0
    assert value(local, "field_exists", local.task, "0:3") == 1


def test_bitfields(local: Local) -> None:
    at = value(local, "field_byte_offset", local.bits, "0:0")
    assert at == place("sched_reset_on_fork")
    assert value(local, "field_byte_size", local.bits, "0:0") == 1
    assert value(local, "field_lshift_u64", local.bits, "0:0") == value(local, "field_rshift_u64", local.bits, "0:0") == 63


def instruction(code: str):  # noqa: ANN201
    return decode(bytes.fromhex(code + "9500000000000000"))[0]


def test_loads_are_made_as_wide_as_the_kernels_unsigned_field(local: Local) -> None:
    load32 = instruction("6121000000000000")
    found = relocate(load32, Core(0, "field_byte_offset", local.narrow, "0:0", ""), local.btf, kernel("6.18"))
    entity = kernel("6.18").struct("sched_ext_entity")
    assert entity is not None and found is not None
    assert (found.width, found.offset) == (64, entity.fields["slice"].offset)


def test_accesses_of_one_width_stay(local: Local) -> None:
    load32 = instruction("6121000000000000")
    found = relocate(load32, Core(0, "field_byte_offset", local.narrow, "0:1", ""), local.btf, kernel("6.18"))
    assert found is not None and found.width == 32


def test_immediates_and_wide_immediates(local: Local) -> None:
    wide = instruction("18010000000000000000000000000000")
    found = relocate(wide, Core(0, "enumval_value", local.enq, "0", ""), local.btf, kernel("7.3"))
    assert found is not None and found.imm == 65536
    move = instruction("b701000000000000")
    found = relocate(move, Core(0, "field_exists", local.task, "0:1", ""), local.btf, kernel("7.3"))
    assert found is not None and found.imm == 1
    assert relocate(move, Core(0, "enumval_value", local.enq, "1", ""), local.btf, kernel("7.3")) is None


@pytest.mark.parametrize(
    "name,fits",
    [("insert", True), ("insert_short", False), ("insert_number", False), ("insert_bool", False), ("insert_void_pointer", False)],
)
def test_prototypes(local: Local, name: str, fits: bool) -> None:
    """6.18 has `void scx_bpf_dsq_insert(struct task_struct *, u64, u64, u64)`."""
    proto = kernel("6.18").function("scx_bpf_dsq_insert")
    assert proto is not None
    assert prototype_compatible(local.btf, local.protos[name], proto) is fits


def test_layouts_do_not_overlap() -> None:
    for series in ("6.12", "6.18", "7.3"):
        found = kernel(series).struct("task_struct")
        assert found is not None
        ends = 0
        for f in found.fields.values():
            assert f.offset >= ends
            ends = f.offset + f.size
        assert ends <= found.size
        assert kernel(series).field_at("task_struct", place("scx.slice", series)) == "scx.slice"


def test_what_no_kernel_has() -> None:
    k = kernel("6.18")
    assert k.struct("no_such") is None and k.function("no_such") is None and k.enumerator("scx_enq_flags", "X") is None
    assert k.locate("task_struct", "scx.no_such") is None
    assert k.size_of(CType("struct no_such", Kind.STRUCT, name="no_such")) == 8
    with pytest.raises(KeyError, match="no facts of kernel 5.4"):
        kernel("5.4")
