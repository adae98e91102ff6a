# SPDX-License-Identifier: GPL-2.0-only
"""What an object says of itself: BTF, CO-RE relocations, maps, globals, lines, names."""

import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from codegen.builder import SOURCE, Body, kfunc, program, subprogram, u64
from codegen.simple_scheduler import PTASK, TEXT, simple
from elftools.elf.elffile import ELFFile
from ir.test_printer import everything

from scxdsl.codegen.elf import without_debug
from scxdsl.codegen.files import debug_names
from scxdsl.ir.module import Global, Linkage, Map, Module, Ops
from scxdsl.ir.ops import AtomicOp, CompareOp, Const, ConvertOp, Value
from scxdsl.ir.types import (
    BOOL,
    CHAR,
    I32,
    I64,
    TASK,
    U16,
    U32,
    U64,
    VOID,
    Array,
    Enum,
    Field,
    Forward,
    Pointer,
    Struct,
)
from scxdsl.kernel import btf_types as bt
from scxdsl.objects import read
from scxdsl.objects.instruction import Form
from scxdsl.source.text import Source


def kernel(name: str, **fields) -> Struct:
    return Struct(name, tuple(Field(n, t) for n, t in fields.items()), kernel=True)


def object_of(compiled, body, params=(), result=VOID, **module_fields):
    """The object of a module with one program, made by `body`."""
    module = Module(source=SOURCE, **module_fields)
    values = [Value(t, n) for n, t in params]
    b = program(module, "test", values, result)
    body(b, *values)
    return read(compiled(module))


def sections(data: bytes) -> dict[str, bytes]:
    return {s.name: s.data() for s in ELFFile(io.BytesIO(data)).iter_sections()}


def relocations(obj) -> list[tuple[str, str]]:
    return [(c.kind, c.text) for c in obj.programs[0].core]


def test_every_operation_compiles(compiled):
    assert {p.name for p in read(compiled(everything())).programs} == {"all"}


# CO-RE


def test_fields_of_one_kernel_struct_from_many_places_make_one_type(compiled):
    """Each place names the fields that it needs; embedded structs too. BTF has one struct with all of them."""
    inner = (kernel("inner", a=U64), kernel("inner", b=U32, a=U64), kernel("inner", c=U16))

    def body(b: Body, p: Value) -> None:
        for at, field in enumerate("abc"):
            t = inner[at].at((field,))
            b.load(b.field(p, kernel("outer", scx=inner[at], pid=I32), "scx", field), t, volatile=True)
        b.load(b.field(p, kernel("outer", pid=I32), "pid"), I32, volatile=True)

    obj = object_of(compiled, body, [("p", Pointer(kernel("outer")))])
    assert relocations(obj) == [("field_byte_offset", f"outer.{f}") for f in ("scx.a", "scx.b", "scx.c", "pid")]
    assert [m.name for m in obj.btf.by_name("inner", bt.Struct).members] == ["a", "b", "c"]
    assert len(obj.btf.named("inner")) == len(obj.btf.named("outer")) == 1


def test_a_member_of_a_member_is_one_relocation(compiled):
    entity = kernel("entity", weight=U32)
    outer = kernel("outer", scx=entity)

    def body(b: Body, p: Value) -> None:
        b.load(b.field(b.field(p, outer, "scx"), entity, "weight"), U32, volatile=True)

    obj = object_of(compiled, body, [("p", Pointer(outer))])
    assert relocations(obj) == [("field_byte_offset", "outer.scx.weight")]


def test_questions_to_the_running_kernel(compiled):
    """Does a field, a type, a constant exist; what is its value. Values with the highest bit set are no obstacle."""
    enum = Enum("scx_dsq_id_flags", 64)
    outer = kernel("outer", pid=I32, inner=kernel("inner", x=U64))

    def body(b: Body) -> None:
        answers = [b.field_exists(outer, "inner", "x"), b.type_exists(kernel("gone", y=U64)), b.enum_exists(enum, "B", 3)]
        for answer in answers:
            with b.when(answer):
                b.helper("jiffies64", U64)
        value = b.enum_value(enum, "A", 0x8000000000000002)
        with b.when(b.compare(CompareOp.EQ, value, u64(1))):
            b.helper("jiffies64", U64)

    obj = object_of(compiled, body)
    assert sorted(relocations(obj)) == [
        ("enumval_exists", "scx_dsq_id_flags::B"),
        ("enumval_value", "scx_dsq_id_flags::A"),
        ("field_exists", "outer.inner.x"),
        ("type_exists", "gone"),
    ]
    enum_type = obj.btf.by_name("scx_dsq_id_flags", bt.Enum)
    assert {e.name: e.value % (1 << 64) for e in enum_type.values} == {"A": 0x8000000000000002, "B": 3}


