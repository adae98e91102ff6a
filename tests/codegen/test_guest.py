# SPDX-License-Identifier: GPL-2.0-only
"""Objects made from IR by hand, judged and run by real kernels."""

from collections.abc import Callable, Iterator

import pytest
from codegen.builder import SOURCE, Body, kfunc, program, subprogram, u64
from codegen.simple_scheduler import PTASK, TEXT, simple

from scxdsl.guest import Guest
from scxdsl.ir.module import Global, Linkage, Map, Module, Ops
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, ConvertOp, Local, Value
from scxdsl.ir.types import BOOL, I32, TASK, U32, U64, VOID, Array, Field, Pointer, Struct

pytestmark = pytest.mark.guest
KERNELS = ("6.18", "7.3")


@pytest.fixture(scope="module", params=KERNELS)
def guest(request) -> Iterator[Guest]:
    with Guest(request.param) as running:
        yield running


def test_the_simple_scheduler_is_accepted_and_runs(guest, compiled):
    data = compiled(simple())
    verdicts = guest.verify(data)
    assert [(v.program, v.reason) for v in verdicts if not v.accepted] == []
    assert len(verdicts) == 8
    run = guest.run(data, seconds=3, load="mix")
    assert run.attached and run.clean, run
    assert run.stats["direct"] + run.stats["queued"] > 0


def test_parameters_are_set_at_load(guest, compiled):
    params = {"fifo": b"\1", "slice": (5_000_000).to_bytes(8, "little")}
    run = guest.run(compiled(simple()), seconds=2, load="mix", params=params)
    assert run.attached and run.clean, run


def test_the_kernel_quotes_the_line_of_the_policy(guest, compiled):
    """A fault in a program is reported at its line and column."""
    module = simple()
    place = next(f for f in module.functions if f.name == "simple_running")
    b = Body(module.source, line=30)
    key = Local("key", U32)
    b.set(key, Const(U32, 1))  # out of range: of a constant key in range the kernel knows that the lookup succeeds
    slot = b.helper("map_lookup_elem", Pointer(U64), b.address("stats", VOID), b.address_of(key))
    b.store(slot, u64(1))
    place.body[:0] = b.block
    verdict = next(v for v in guest.verify(compiled(module)) if v.program == "simple_running")
    assert not verdict.accepted
    assert (verdict.file, verdict.line) == ("simple.scx", 30)
    assert "map_value_or_null" in verdict.reason
    assert TEXT.splitlines()[29] in verdict.log


def zero(b: Body) -> Local:
    key = Local("key", U32)
    b.set(key, Const(U32, 0))
    return key


SLOT = Struct("slot", (Field("number", U64), Field("list", Array(U64, 4))))
KTASK = Struct(
    "task_struct", (Field("pid", I32), Field("start_time", U64), Field("real_parent", Pointer(TASK))), kernel=True
)


def scheduler(body: Callable[[Body, Value, Value, Value], None]) -> Module:
    """A scheduler whose enqueue has a task, its current task, and a slot of an array in hand; `body` is what is tried."""
    module = Module(source=SOURCE)
    module.maps.append(Map(name="slots", kind="array", key=U32, value=SLOT, max_entries=1, span=SOURCE.span(0, 0)))
    p, flags = Value(PTASK, "p"), Value(U64, "flags")
    b = program(module, "try_enqueue", [p, flags], VOID, line=2)
    slot = b.helper("map_lookup_elem", Pointer(SLOT), b.address("slots", VOID), b.address_of(zero(b)))
    with b.when(b.compare(CompareOp.EQ, slot, Const(Pointer(SLOT), 0))):
        b.ret()
    body(b, p, flags, slot)
    module.ops = Ops(name="try_ops", programs={"enqueue": "try_enqueue"}, numbers={}, scheduler="try")
    return module


