# SPDX-License-Identifier: GPL-2.0-only
"""Modules as text: every operation has one line that says what it does."""

from codegen.builder import SOURCE, kfunc, program, subprogram, u64
from codegen.simple_scheduler import simple

from scxdsl.ir import ops
from scxdsl.ir.module import Global, Linkage, Map, Module, Ops
from scxdsl.ir.ops import AtomicOp, BinaryOp, CompareOp, Const, ConvertOp, Local, Value
from scxdsl.ir.printer import print_function, print_module
from scxdsl.ir.types import BOOL, I32, TASK, U32, U64, VOID, Array, Enum, Field, Pointer, Struct

ROW = Struct("row", (Field("n", U64), Field("list", Array(U64, 4))))
KTASK = Struct("task_struct", (Field("pid", I32),), kernel=True)


def everything() -> Module:
    """A module with every operation."""
    module = Module(source=SOURCE)
    module.globals.append(Global(name="g", type=U64, section=".data", span=SOURCE.span(0, 0), initial=bytes([5] + [0] * 7)))
    at = SOURCE.span(0, 0)
    module.maps.append(Map(name="m", kind="hash", key=U32, value=ROW, max_entries=8, span=at, flags=1, pinned=True))
    called, inner = subprogram(module, "sub", [Value(U64, "x")], U64, Linkage.NOINLINE)
    inner.ret(called.params[0])
    p, n = Value(Pointer(TASK), "p"), Value(U64, "n")
    b = program(module, "all", [p, n], I32, line=3)
    b.line = 3
    wrapped = b.binary(BinaryOp.ADD, n, u64(1))
    truth = b.compare(CompareOp.SLT, wrapped, u64(9))
    b.select(truth, n, wrapped)
    b.convert(ConvertOp.TRUNC, n, U32)
    b.line = 4
    local = Local("row", ROW)
    counter = Local("row", U64)
    b.set(counter, n)
    b.get(counter)
    place = b.address_of(local)
    b.clear(place, ROW)
    b.copy(place, place, ROW)
    b.member(place, ROW, "list")
    b.element(b.member(place, ROW, "list"), Array(U64, 4), b.opaque(n))
    b.forget(n)
    b.load(b.field(p, KTASK, "pid"), I32)
    g = b.address("g", U64)
    b.store(g, b.load(g, U64, volatile=True), volatile=True)
    b.atomic(AtomicOp.ADD, g, n)
    b.cas(g, n, wrapped)
    b.helper("loop", U64, Const(U32, 3), b.function("sub"), Const(Pointer(VOID), 0), u64(0))
    weak = kfunc("f___v2", BOOL, U64, weak=True)
    with b.when(b.exists(weak)) as test:
        b.kcall(weak, n)
    with b.otherwise(test):
        b.call(called, n)
    enum = Enum("flags", 64)
    b.enum_value(enum, "A", 1 << 63)
    b.enum_exists(enum, "A", 1 << 63)
    b.type_exists(KTASK)
    b.field_exists(KTASK, "pid")
    b.context(ROW)
    with b.loop():
        with b.loop():
            with b.when(truth):
                b.leave(1)
            b.again()
    b.ret(Const(I32, -1))
    module.ops = Ops(name="o", programs={"enqueue": "all"}, numbers={"flags": (U64, 3)}, scheduler="s")
    return module


EXPECTED = """\
struct row { n: u64, list: [u64; 4] }

global g: u64 in .data = 5
map m: hash<u32, struct row>[8] flags 0x1 pinned

weak kfunc f___v2(u64) -> bool

noinline sub(%x: u64) -> u64 {  // 1
    return %x
}

program all(%p: struct task_struct*, %n: u64) -> i32 in 'struct_ops/all' {  // 3
    local row: u64
    local row.2: struct row
    %1 = add u64 %n, 1
    %2 = slt u64 %1, 9
    %3 = select %2, %n, %1
    %4 = trunc %n from u64 to u32
    set row, %n  // 4
    %5 = get row
    %6 = address of row.2
    clear struct row at %6
    copy struct row from %6 to %6
    %7 = member %6 -> list of struct row
    %8 = member %6 -> list of struct row
    %9 = opaque %n
    %10 = element %9 of %8: [u64; 4]
    %11 = forget %n
    %12 = kernel member %p -> pid of struct task_struct
    %13 = load i32 from %12
    %14 = address g
    %15 = load volatile u64 from %14
    store volatile u64 %15 to %14
    %16 = atomic add u64 %n at %14
    %17 = compare and swap %n by u64 %1 at %14
    %18 = address sub
    %19 = helper loop(3u32, %18, null, 0)
    %20 = exists kfunc f___v2
    if %20 {
        %21 = call f___v2(%n)
    } else {
        %22 = call sub(%n)
    }
    %23 = value flags.A (known as 9223372036854775808)
    %24 = exists flags.A
    %25 = exists struct task_struct
    %26 = exists struct task_struct.pid
    %27 = address of the context
    loop {
        loop {
            if %2 {
                break 1
            }
            continue
        }
    }
    return -1i32
}

ops o: struct sched_ext_ops 's' {
    enqueue = all
    flags: u64 = 3
}
"""


def test_a_module_with_every_operation():
    assert print_module(everything()) == EXPECTED


def test_every_operation_is_in_that_module():
    from scxdsl.ir.walk import operations

    kinds = {type(op) for f in everything().functions for op in operations(f.body)}
    every = {c for c in vars(ops).values() if isinstance(c, type) and issubclass(c, ops.Op) and c is not ops.Op}
    assert kinds == every


def test_a_function_alone():
    text = print_function(simple().function("simple_enable"))
    assert text.startswith("program simple_enable(%p: struct task_struct*) -> void in 'struct_ops/simple_enable' {  // 32")
    assert text.endswith("}")
