# SPDX-License-Identifier: GPL-2.0-only
"""A whole object (tests/objects/sample.ll) on kernels that have what it asks for, and on one that has not."""

from typing import Any

import pytest
from bpf_objects import HERE, compile_ir, sample
from fake_kernel import FakeKernel, FakeTask, task_region

from scxdsl.machine import Fault, KernelObject, LoadError, Machine, PerCpu, Ptr, Region, bind, kernel
from scxdsl.machine.errors import BadRelocation, OutOfRange, ReadOnly, Stale, Uninitialised, UnknownCall, UnknownField
from scxdsl.objects import Object, encode_all, parameters, read

WITH_V2 = "6.19"  # the first kernel with scx_bpf_dsq_insert___v2, which gives a bool


@pytest.fixture(scope="module")
def obj() -> Object:
    """The sample, asking for the kernel's ___v2 itself: libbpf strips the last suffix alone."""
    text = (HERE / "sample.ll").read_text().replace("scx_bpf_dsq_insert___v2", "scx_bpf_dsq_insert___v2___x")
    return read(compile_ir(text))


def load(obj: Object, series: str = WITH_V2, **more: Any) -> tuple[Machine, FakeKernel]:
    calls = more.pop("calls", None) or FakeKernel()
    return Machine(obj, kernel(series), calls, **more), calls


def test_callbacks_get_arguments_and_give_results(obj: Object) -> None:
    machine, calls = load(obj)
    task = task_region(machine.kernel, FakeTask(slice=1000))
    assert set(machine.callbacks) == {"enqueue", "init"}
    assert machine.callbacks["enqueue"](task, 9) is None
    # the parameter, the kernel's SCX_SLICE_DFL and p->scx.slice, found by CO-RE
    assert calls.log == [("scx_bpf_dsq_insert___v2", Ptr(task), 0, 40_001_000, 9)]
    assert machine.globals.value("vtime_now") == 40_001_000
    assert machine.maps["stats"].get(0)[0] == bytes(8) + (1).to_bytes(8, "little")  # type: ignore[attr-defined]


def test_signed_arguments_and_results(obj: Object) -> None:
    calls = FakeKernel({"scx_bpf_create_dsq": lambda dsq, node: (calls.log.append((dsq, node)), -17)[1]})
    machine, _ = load(obj, calls=calls)
    assert machine.callbacks["init"]() == -17
    assert calls.log == [(0, -2)]  # bias is -3, and task_struct exists


def test_parameters(obj: Object) -> None:
    machine, calls = load(obj, params=encode_all(parameters(obj), {"slice": "5ms"}))
    machine.callbacks["enqueue"](task_region(machine.kernel, FakeTask(slice=0)), 0)
    assert calls.log[0][3] == 25_000_000
    assert machine.globals.value("slice") == 5_000_000


def test_parameters_that_do_not_fit(obj: Object) -> None:
    with pytest.raises(LoadError, match="no global `slcie`"):
        load(obj, params={"slcie": b""})
    with pytest.raises(LoadError, match="takes 8 bytes"):
        load(obj, params={"slice": b"1"})


def test_a_weak_function_that_the_kernel_lacks_is_null(obj: Object) -> None:
    machine, calls = load(obj, "6.18")
    machine.callbacks["enqueue"](task_region(machine.kernel, FakeTask()), 0)
    assert calls.log == []


def test_a_weak_function_of_another_type_is_null() -> None:
    """6.18 has scx_bpf_dsq_insert, but without a result."""
    machine, calls = load(read(sample()), "6.18")
    machine.callbacks["enqueue"](task_region(machine.kernel, FakeTask()), 0)
    assert calls.log == []


def test_a_strong_function_that_the_kernel_lacks_is_fatal() -> None:
    text = (HERE / "sample.ll").read_text().replace("scx_bpf_create_dsq", "scx_bpf_create_xyz")
    with pytest.raises(LoadError, match="kernel 6.18 has no `scx_bpf_create_xyz` of the declared type"):
        load(read(compile_ir(text)), "6.18")