def test_signed_constants(compiled):
    enum = Enum("kind", 32, signed=True)

    def body(b: Body) -> None:
        b.ret(b.convert(ConvertOp.TRUNC, b.enum_value(enum, "NEGATIVE", -5), I32))

    obj = object_of(compiled, body, result=I32)
    assert [(e.name, e.value) for e in obj.btf.by_name("kind", bt.Enum).values] == [("NEGATIVE", -5)]


def test_a_kernel_array_within_a_struct(compiled):
    outer = kernel("outer", comm=Array(CHAR, 16))

    def body(b: Body, p: Value) -> None:
        b.load(b.element(b.field(p, outer, "comm"), Array(CHAR, 16), u64(3)), CHAR, volatile=True)

    obj = object_of(compiled, body, [("p", Pointer(outer))])
    assert relocations(obj) == [("field_byte_offset", "outer.comm")]


# Types


def test_struct_names_without_fields_are_structs_all_the_same(compiled):
    """FWD would not be compatible with the kernel's STRUCT: the function would count as missing."""
    function = kfunc("f", VOID, Pointer(Forward("bpf_prog_aux"), const=True), PTASK)
    obj = object_of(compiled, lambda b, p: b.kcall(function, Const(Pointer(VOID), 0), p), [("p", PTASK)])
    assert obj.btf.named("bpf_prog_aux", bt.Fwd) == []
    assert obj.btf.by_name("bpf_prog_aux", bt.Struct).members == ()
    assert obj.btf.by_name("task_struct", bt.Struct) is not None


def test_types_that_name_each_other(compiled):
    """Structs with pointers to themselves and to each other."""
    links = (Field("next", Pointer(Forward("node"))), Field("tree", Pointer(Forward("tree"))))
    node = Struct("node", (*links, Field("n", U64)))
    tree = Struct("tree", (Field("root", Pointer(node)),))
    module = Module(source=SOURCE)
    module.globals.append(Global(name="t", type=tree, section=".bss", span=SOURCE.span(0, 0)))
    module.globals.append(Global(name="n", type=node, section=".bss", span=SOURCE.span(0, 0)))
    program(module, "test", [], VOID)
    btf = read(compiled(module)).btf
    found = btf.by_name("node", bt.Struct)
    assert [m.name for m in found.members] == ["next", "tree", "n"]
    assert btf.strip(btf.strip(found.members[0].type).target).name == "node"


def test_basic_types_bear_the_names_of_c(compiled):
    module = Module(source=SOURCE)
    t = Struct("all", (Field("a", U64), Field("b", I64), Field("c", U16), Field("d", BOOL), Field("e", Array(CHAR, 3))))
    module.globals.append(Global(name="x", type=t, section=".bss", span=SOURCE.span(0, 0)))
    program(module, "test", [], VOID)
    btf = read(compiled(module)).btf
    names = [btf.strip(m.type).name for m in btf.by_name("all", bt.Struct).members[:4]]
    assert names == ["unsigned long long", "long long", "unsigned short", "_Bool"]
    last = btf.strip(btf.by_name("all", bt.Struct).members[4].type)
    assert isinstance(last, bt.Array) and btf.strip(last.element).name == "char"


def test_anonymous_structs_are_told_apart(compiled):
    """Equality of IR structs is by name; without one their fields decide."""
    first, second = Struct(None, (Field("a", U64),)), Struct(None, (Field("b", U32),))
    module = Module(source=SOURCE)
    for name, t in (("x", first), ("y", second)):
        module.globals.append(Global(name=name, type=t, section=".bss", span=SOURCE.span(0, 0)))
    program(module, "test", [], VOID)
    obj = read(compiled(module))
    assert [[m.name for m in obj.btf.strip(g.type).members] for g in obj.globals] == [["a"], ["b"]]


def test_tags_reach_btf(compiled):
    """Type tags on pointers, decl tags on members and variables."""
    mask = Struct("bpf_cpumask", (), kernel=True)
    node = Struct("node", (Field("mask", Pointer(mask, tag="kptr")), Field("head", U64, ("contains:item:link",))))
    module = Module(source=SOURCE)
    module.globals.append(
        Global(name="n", type=node, section=".data.A", span=SOURCE.span(0, 0), hidden=True, tags=("one", "two"))
    )
    program(module, "test", [], VOID)
    obj = read(compiled(module))
    tags = {(t.name, t.component) for t in obj.btf.of_kind(bt.DeclTag)}
    assert ("contains:item:link", 1) in tags
    assert obj.globals[0].tags == ("one", "two")
    assert [t.name for t in obj.btf.of_kind(bt.TypeTag)] == ["kptr"]


# Maps, globals, functions


