# SPDX-License-Identifier: GPL-2.0-only
"""The simple weighted scheduler as a module in IR, with every renamed kernel function in guarded forms."""

from codegen.builder import Body, Kfunc, kfunc, program, subprogram, u64

from scxdsl.ir.module import Function, Global, Map, Module, Ops
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, ConvertOp, Local, Operand, Value
from scxdsl.ir.types import (
    BOOL,
    CHAR,
    I32,
    I64,
    TASK,
    U32,
    U64,
    VOID,
    Array,
    Enum,
    Field,
    Pointer,
    Struct,
)
from scxdsl.source.text import Source

TEXT = """/// Weighted fair scheduling over one shared queue.
scheduler simple

param slice: duration = 20ms in 100us ..= 1s
param fifo: bool = false

dsq shared
var vtime_now: vtime
stat direct, queued

on select_cpu(p, prev, wake) {
    let (cpu, idle) = select_cpu_dfl(p, prev, wake)
    if idle {
        direct += 1
        LOCAL.insert(p, slice)
    }
    return cpu
}

on enqueue(p, flags) {
    queued += 1
    if fifo {
        shared.insert(p, slice, flags)
    } else {
        shared.insert(p, slice, flags, vtime: max(p.vtime, vtime_now - slice))
    }
}

on dispatch(cpu, prev) { shared.move_to_local() }
on running(p)          { vtime_now = max(vtime_now, p.vtime) }
on stopping(p, runnable) { p.vtime += (slice - p.slice) * 100 / p.weight }
on enable(p)           { p.vtime = vtime_now }
"""

ENTITY = Struct("sched_ext_entity", (Field("weight", U32), Field("slice", U64), Field("dsq_vtime", U64)), kernel=True)
PTASK = Pointer(TASK)
KIND = Enum("scx_exit_kind")
EXIT = Struct(
    "scx_exit_info",
    (
        Field("kind", KIND),
        Field("exit_code", I64),
        Field("reason", Pointer(CHAR, const=True)),
        Field("bt", Pointer(U64)),
        Field("bt_len", U32),
        Field("msg", Pointer(CHAR)),
    ),
    kernel=True,
)
VTIME_ARGS = Struct(
    "scx_bpf_dsq_insert_vtime_args",
    (Field("dsq_id", U64), Field("slice", U64), Field("vtime", U64), Field("enq_flags", U64)),
    kernel=True,
)
DSQS = Enum("scx_dsq_id_flags", 64)
STATS = Struct("stats", (Field("direct", U64), Field("queued", U64)))
UEI = Struct(
    "user_exit_info",
    (
        Field("kind", I32),
        Field("bt_len", U32),
        Field("exit_code", I64),
        Field("bt", Array(U64, 16)),
        Field("reason", Array(CHAR, 128)),
        Field("msg", Array(CHAR, 1024)),
    ),
)

SELECT = kfunc("scx_bpf_select_cpu_dfl", I32, PTASK, I32, U64, Pointer(BOOL))
INSERT = [
    kfunc("scx_bpf_dsq_insert___v2___compat", BOOL, PTASK, U64, U64, U64, weak=True),
    kfunc("scx_bpf_dsq_insert___v1", VOID, PTASK, U64, U64, U64, weak=True),
    kfunc("scx_bpf_dispatch___compat", VOID, PTASK, U64, U64, U64, weak=True),
]
INSERT_VTIME = [
    kfunc("scx_bpf_dsq_insert_vtime___compat", VOID, PTASK, U64, U64, U64, U64, weak=True),
    kfunc("scx_bpf_dispatch_vtime___compat", VOID, PTASK, U64, U64, U64, U64, weak=True),
]
INSERT_VTIME_STRUCT = kfunc("__scx_bpf_dsq_insert_vtime", BOOL, PTASK, Pointer(VTIME_ARGS), weak=True)
MOVE = [
    kfunc("scx_bpf_dsq_move_to_local___v2___compat", BOOL, U64, U64, weak=True),
    kfunc("scx_bpf_dsq_move_to_local___v1", BOOL, U64, weak=True),
    kfunc("scx_bpf_consume___old", BOOL, U64, weak=True),
]
SET_VTIME = kfunc("scx_bpf_task_set_dsq_vtime___new", BOOL, PTASK, U64, weak=True)
CREATE = kfunc("scx_bpf_create_dsq", I32, U64, I32)
ERROR = kfunc("scx_bpf_error_bstr", VOID, Pointer(CHAR), Pointer(U64), U32)
SHARED = u64(1 << 56)