def test_a_function_that_the_model_lacks_fails_when_called(obj: Object) -> None:
    calls = FakeKernel()
    calls.kfunc = lambda name: None  # type: ignore[method-assign]
    machine, _ = load(obj, calls=calls)
    with pytest.raises(UnknownCall, match="scx_bpf_create_dsq"):
        machine.callbacks["init"]()


def test_a_failed_relocation_fails_where_it_is_reached() -> None:
    text = (HERE / "sample.ll").read_text().replace('name: "slice", file: !1, baseType: !4, size: 64, offset: 64', 'name: "sluice", file: !1, baseType: !4, size: 64, offset: 64')
    machine, _ = load(read(compile_ir(text.replace("insert___v2", "insert___v2___x"))))
    with pytest.raises(BadRelocation, match="task_struct.scx.sluice is not in this kernel") as found:
        machine.callbacks["enqueue"](task_region(machine.kernel, FakeTask()), 0)
    assert found.value.where[0].line == "/src/sample.scx:11"


def test_a_fault_names_line_and_callers(obj: Object) -> None:
    machine, _ = load(obj)
    machine.maps["stats"]._pointer(0, 0).region.free()  # type: ignore[attr-defined]
    with pytest.raises(Stale) as found:
        machine.callbacks["enqueue"](task_region(machine.kernel, FakeTask()), 0)
    assert [(p.function, p.line) for p in found.value.where] == [
        ("count", "/src/sample.scx:4"),
        ("sample_enqueue", "/src/sample.scx:8"),
    ]


def test_a_task_that_is_gone(obj: Object) -> None:
    machine, _ = load(obj)
    task = task_region(machine.kernel, FakeTask())
    task.free()
    with pytest.raises(Stale, match="task_struct, which is gone"):
        machine.callbacks["enqueue"](task, 0)


def test_a_field_that_the_model_lacks(obj: Object) -> None:
    machine, _ = load(obj)
    bare = KernelObject(bind(machine.kernel, "task_struct", {"pid": lambda t: t.pid}), FakeTask())
    with pytest.raises(UnknownField, match="task_struct.scx.slice cannot be read"):
        machine.callbacks["enqueue"](bare, 0)


def test_coverage_finds_every_arm() -> None:
    text = (HERE / "sample.ll").read_text().replace("insert___v2", "insert___v2___x")
    obj = read(compile_ir(text))
    machine, _ = load(obj, coverage=True)
    machine.callbacks["enqueue"](task_region(machine.kernel, FakeTask()), 0)
    machine.callbacks["init"]()
    left = machine.link.arms - machine.seen
    assert machine.seen <= machine.link.arms
    assert {(name, taken) for name, _, taken in left} == {("sample_enqueue", True), ("count", True)}


def test_nested_invocations_keep_their_own_books(obj: Object) -> None:
    """A kernel function that runs another callback, as moving a task may call dequeue."""
    calls = FakeKernel()
    machine, _ = load(obj, calls=calls)
    task = task_region(machine.kernel, FakeTask())
    depth: list[str] = []

    def create(dsq: int, node: int) -> int:
        depth.append(machine.running)
        machine.callbacks["enqueue"](task, 0)
        depth.append(machine.running)
        return 0

    calls.functions["scx_bpf_create_dsq"] = create
    again = Machine(obj, machine.kernel, calls)
    machine = again
    assert again.callbacks["init"]() == 0
    assert depth == ["sample_init", "sample_init"]


# kernel objects


def test_kernel_objects_read_by_width() -> None:
    k = kernel("6.18")
    task = task_region(k, FakeTask(pid=-2, comm=b"kworker/0:1\0\0\0\0\0", weight=0x12345678))
    pid, comm, weight = (k.locate("task_struct", p) for p in ("pid", "comm", "scx.weight"))
    assert pid and comm and weight
    assert task.load32(pid.offset) == 0xFFFFFFFE
    assert task.load16(weight.offset) == 0x5678
    assert task.load8(comm.offset + 2) == ord("o")
    assert task.text(comm.offset) == "kworker/0:1"
    assert task.read(weight.offset, 4) == (0x12345678).to_bytes(4, "little")