def test_maps_in_the_convention_of_libbpf(compiled):
    value = Struct("row", (Field("a", U64), Field("b", U32)))
    maps = [
        Map(name="m", kind="hash", key=U32, value=value, max_entries=100, span=SOURCE.span(0, 0), flags=1),
        Map(name="s", kind="task_storage", key=I32, value=value, max_entries=0, span=SOURCE.span(0, 0), flags=1),
        Map(name="r", kind="ringbuf", key=None, value=None, max_entries=4096, span=SOURCE.span(0, 0)),
        Map(name="t", kind="array", key=U32, value=U64, max_entries=1, span=SOURCE.span(0, 0), pinned=True),
    ]
    obj = object_of(compiled, lambda b: None, maps=maps)
    assert [(m.name, m.type_name, m.key_size, m.value_size, m.max_entries, m.flags, m.pinned) for m in obj.maps] == [
        ("m", "hash", 4, 16, 100, 1, False),
        ("s", "task_storage", 4, 16, 0, 1, False),
        ("r", "ringbuf", 0, 0, 4096, 0, False),
        ("t", "array", 4, 8, 1, 0, True),
    ]


def test_kernel_functions_are_externs_with_their_prototypes(compiled):
    weak = kfunc("maybe___v2", BOOL, U64, Pointer(VOID), weak=True)
    strong = kfunc("always", I32, PTASK)

    def body(b: Body, p: Value) -> None:
        with b.when(b.exists(weak)):
            b.kcall(weak, u64(1), p)
        b.kcall(strong, p)

    obj = object_of(compiled, body, [("p", PTASK)])
    externs = {(e.name, e.weak, e.section) for e in obj.externs}
    assert externs == {("maybe___v2", True, ".ksyms"), ("always", False, ".ksyms")}


def test_parameters_of_subprograms_keep_their_names(compiled):
    module = Module(source=SOURCE)
    function, inner = subprogram(module, "helper", [Value(U64, "first"), Value(PTASK, "task")], U64, Linkage.GLOBAL)
    inner.ret(function.params[0])
    p = Value(PTASK, "p")
    b = program(module, "test", [p], I32)
    b.call(function, u64(3), p)
    b.ret(Const(I32, 0))
    obj = read(compiled(module))
    functions = {f.name: obj.btf[f.proto] for f in obj.btf.of_kind(bt.Func)}
    assert [x.name for x in functions["helper"].params] == ["first", "task"]
    assert [x.name for x in functions["test"].params] == ["ctx"]


def test_the_ops_table(compiled):
    module = Module(source=SOURCE)
    program(module, "my_enqueue", [], VOID)
    module.ops = Ops(
        name="my_ops",
        programs={"enqueue": "my_enqueue"},
        numbers={"timeout_ms": (U32, 5000), "flags": (U64, 1 << 63)},
        scheduler="x" * 200,
    )
    ops = read(compiled(module)).ops
    assert ops.section == ".struct_ops.link" and ops.type_name == "sched_ext_ops"
    assert ops.programs == {"enqueue": "my_enqueue"}
    assert ops.values == {"timeout_ms": 5000, "flags": 1 << 63, "name": "x" * 127}


def test_atomics_fetch_even_where_the_old_value_is_not_wanted(compiled):
    """Only the fetching forms are fully ordered on every machine."""
    module = Module(source=SOURCE)
    module.globals.append(Global(name="n", type=U64, section=".bss", span=SOURCE.span(0, 0)))
    b = program(module, "test", [], VOID)
    for op in AtomicOp:
        b.atomic(op, b.address("n", U64), u64(5))
    found = [i.operation for i in read(compiled(module)).programs[0].instructions if i.form is Form.ATOMIC]
    assert found == ["fetch_add", "fetch_and", "fetch_or", "fetch_xor", "xchg"]


def test_narrow_arguments_are_extended_and_narrow_results_are_not_trusted(compiled):
    """Across a call a bool is 0 or 1 in the whole register; of a kernel function's bool only the low bit counts."""
    function = kfunc("f", BOOL, BOOL, U16)
    module = Module(source=SOURCE)
    x = Value(U64, "x")
    b = program(module, "test", [x], I32)
    out = b.kcall(function, b.compare(CompareOp.ULT, x, u64(5)), Const(U16, 0xFFFF))
    with b.when(out):
        b.ret(Const(I32, 1))
    b.ret(Const(I32, 0))
    code = read(compiled(module)).programs[0].instructions
    after = [i for i in code[[i.form for i in code].index(Form.CALL) + 1 :]]
    assert any(i.operation == "and" and i.imm == 1 for i in after)
    assert any(i.operation == "mov" and i.imm == 0xFFFF for i in code)


# Lines


def test_every_statement_is_blamed_on_its_line(compiled):
    obj = read(compiled(simple()))
    enqueue = next(p for p in obj.programs if p.name == "simple_enqueue")
    lines = {(x.path, x.line): x.text for x in enqueue.lines}
    assert ("simple.scx", 25) in lines
    for (_, number), text in lines.items():
        assert text == TEXT.splitlines()[number - 1]