def task(**fields: object) -> Struct:
    """`struct task_struct` with those fields of its `scx` that one place needs."""
    inner = Struct("sched_ext_entity", tuple(f for f in ENTITY.fields if f.name in fields), kernel=True)
    return Struct("task_struct", (Field("scx", inner),), kernel=True)


def simple() -> Module:
    source = Source("somewhere/simple.scx", TEXT)
    module = Module(source=source)
    at = source.line_span
    message = b"simple.scx:7: the queue was not made (%d)\0"
    module.globals += [
        Global(
            name="slice",
            type=U64,
            section=".rodata",
            span=at(4),
            initial=(20_000_000).to_bytes(8, "little"),
            read_only=True,
            tags=('scxdsl.param:{"type":"duration","min":100000,"max":1000000000}',),
        ),
        Global(
            name="fifo", type=BOOL, section=".rodata", span=at(5), read_only=True, tags=('scxdsl.param:{"type":"bool"}',)
        ),
        Global(name="vtime_now", type=U64, section=".bss", span=at(8)),
        Global(name="uei", type=UEI, section=".data", span=at(2)),
        # Not .rodata: the kernel function's parameter is not const, and the verifier takes that at its word.
        Global(name="init_message", type=Array(CHAR, len(message)), section=".data", span=at(7), initial=message),
    ]
    module.maps.append(Map(name="stats", kind="percpu_array", key=U32, value=STATS, max_entries=1, span=at(9)))
    count = counter(module)

    p, prev, wake = Value(PTASK, "p"), Value(I32, "prev"), Value(U64, "wake")
    b = program(module, "simple_select_cpu", [p, prev, wake], I32, line=11)
    idle = Local("idle", BOOL)
    b.line = 12
    b.set(idle, Const(BOOL, 0))
    cpu = b.kcall(SELECT, p, prev, wake, b.address_of(idle))
    b.line = 13
    with b.when(b.get(idle)):
        b.line = 14
        b.call(count, u64(0))
        b.line = 15
        insert(b, p, b.enum_value(DSQS, "SCX_DSQ_LOCAL", 0x8000000000000002), slice_of(b), u64(0))
    b.line = 17
    b.ret(cpu)

    p, flags = Value(PTASK, "p"), Value(U64, "flags")
    b = program(module, "simple_enqueue", [p, flags], VOID, line=20)
    b.line = 21
    b.call(count, u64(1))
    b.line = 22
    with b.when(b.load(b.address("fifo", BOOL), BOOL, volatile=True)) as test:
        b.line = 23
        insert(b, p, SHARED, slice_of(b), flags)
    with b.otherwise(test):
        b.line = 25
        vtime = b.load(b.field(p, task(dsq_vtime=1), "scx", "dsq_vtime"), U64)
        limit = b.binary(BinaryOp.SUB, b.load(b.address("vtime_now", U64), U64, volatile=True), slice_of(b))
        insert_vtime(b, p, slice_of(b), later(b, vtime, limit), flags)

    b = program(module, "simple_dispatch", [Value(I32, "cpu"), Value(PTASK, "prev")], VOID, line=29)
    with b.when(b.exists(MOVE[0])) as test:
        b.kcall(MOVE[0], SHARED, u64(0))
    with b.otherwise(test):
        with b.when(b.exists(MOVE[1])) as inner:
            b.kcall(MOVE[1], SHARED)
        with b.otherwise(inner):
            b.kcall(MOVE[2], SHARED)

    p = Value(PTASK, "p")
    b = program(module, "simple_running", [p], VOID, line=30)
    now = b.load(b.address("vtime_now", U64), U64, volatile=True)
    vtime = b.load(b.field(p, task(dsq_vtime=1), "scx", "dsq_vtime"), U64)
    b.store(b.address("vtime_now", U64), later(b, now, vtime), volatile=True)

    p = Value(PTASK, "p")
    b = program(module, "simple_stopping", [p, Value(BOOL, "runnable")], VOID, line=31)
    left = b.load(b.field(p, task(slice=1), "scx", "slice"), U64)
    full = slice_of(b)
    used = b.select(b.compare(CompareOp.UGT, left, full), u64(0), b.binary(BinaryOp.SUB, full, left))
    weight = b.convert(ConvertOp.ZEXT, b.load(b.field(p, task(weight=1), "scx", "weight"), U32), U64)
    charge = b.binary(BinaryOp.UDIV, b.binary(BinaryOp.MUL, used, u64(100)), weight)
    old = b.load(b.field(p, task(dsq_vtime=1), "scx", "dsq_vtime"), U64)
    set_vtime(b, p, b.binary(BinaryOp.ADD, old, charge))

    p = Value(PTASK, "p")
    b = program(module, "simple_enable", [p], VOID, line=32)
    set_vtime(b, p, b.load(b.address("vtime_now", U64), U64, volatile=True))

    b = program(module, "simple_init", [], I32, section="struct_ops.s/simple_init", line=7)
    made = b.kcall(CREATE, SHARED, Const(I32, -1))
    with b.when(b.compare(CompareOp.NE, made, Const(I32, 0))):
        data = Local("data", Array(U64, 1))
        where = b.address_of(data)
        b.store(where, b.convert(ConvertOp.SEXT, made, I64))
        b.kcall(ERROR, b.address("init_message", CHAR), where, Const(U32, 8))
    b.ret(made)

    exit_program(module)
    names = "select_cpu enqueue dispatch running stopping enable init exit".split()
    module.ops = Ops(
        name="simple_ops",
        programs={n: f"simple_{n}" for n in names},
        numbers={"flags": (U64, 0), "timeout_ms": (U32, 5000)},
        scheduler="simple",
    )
    return module