def test_kernel_objects_are_written_where_the_model_allows() -> None:
    k = kernel("6.18")
    task = task_region(k, FakeTask())
    at, other = k.locate("task_struct", "scx.slice"), k.locate("task_struct", "scx.weight")
    assert at and other
    task.store64(at.offset, 5)
    assert task.source.slice == 5
    with pytest.raises(UnknownField, match="scx.weight cannot be written"):
        task.store32(other.offset, 1)


def test_pointers_of_kernel_objects() -> None:
    k = kernel("6.18")
    mask = Region("mask", 1024)
    at = k.locate("task_struct", "cpus_ptr")
    assert at
    assert task_region(k, FakeTask(cpus=mask)).load64(at.offset) == Ptr(mask)
    assert task_region(k, FakeTask(cpus=None)).load64(at.offset) == 0


# programs without an ops table


def test_results_of_plain_programs() -> None:
    text = 'define i64 @f(ptr %c) section "socket" { %v = load i64, ptr %c\n %r = mul i64 %v, 3\n ret i64 %r }'
    machine, _ = load(read(compile_ir(text)), "6.18")
    assert machine.programs["f"](14) == 42
    assert machine.programs["f"].on(Region("context", (5).to_bytes(8, "little"))) == 15


def test_constants_are_constant() -> None:
    text = '@t = constant [4 x i32] [i32 1, i32 2, i32 3, i32 4], section ".rodata"\ndefine i64 @f(ptr %c) section "socket" { %i = load i64, ptr %c\n %p = getelementptr [4 x i32], ptr @t, i64 0, i64 %i\n %v = load volatile i32, ptr %p\n store volatile i32 %v, ptr %p\n ret i64 0 }'
    machine, _ = load(read(compile_ir(text)), "6.18")
    with pytest.raises(ReadOnly):
        machine.programs["f"](1)
    with pytest.raises(Fault, match="read of 4 bytes at offset 16"):
        machine.programs["f"](4)


def test_contexts_are_read_by_argument() -> None:
    from hand_made import an_object

    machine, _ = load(an_object({"main": "ldxw %r0, [%r1+8]\nexit"}), "6.18")
    assert machine.programs["main"](1, 0x1_0000_0002) == 2
    for offset in ("4", "12", "16"):
        machine, _ = load(an_object({"main": f"ldxw %r0, [%r1+{offset}]\nexit"}), "6.18")
        with pytest.raises(OutOfRange, match=f"offset {offset} of the context"):
            machine.programs["main"](1, 2)


def test_places_in_sections_lead_to_variables(obj: Object) -> None:
    globals_ = load(obj)[0].globals
    found = {at: globals_.pointer(".rodata", at) for at in (0, 7, 8, 9, 11, 17, 20, 39)}
    assert {at: (p.region.name.removeprefix("the variable "), p.offset) for at, p in found.items()} == {
        0: ("slice", 0), 7: ("slice", 7), 8: ("fifo", 0), 9: ("label", 0), 11: ("label", 2), 17: (".rodata+17", 0),
        20: ("ranks", 0), 39: ("ranks", 19),
    }  # fmt: skip
    assert found[8].region is globals_.region("fifo") and found[8].region.readonly
    assert globals_.snapshot().keys() == {"vtime_now", "bias"}
    with pytest.raises(LoadError, match="nothing lies at .nowhere"):
        globals_.pointer(".nowhere", 0)