def test_lines_and_columns_beyond_what_btf_holds(compiled):
    wide = Source("wide.scx", " " * 5000 + "x\n")
    module = Module(source=wide)
    b = program(module, "test", [], I32)
    place = wide.span(5000, 5001)
    b.helper("jiffies64", U64)
    b.block[-1].span = place
    b.ret(Const(I32, 0))
    lines = read(compiled(module)).programs[0].lines
    assert {(x.line, x.column) for x in lines} == {(1, 1), (1, 1023)} or {x.line for x in lines} == {1}
    assert max(x.column for x in lines) <= 1023


def test_code_from_another_file_names_that_file(compiled):
    """A function of a module that was inlined keeps its own file and text."""
    module = Module(source=Source("dir/main.scx", "on enqueue(p) { f() }\n"))
    library = Source("lib/pelt.scx", "fn f() {\n  now()\n}\n")
    function, inner = subprogram(module, "f", [], VOID)
    function.span = library.line_span(1)
    inner.source, inner.line = library, 2
    inner.helper("jiffies64", U64)
    b = program(module, "test", [], VOID)
    b.call(function)
    lines = read(compiled(module)).programs[0].lines
    assert ("pelt.scx", 2, "  now()") in {(x.path, x.line, x.text) for x in lines}
    assert "main.scx" in {x.path for x in lines}


def test_files_of_one_name_are_told_apart():
    module = Module(source=Source("/home/me/a/policy.scx", "x"))
    other = Source("/home/me/b/policy.scx", "y")
    program(module, "test", [], VOID).block.clear()
    module.functions[0].span = other.span(0, 1)
    assert sorted(debug_names(module).values()) == ["a/policy.scx", "b/policy.scx"]


def test_an_empty_source_is_not_looked_for_on_this_machine(compiled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.scx").write_text("a secret\n")
    module = Module(source=Source("policy.scx", ""))
    b = program(module, "test", [], I32)
    b.helper("jiffies64", U64)
    b.ret(Const(I32, 0))
    assert b"secret" not in compiled(module)


# The object as a file


def test_no_dwarf_and_nothing_else_missing(backend, compiled):
    from scxdsl.codegen.module import emit

    raw = backend.compile(emit(simple()))
    assert isinstance(raw, bytes)
    before, after = read(raw), read(without_debug(raw))
    old, new = sections(raw), sections(without_debug(raw))
    assert any(name.startswith(".debug") for name in old) and not any(".debug" in name for name in new)
    # relocations number symbols, of which some went
    renumbered = {n for n in old if n.startswith(".rel") or n in (".symtab", ".strtab")}
    assert {n: d for n, d in old.items() if ".debug" not in n and n not in renumbered} == {
        n: d for n, d in new.items() if n not in renumbered
    }
    assert [(f.name, f.code, f.relocations, f.core, f.lines) for f in before.programs] == [
        (f.name, f.code, f.relocations, f.core, f.lines) for f in after.programs
    ]
    assert (before.maps, before.globals, before.externs, before.ops) == (after.maps, after.globals, after.externs, after.ops)
    assert without_debug(without_debug(raw)) == without_debug(raw)


def test_objects_do_not_tell_where_they_were_made(compiled):
    module = simple()
    moved = replace(module.source, path="/home/somebody/policies/simple.scx")
    other = simple()
    other.source = moved
    for thing in (*other.globals, *other.maps, *other.functions):
        thing.span = moved.span(thing.span.start, thing.span.end)
    data = compiled(other)
    assert b"somebody" not in data and os.getcwd().encode() not in data


def test_one_policy_one_object(compiled):
    """Byte for byte, in any process, whatever Python's hashes are."""
    here = hashlib.sha256(compiled(simple())).hexdigest()
    script = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from codegen.simple_scheduler import simple; from scxdsl.codegen.pipeline import build\n"
        "print(hashlib.sha256(build(simple()).object).hexdigest())"
    )
    tests = os.path.dirname(os.path.dirname(__file__))
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", script, tests],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        assert there == here


def test_a_module_that_contradicts_itself_is_refused(compiled):
    from scxdsl.ir.definitions import Conflict

    def body(b: Body, p: Value) -> None:
        b.load(b.field(p, kernel("task_struct", pid=I32), "pid"), I32)
        b.load(b.field(p, kernel("task_struct", pid=U64), "pid"), U64)

    from scxdsl.codegen.module import emit

    module = Module(source=SOURCE)
    p = Value(Pointer(TASK), "p")
    body(program(module, "test", [p], VOID), p)
    with pytest.raises(Conflict) as caught:
        emit(module)
    assert (caught.value.name, caught.value.field) == ("task_struct", "pid")
