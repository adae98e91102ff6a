# SPDX-License-Identifier: GPL-2.0-only
"""The IR's invariants: what the verifier of a module finds, and that it finds nothing in what is right."""

import pytest
from codegen.builder import SOURCE, kfunc, program, subprogram, u64
from codegen.simple_scheduler import PTASK, simple
from ir.test_printer import everything

from scxdsl.ir.findings import (
    Disagreement,
    Incomplete,
    InvalidModule,
    Mistyped,
    NoResult,
    NoWayHere,
    OutsideLoop,
    Redefined,
    Undefined,
    Unfit,
    Unknown,
    WrongCount,
)
from scxdsl.ir.module import Global, Map, Module, Ops
from scxdsl.ir.ops import AtomicOp, Binary, BinaryOp, CompareOp, Const, ConvertOp, Local, Value
from scxdsl.ir.types import BOOL, I32, TASK, U8, U16, U32, U64, VOID, Array, Field, Pointer, Struct
from scxdsl.ir.verify import findings, verify


def kinds(build, result=VOID, params=(U64, U64)) -> list[type]:
    """The kinds of findings in one program that `build` fills."""
    module = Module(source=SOURCE)
    values = [Value(t, f"p{n}") for n, t in enumerate(params)]
    b = program(module, "test", values, result, section="syscall")
    build(b, *values)
    return [type(f) for f in findings(module)]


def always(b):
    return b.compare(CompareOp.EQ, u64(1), u64(1))


def test_what_is_right_has_no_findings():
    verify(simple())
    verify(everything())


# Definitions on every path


def test_a_value_of_one_branch_is_not_known_behind_it():
    def build(b, x, y):
        with b.when(always(b)):
            inner = b.binary(BinaryOp.ADD, x, y)
        b.store(b.convert(ConvertOp.POINTER, x, Pointer(U64)), inner)

    assert kinds(build) == [Undefined]


def test_a_value_of_the_branch_that_goes_on_is_known():
    def build(b, x, y):
        with b.when(always(b)) as test:
            b.ret()
        with b.otherwise(test):
            inner = b.binary(BinaryOp.ADD, x, y)
        b.binary(BinaryOp.ADD, inner, x)

    assert kinds(build) == []


def test_behind_a_loop_is_known_what_every_break_knew():
    def build(b, x, y, early):
        with b.loop():
            if early:
                with b.when(always(b)):
                    b.leave()
            inner = b.binary(BinaryOp.ADD, x, y)
            b.leave()
        b.binary(BinaryOp.ADD, inner, x)

    assert kinds(lambda b, x, y: build(b, x, y, False)) == []
    assert kinds(lambda b, x, y: build(b, x, y, True)) == [Undefined]


def test_variables_are_set_before_they_are_read():
    def build(b, x, y):
        local = Local("v", U64)
        with b.when(always(b)):
            b.set(local, x)
        b.get(local)

    assert kinds(build) == [Undefined]


def test_variables_on_the_stack_may_be_filled_through_their_address():
    def build(b, x, y):
        local = Local("v", U64)
        b.store(b.address_of(local), x)
        b.get(local)

    assert kinds(build) == []


def test_a_value_is_defined_once():
    def build(b, x, y):
        value = b.binary(BinaryOp.ADD, x, y)
        b.add(Binary(span=b.span, result=value, op=BinaryOp.ADD, left=x, right=y))

    assert kinds(build) == [Redefined]


def test_a_value_of_another_function():
    def build(b, x, y):
        b.binary(BinaryOp.ADD, Value(U64, "stranger"), x)

    assert Undefined in kinds(build)


# Control


def test_breaks_stand_in_loops():
    assert kinds(lambda b, x, y: b.leave()) == [OutsideLoop]

    def too_far(b, x, y):
        with b.loop():
            b.again(1)

    assert kinds(too_far) == [OutsideLoop]


def test_a_result_on_every_path():
    def build(b, x, y):
        with b.when(always(b)):
            b.ret(x)

    assert kinds(build, result=U64) == [NoResult]
    assert kinds(lambda b, x, y: b.ret(x), result=U64) == []
    assert kinds(lambda b, x, y: b.ret(), result=U64) == [Mistyped]
    assert kinds(lambda b, x, y: b.ret(x)) == [Mistyped]


def test_nothing_stands_behind_a_return():
    def build(b, x, y):
        b.ret()
        b.binary(BinaryOp.ADD, x, y)

    assert kinds(build) == [NoWayHere]


# Types