def two_loads(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """One load of the same width on either side, of a task and of a map's value."""
    out = Local("out", U64)
    with b.when(b.compare(CompareOp.EQ, flags, u64(0))) as test:
        b.set(out, b.load(b.field(p, KTASK, "start_time"), U64))
    with b.otherwise(test):
        b.set(out, b.load(b.member(slot, SLOT, "number"), U64))
    b.store(b.member(slot, SLOT, "number"), b.get(out))


def two_tasks(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """The same field of a trusted pointer and of one that was walked to."""
    parent = b.load(b.field(p, KTASK, "real_parent"), PTASK)
    out = Local("out", I32)
    with b.when(b.compare(CompareOp.EQ, flags, u64(0))) as test:
        b.set(out, b.load(b.field(p, KTASK, "pid"), I32))
    with b.otherwise(test):
        b.set(out, b.load(b.field(parent, KTASK, "pid"), I32))
    b.store(b.member(slot, SLOT, "number"), b.convert(ConvertOp.ZEXT, b.get(out), U64))


def chosen_store(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """Stores of one value to the stack and to a map's value, then a call that needs the stack."""
    local = Local("here", U64)
    place = b.address_of(local)
    b.store(place, u64(0))
    with b.when(b.compare(CompareOp.EQ, flags, u64(0))) as test:
        b.store(place, u64(7))
    with b.otherwise(test):
        b.store(b.member(slot, SLOT, "number"), u64(7))
    b.helper("trace_printk", U64, place, Const(U32, 8))


def two_entities(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """Writable fields of a task and members of a slot, stored on either side."""
    entity = Struct("sched_ext_entity", (Field("slice", U64), Field("dsq_vtime", U64)), kernel=True)
    task = Struct("task_struct", (Field("scx", entity),), kernel=True)
    with b.when(b.compare(CompareOp.EQ, flags, u64(0))) as test:
        b.store(b.field(p, task, "scx", "slice"), flags)
    with b.otherwise(test):
        b.store(b.member(slot, SLOT, "number"), flags)


def checked_index(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """The shape of a range check: made opaque, compared, used."""
    at = b.opaque(b.binary(BinaryOp.UDIV, flags, u64(3)))
    with b.when(b.compare(CompareOp.ULT, at, u64(4))):
        place = b.element(b.member(slot, SLOT, "list"), SLOT.at(("list",)), at)
        b.store(place, b.binary(BinaryOp.ADD, b.load(place, U64), u64(1)))


def narrow_index(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """An index that was a 32-bit load: widened, made opaque, compared, used."""
    pid = b.convert(ConvertOp.SEXT, b.load(b.field(p, KTASK, "pid"), I32), U64)
    at = b.opaque(pid)
    with b.when(b.compare(CompareOp.ULT, at, u64(4))):
        b.store(b.element(b.member(slot, SLOT, "list"), SLOT.at(("list",)), at), u64(1))


def division(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """Signed and unsigned, by what may be 0."""
    n = b.load(b.member(slot, SLOT, "number"), U64)
    total = flags
    for op in (BinaryOp.UDIV, BinaryOp.UREM, BinaryOp.SDIV, BinaryOp.SREM):
        total = b.binary(BinaryOp.ADD, total, b.binary(op, flags, n))
    b.store(b.member(slot, SLOT, "number"), total)


def big_copy(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """A struct on the stack cleared, filled and copied into a map's value."""
    local = Local("s", SLOT)
    place = b.address_of(local)
    b.clear(place, SLOT)
    b.store(b.member(place, SLOT, "number"), flags)
    b.copy(slot, place, SLOT)


def bounded_loop(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """A counted loop with a way out and a way round."""
    at, total = Local("i", U64), Local("total", U64)
    b.set(at, u64(0))
    b.set(total, u64(0))
    with b.loop():
        i = b.get(at)
        with b.when(b.compare(CompareOp.UGE, i, u64(4))):
            b.leave()
        b.set(at, b.binary(BinaryOp.ADD, i, u64(1)))
        element = b.load(b.element(b.member(slot, SLOT, "list"), SLOT.at(("list",)), i), U64)
        with b.when(b.compare(CompareOp.EQ, element, flags)):
            b.again()
        b.set(total, b.binary(BinaryOp.ADD, b.get(total), element))
    b.store(b.member(slot, SLOT, "number"), b.get(total))


FORMS = [kfunc(name, VOID, weak=True) for name in ("bpf_rcu_read_lock", "no_such_function", "bpf_rcu_read_unlock")]


def forms_in_a_chain(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """Is there one form, another, a third: with the same outcome for each."""
    out = Local("out", U64)
    b.set(out, u64(1))
    with b.when(b.exists(FORMS[0])) as first:
        b.set(out, flags)
    with b.otherwise(first):
        with b.when(b.exists(FORMS[1])) as second:
            b.set(out, flags)
        with b.otherwise(second):
            with b.when(b.exists(FORMS[2])):
                b.set(out, flags)
    b.store(b.member(slot, SLOT, "number"), b.get(out))


def either_form(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """Two questions joined by an operator, and by a selection."""
    one, other = b.exists(FORMS[0]), b.exists(FORMS[2])
    b.store(b.member(slot, SLOT, "number"), b.select(b.binary(BinaryOp.OR, one, other), u64(3), flags))
    b.store(b.member(slot, SLOT, "number"), b.convert(ConvertOp.ZEXT, b.select(one, Const(BOOL, 1), other), U64))


def pointer_and_number(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """A pointer's test and a number's with one outcome, in both orders."""
    key = Local("key", U32)
    b.set(key, b.convert(ConvertOp.TRUNC, flags, U32))
    found = b.helper("map_lookup_elem", Pointer(SLOT), b.address("slots", VOID), b.address_of(key))
    there = b.compare(CompareOp.NE, found, Const(Pointer(SLOT), 0))
    some = b.compare(CompareOp.NE, flags, u64(0))
    out = Local("out", U64)
    b.set(out, u64(1))
    for first, second in ((there, some), (some, there)):
        with b.when(first) as test:
            b.set(out, flags)
        with b.otherwise(test):
            with b.when(second):
                b.set(out, flags)
        b.store(b.member(slot, SLOT, "number"), b.get(out))


def member_in_a_loop(b: Body, p: Value, flags: Value, slot: Value) -> None:
    """A pointer that is tested in each round: its member's address must not be computed before the loop."""
    key, at, found = Local("key", U32), Local("i", U64), Local("found", Pointer(SLOT))
    b.set(key, b.convert(ConvertOp.TRUNC, flags, U32))
    b.set(found, b.helper("map_lookup_elem", Pointer(SLOT), b.address("slots", VOID), b.address_of(key)))
    b.set(at, u64(0))
    with b.loop():
        i = b.get(at)
        with b.when(b.compare(CompareOp.UGE, i, u64(3))):
            b.leave()
        b.set(at, b.binary(BinaryOp.ADD, i, u64(1)))
        row = b.get(found)
        with b.when(b.compare(CompareOp.NE, row, Const(Pointer(SLOT), 0))):
            b.store(b.element(b.member(row, SLOT, "list"), SLOT.at(("list",)), u64(2)), i)


SHAPES = [
    forms_in_a_chain,
    either_form,
    pointer_and_number,
    member_in_a_loop,
    two_loads,
    two_tasks,
    chosen_store,
    two_entities,
    checked_index,
    narrow_index,
    division,
    big_copy,
    bounded_loop,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda f: f.__name__)
def test_shapes_that_llvm_might_spoil_are_accepted(guest, compiled, shape):
    verdicts = guest.verify(compiled(scheduler(shape)))
    assert [(v.program, v.reason, v.log[-2000:]) for v in verdicts if not v.accepted] == []


@pytest.mark.parametrize("linkage", [Linkage.STATIC, Linkage.NOINLINE, Linkage.GLOBAL])
def test_subprograms_of_each_linkage_are_accepted(guest, compiled, linkage):
    def body(b: Body, p: Value, flags: Value, slot: Value) -> None:
        module = Module(source=SOURCE)
        made.append((module, *subprogram(module, "limit", [Value(U64, "x"), Value(U32, "most")], U64, linkage)))
        out = b.call(made[0][1], flags, Const(U32, 3))
        at = b.opaque(out)
        with b.when(b.compare(CompareOp.ULT, at, u64(4))):
            b.store(b.element(b.member(slot, SLOT, "list"), SLOT.at(("list",)), at), u64(1))

    made: list = []
    module = scheduler(body)
    _, function, inner = made[0]
    x, most = function.params
    wide = inner.convert(ConvertOp.ZEXT, most, U64)
    with inner.when(inner.compare(CompareOp.ULT, x, wide)):
        inner.ret(x)
    inner.ret(wide)
    module.functions.append(function)
    verdicts = guest.verify(compiled(module))
    assert [(v.program, v.reason, v.log[-2000:]) for v in verdicts if not v.accepted] == []


def test_callbacks_by_address(guest, compiled):
    """bpf_loop with a function of ours and a context on the stack."""

    def body(b: Body, p: Value, flags: Value, slot: Value) -> None:
        total = Local("total", U64)
        b.set(total, flags)
        b.helper("loop", U64, Const(U32, 3), b.function("each"), b.address_of(total), u64(0))
        b.store(b.member(slot, SLOT, "number"), b.get(total))

    module = scheduler(body)
    function, b = subprogram(module, "each", [Value(U32, "i"), Value(Pointer(U64), "total")], U64)
    i, total = function.params
    b.store(total, b.binary(BinaryOp.ADD, b.load(total, U64), b.convert(ConvertOp.ZEXT, i, U64)))
    b.ret(u64(0))
    verdicts = guest.verify(compiled(module))
    assert [(v.program, v.reason, v.log[-2000:]) for v in verdicts if not v.accepted] == []


def test_owned_pointers_in_maps(guest, compiled):
    """A kptr: type tag on the member, the pointer exchanged, the old one released."""
    mask = Struct("bpf_cpumask", (), kernel=True)
    owner = Struct("owner", (Field("count", U64), Field("mask", Pointer(mask, tag="kptr"))))
    create = kfunc("bpf_cpumask_create", Pointer(mask))
    release = kfunc("bpf_cpumask_release", VOID, Pointer(mask))
    module = Module(source=SOURCE)
    module.maps.append(Map(name="owners", kind="array", key=U32, value=owner, max_entries=1, span=SOURCE.span(0, 0)))
    b = program(module, "try_enqueue", [Value(PTASK, "p"), Value(U64, "flags")], VOID)
    slot = b.helper("map_lookup_elem", Pointer(owner), b.address("owners", VOID), b.address_of(zero(b)))
    with b.when(b.compare(CompareOp.EQ, slot, Const(Pointer(owner), 0))):
        b.ret()
    fresh = b.kcall(create)
    with b.when(b.compare(CompareOp.EQ, fresh, Const(Pointer(mask), 0))):
        b.ret()
    old = b.helper("kptr_xchg", Pointer(mask), b.member(slot, owner, "mask"), fresh)
    with b.when(b.compare(CompareOp.NE, old, Const(Pointer(mask), 0))):
        b.kcall(release, old)
    module.ops = Ops(name="try_ops", programs={"enqueue": "try_enqueue"}, numbers={}, scheduler="try")
    verdicts = guest.verify(compiled(module))
    assert [(v.program, v.reason, v.log[-2000:]) for v in verdicts if not v.accepted] == []


def test_global_subprograms_take_tasks(guest, compiled):
    """A parameter's tag tells the kernel, which verifies the function alone, that the task may be trusted."""
    function, inner = subprogram(Module(source=SOURCE), "pid_of", [Value(PTASK, "task")], I32, Linkage.GLOBAL)
    function.param_tags = {0: ("arg:trusted",)}
    inner.ret(inner.load(inner.field(function.params[0], KTASK, "pid"), I32))
    module = scheduler(lambda b, p, flags, slot: b.call(function, p))
    module.functions.append(function)
    verdicts = guest.verify(compiled(module))
    assert [(v.program, v.reason, v.log[-2000:]) for v in verdicts if not v.accepted] == []


def test_variables_of_the_kernel(guest, compiled):
    """A per-CPU variable found by name, and one that no kernel has."""

    def body(b: Body, p: Value, flags: Value, slot: Value) -> None:
        here = b.helper("per_cpu_ptr", Pointer(I32), b.address("cpu_number", I32), Const(U32, 0))
        with b.when(b.compare(CompareOp.NE, here, Const(Pointer(I32), 0))):
            b.store(b.member(slot, SLOT, "number"), b.convert(ConvertOp.ZEXT, b.load(here, I32), U64))
        missing = b.address("no_such_variable", I32)
        with b.when(b.compare(CompareOp.NE, missing, Const(Pointer(I32), 0))):
            b.store(b.member(slot, SLOT, "number"), u64(0))

    module = scheduler(body)
    at = SOURCE.span(0, 0)
    module.globals.append(Global(name="cpu_number", type=I32, section=".ksyms", span=at))
    module.globals.append(Global(name="no_such_variable", type=I32, section=".ksyms", span=at, weak=True))
    verdicts = guest.verify(compiled(module))
    assert [(v.program, v.reason, v.log[-2000:]) for v in verdicts if not v.accepted] == []