def slice_of(b: Body) -> Value:
    return b.load(b.address("slice", U64), U64, volatile=True)


def later(b: Body, a: Operand, c: Operand) -> Value:
    """max of two vtimes, which wrap: `if a < b { b } else { a }`."""
    gap = b.binary(BinaryOp.SUB, a, c)
    before = b.compare(CompareOp.SLT, b.convert(ConvertOp.SEXT, gap, I64), Const(I64, 0))
    return b.select(before, c, a)


def counter(module: Module) -> Function:
    """The subprogram that counts one event of a number."""
    which = Value(U64, "which")
    function, b = subprogram(module, "count", [which], VOID, line=9)
    key = Local("key", U32)
    b.set(key, Const(U32, 0))
    entry = b.helper("map_lookup_elem", Pointer(STATS), b.address("stats", VOID), b.address_of(key))
    with b.when(b.compare(CompareOp.EQ, entry, Const(Pointer(STATS), 0))):
        b.ret()
    for number, name in enumerate(("direct", "queued")):
        with b.when(b.compare(CompareOp.EQ, which, u64(number))):
            place = b.member(entry, STATS, name)
            b.store(place, b.binary(BinaryOp.ADD, b.load(place, U64), u64(1)))
    return function


def insert(b: Body, p: Operand, queue: Operand, slice_: Operand, flags: Operand) -> None:
    first_present(b, INSERT, lambda form: (p, queue, slice_, flags))


def insert_vtime(b: Body, p: Operand, slice_: Operand, vtime: Operand, flags: Operand) -> None:
    with b.when(b.type_exists(VTIME_ARGS)) as test:
        packed = Local("args", VTIME_ARGS)
        where = b.address_of(packed)
        for name, value in (("dsq_id", SHARED), ("slice", slice_), ("vtime", vtime), ("enq_flags", flags)):
            b.store(b.member(where, VTIME_ARGS, name), value)
        b.kcall(INSERT_VTIME_STRUCT, p, where)
    with b.otherwise(test):
        first_present(b, INSERT_VTIME, lambda form: (p, SHARED, slice_, vtime, flags))


def first_present(b: Body, forms: list[Kfunc], arguments) -> None:
    """Calls the first form that the running kernel has; the last one without a test."""
    form, *rest = forms
    if not rest:
        b.kcall(form, *arguments(form))
        return
    with b.when(b.exists(form)) as test:
        b.kcall(form, *arguments(form))
    with b.otherwise(test):
        first_present(b, rest, arguments)


def set_vtime(b: Body, p: Operand, value: Operand) -> None:
    with b.when(b.exists(SET_VTIME)) as test:
        b.kcall(SET_VTIME, p, value)
    with b.otherwise(test):
        b.store(b.field(p, task(dsq_vtime=1), "scx", "dsq_vtime"), value)


def exit_program(module: Module) -> None:
    ei = Value(Pointer(EXIT), "ei")
    b = program(module, "simple_exit", [ei], VOID, line=2)
    uei = b.address("uei", UEI)
    for name, size in (("reason", 128), ("msg", 1024)):
        text = b.load(b.field(ei, EXIT, name), Pointer(CHAR))
        b.helper("probe_read_kernel_str", I64, b.member(uei, UEI, name), Const(U32, size), text)
    with b.when(b.field_exists(EXIT, "exit_code")):
        b.store(b.member(uei, UEI, "exit_code"), b.load(b.field(ei, EXIT, "exit_code"), I64))
    kind = b.load(b.field(ei, EXIT, "kind"), KIND)
    b.store(b.member(uei, UEI, "kind"), b.convert(ConvertOp.ZEXT, kind, I32), volatile=True)
