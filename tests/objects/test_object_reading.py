# SPDX-License-Identifier: GPL-2.0-only
"""What `read` finds in sample.ll's object."""

import pytest
from bpf_objects import sample

from scxdsl.kernel.btf_types import Func
from scxdsl.objects import Object, disassemble, read
from scxdsl.objects.object import Refers, essential_name


@pytest.fixture(scope="module")
def obj() -> Object:
    return read(sample())


def test_programs_and_subprograms(obj: Object) -> None:
    assert [(p.name, p.section, p.sleepable) for p in obj.programs] == [
        ("sample_enqueue", "struct_ops/sample_enqueue", False),
        ("sample_init", "struct_ops.s/sample_init", True),
    ]
    assert [(s.name, s.section, s.local) for s in obj.subprograms] == [("count", ".text", True), ("step", ".text", True)]
    assert obj.btf is not None
    for f in obj.functions:
        assert f.type is not None
        found = obj.btf[f.type]
        assert isinstance(found, Func) and found.name == f.name


def test_references(obj: Object) -> None:
    def refers(name: str) -> list[tuple[Refers, str]]:
        f = next(f for f in obj.functions if f.name == name)
        return [(r.kind, r.name) for r in f.relocations]

    assert refers("sample_enqueue") == [
        (Refers.SUBPROGRAM, "count"),
        (Refers.KSYM, "scx_bpf_dsq_insert___v2"),
        (Refers.DATA, "slice"),
        (Refers.DATA, "vtime_now"),
        (Refers.KFUNC, "scx_bpf_dsq_insert___v2"),
    ]
    assert refers("sample_init") == [
        (Refers.CALLBACK, "step"),
        (Refers.DATA, "bias"),
        (Refers.KFUNC, "scx_bpf_create_dsq"),
    ]
    assert refers("count") == [(Refers.MAP, "stats")]


def test_a_local_call_leads_to_its_function(obj: Object) -> None:
    enqueue = obj.program("sample_enqueue")
    assert enqueue is not None
    call = enqueue.relocations[0]
    callee = obj.function_at(call.section, call.offset)
    assert callee is not None and callee.name == "count"


def test_core_relocations(obj: Object) -> None:
    assert [(c.kind, c.text) for f in obj.programs for c in f.core] == [
        ("enumval_value", "scx_public_consts::SCX_SLICE_DFL"),
        ("field_byte_offset", "task_struct.scx.slice"),
        ("type_exists", "task_struct"),
    ]


def test_maps(obj: Object) -> None:
    (stats,) = obj.maps
    assert (stats.name, stats.type, stats.type_name, stats.key_size, stats.value_size, stats.max_entries) == (
        "stats", 6, "percpu_array", 4, 16, 1,
    )  # fmt: skip


def test_globals(obj: Object) -> None:
    assert [(g.name, g.section, g.offset, g.size, g.static) for g in obj.globals] == [
        ("slice", ".rodata", 0, 8, False),
        ("fifo", ".rodata", 8, 1, False),
        ("label", ".rodata", 9, 8, False),
        ("ranks", ".rodata", 20, 20, False),
        ("vtime_now", ".bss", 0, 8, True),
        ("bias", ".data", 0, 8, False),
    ]
    assert obj.sections[".data"] == (-3).to_bytes(8, "little", signed=True)
    assert obj.sections[".bss"] == bytes(8)


def test_externs(obj: Object) -> None:
    assert [(e.name, e.kernel_name, e.weak, e.function) for e in obj.externs] == [
        ("scx_bpf_dsq_insert___v2", "scx_bpf_dsq_insert", True, True),
        ("scx_bpf_create_dsq", "scx_bpf_create_dsq", False, True),
    ]


def test_the_ops_table(obj: Object) -> None:
    assert obj.ops is not None
    assert obj.ops.programs == {"enqueue": "sample_enqueue", "init": "sample_init"}
    assert obj.ops.values == {"flags": 3, "timeout_ms": 5000, "name": "sample"}
    assert obj.ops.link and obj.license == "GPL"


def test_source_lines(obj: Object) -> None:
    enqueue = obj.program("sample_enqueue")
    assert enqueue is not None
    line = enqueue.line_of(2)
    assert line is not None
    assert (line.path.rsplit("/", 1)[-1], line.line, line.column, line.text.strip()) == ("sample.scx", 8, 5, "count()")


def test_disassembly(obj: Object) -> None:
    text = disassemble(obj)
    assert "sample_enqueue: program in struct_ops/sample_enqueue, 23 instructions" in text
    assert "; count() @ /src/sample.scx:8\n     0: r6 = *(u64 *)(r1 + 8)" in text
    assert "r1 = &slice\n" in text
    assert "     5: if r1 == 0 goto " in text
    assert "; offset of task_struct.scx.slice\n" in text
    assert "; value of scx_public_consts::SCX_SLICE_DFL\n" in text
    assert "call scx_bpf_dsq_insert___v2\n" in text


@pytest.mark.parametrize(
    "name,essential",
    [
        ("task_struct", "task_struct"),
        ("task_struct___old", "task_struct"),
        ("f___v2___compat", "f___v2"),
        ("f____x", "f____x"),
        ("___x", "___x"),
        ("f___", "f___"),
    ],
)
def test_flavours(name: str, essential: str) -> None:
    assert essential_name(name) == essential