@pytest.mark.parametrize(
    "size,signed,boolean,register,value",
    [
        (1, False, True, 0x100, False),
        (1, False, True, 0x101, True),
        (4, True, False, 0xFFFF_FFFF, -1),
        (4, True, False, 0x1_7FFF_FFFF, 0x7FFF_FFFF),
        (4, False, False, 0x1_FFFF_FFFF, 0xFFFF_FFFF),
        (8, True, False, (1 << 64) - 2, -2),
        (8, False, False, (1 << 64) - 2, (1 << 64) - 2),
        (2, True, False, 0x18000, -0x8000),
    ],
)
def test_arguments_of_kernel_functions(size: int, signed: bool, boolean: bool, register: int, value: int) -> None:
    """A kernel function looks only at the part of a register that its argument has."""
    from btf_builder import BtfBuilder

    from scxdsl.kernel.btf import Btf
    from scxdsl.machine.link import _argument

    b = BtfBuilder()
    id_ = b.int("t", size, signed, boolean)
    assert eval(_argument(Btf.parse(b.bytes()), id_, 1), {"r1": register}) == value


def test_an_uninitialised_result() -> None:
    from hand_made import an_object

    machine, _ = load(an_object({"main": "exit"}), "6.18")
    with pytest.raises(Uninitialised, match="the result of main"):
        machine.programs["main"]()


def test_per_cpu_variables_of_the_kernel() -> None:
    """bpf_per_cpu_ptr and bpf_this_cpu_ptr on an extern of .ksyms."""
    text = """
    source_filename = "k.c"
    target triple = "bpfel"
    @sd_llc_id = external global i32, section ".ksyms", !dbg !3
    define i64 @f(ptr %c) section "socket" !dbg !9 {
      %n = load i64, ptr %c, !dbg !12
      %cpu = trunc i64 %n to i32, !dbg !12
      %p = call ptr inttoptr (i64 153 to ptr)(ptr @sd_llc_id, i32 %cpu), !dbg !12
      %none = icmp eq ptr %p, null, !dbg !12
      br i1 %none, label %out, label %in, !dbg !12
    in:
      %v = load i32, ptr %p, !dbg !12
      %t = call ptr inttoptr (i64 154 to ptr)(ptr @sd_llc_id), !dbg !12
      %w = load i32, ptr %t, !dbg !12
      %s = mul i32 %v, 100, !dbg !12
      %r = add i32 %s, %w, !dbg !12
      %x = zext i32 %r to i64, !dbg !12
      ret i64 %x, !dbg !12
    out:
      ret i64 -1, !dbg !12
    }
    !llvm.dbg.cu = !{!0}
    !llvm.module.flags = !{!1, !2}
    !0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !5, producer: "test", isOptimized: true, emissionKind: FullDebug, globals: !8)
    !1 = !{i32 7, !"Dwarf Version", i32 5}
    !2 = !{i32 2, !"Debug Info Version", i32 3}
    !3 = !DIGlobalVariableExpression(var: !4, expr: !DIExpression())
    !4 = distinct !DIGlobalVariable(name: "sd_llc_id", scope: !0, file: !5, line: 1, type: !6, isLocal: false, isDefinition: false)
    !5 = !DIFile(filename: "k.c", directory: "/")
    !6 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
    !7 = !DISubroutineType(types: !{!10, !11})
    !8 = !{!3}
    !9 = distinct !DISubprogram(name: "f", scope: !5, file: !5, line: 2, type: !7, scopeLine: 2, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !0)
    !10 = !DIBasicType(name: "long long", size: 64, encoding: DW_ATE_signed)
    !11 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
    !12 = !DILocation(line: 3, column: 1, scope: !9)
    """
    regions = [Region("sd_llc_id", n.to_bytes(4, "little")) for n in (0, 0, 2, 3)]
    calls = FakeKernel(variables={"sd_llc_id": PerCpu("sd_llc_id", regions)}, current=3)
    machine, _ = load(read(compile_ir(text)), "6.18", calls=calls)
    assert machine.programs["f"](2) == 203
    assert machine.programs["f"](9) == (1 << 64) - 1
    empty, _ = load(read(compile_ir(text)), "6.18")
    with pytest.raises(Fault):
        empty.programs["f"](2)