@pytest.mark.parametrize(
    "build",
    [
        lambda b, x, y: b.binary(BinaryOp.ADD, x, Const(U32, 1)),
        lambda b, x, y: b.binary(BinaryOp.ADD, always(b), always(b)),
        lambda b, x, y: b.compare(CompareOp.ULT, x, Const(U32, 1)),
        lambda b, x, y: b.convert(ConvertOp.ZEXT, x, U32),
        lambda b, x, y: b.convert(ConvertOp.TRUNC, Const(U8, 1), U32),
        lambda b, x, y: b.convert(ConvertOp.SEXT, always(b), U64),
        lambda b, x, y: b.convert(ConvertOp.POINTER, Const(U32, 1), Pointer(U64)),
        lambda b, x, y: b.select(x, x, y),
        lambda b, x, y: b.select(always(b), x, Const(U32, 1)),
        lambda b, x, y: b.set(Local("v", U32), x),
        lambda b, x, y: b.load(x, U64),
        lambda b, x, y: b.load(b.address_of(Local("v", BOOL)), U64),
        lambda b, x, y: b.store(b.address_of(Local("v", U16)), x),
        lambda b, x, y: b.atomic(AtomicOp.ADD, b.address_of(Local("v", U16)), Const(U16, 1)),
        lambda b, x, y: b.element(b.address_of(Local("v", Array(U64, 4))), Array(U64, 4), u64(4)),
        lambda b, x, y: b.element(b.address_of(Local("v", Array(U64, 4))), Array(U64, 4), Const(U32, 1)),
        lambda b, x, y: b.field(b.convert(ConvertOp.POINTER, x, PTASK), Struct("s", (Field("f", U64),)), "f"),
        lambda b, x, y: b.kcall(kfunc("f", VOID, U64), always(b)),
        lambda b, x, y: b.kcall(kfunc("f", VOID, U32), x),
        lambda b, x, y: b.helper("ktime_get_ns", PTASK),
        lambda b, x, y: b.helper("map_lookup_elem", PTASK, x, y),
        lambda b, x, y: b.opaque(x) and b.copy(x, x, U64),
    ],
)
def test_operands_that_do_not_fit(build):
    assert Mistyped in kinds(build)


def test_narrow_numbers_pass_where_wide_ones_are_wanted():
    assert kinds(lambda b, x, y: b.kcall(kfunc("f", VOID, U64), Const(U32, 1))) == []


def test_a_call_has_its_arguments():
    assert kinds(lambda b, x, y: b.kcall(kfunc("f", VOID, U64), x, y)) == [WrongCount]
    assert kinds(lambda b, x, y: b.helper("map_lookup_elem", PTASK)) == [WrongCount]
    module = Module(source=SOURCE)
    called, inner = subprogram(module, "sub", [Value(U64, "x")], VOID)
    program(module, "test", [], VOID).call(called)
    assert [type(f) for f in findings(module)] == [WrongCount]


# Names and sizes


@pytest.mark.parametrize(
    "build",
    [
        lambda b, x, y: b.address("nothing", U64),
        lambda b, x, y: b.function("nothing"),
        lambda b, x, y: b.helper("nothing", U64),
        lambda b, x, y: b.field_exists(Struct("s", (Field("f", U64),), kernel=True), "g"),
    ],
)
def test_names_stand_for_something(build):
    assert kinds(build) == [Unknown]


def test_what_has_no_size_has_no_place():
    assert kinds(lambda b, x, y: b.address_of(Local("t", TASK))) == [Incomplete]
    module = Module(source=SOURCE)
    module.maps.append(Map(name="m", kind="hash", key=U32, value=TASK, max_entries=1, span=SOURCE.span(0, 0)))
    assert [type(f) for f in findings(module)] == [Incomplete]


def test_globals_and_maps_that_no_object_can_hold():
    module = Module(source=SOURCE)
    at = SOURCE.span(0, 0)
    module.globals = [
        Global(name="long", type=U32, section=".data", span=at, initial=bytes(5)),
        Global(name="zero", type=U32, section=".bss", span=at, initial=b"\1"),
        Global(name="twice", type=U32, section=".bss", span=at),
        Global(name="twice", type=U32, section=".bss", span=at),
    ]
    module.maps = [Map(name="m", kind="cupboard", key=U32, value=U32, max_entries=1, span=at)]
    module.ops = Ops(name="o", programs={"enqueue": "missing"}, numbers={}, scheduler="s")
    assert [type(f) for f in findings(module)] == [Redefined, Unfit, Unfit, Unknown, Unknown]


def test_functions_that_no_object_can_hold():
    module = Module(source=SOURCE)
    subprogram(module, "six", [Value(U64) for _ in range(6)], VOID)
    program(module, "test", [], VOID).kcall(kfunc("f", VOID, *[U64] * 6), *[u64(1)] * 6)
    assert [type(f) for f in findings(module)] == [Unfit, Unfit]


def test_one_symbol_has_one_prototype():
    def build(b, x, y):
        b.kcall(kfunc("f", VOID, U64), x)
        b.kcall(kfunc("f", VOID, U64, weak=True), x)

    assert kinds(build) == [Disagreement]

    def structs(b, x, y):
        for t in (U64, U32):
            b.type_exists(Struct("s", (Field("f", t),), kernel=True))

    assert kinds(structs) == [Disagreement]


def test_findings_are_told_with_their_place():
    module = Module(source=SOURCE)
    b = program(module, "test", [], I32, line=7)
    b.leave()
    with pytest.raises(InvalidModule) as caught:
        verify(module)
    assert str(caught.value) == "test, policy.scx:7:1: loop 0 is left where 0 stand around"
    assert caught.value.findings[0].function == "test"
