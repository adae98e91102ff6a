# SPDX-License-Identifier: GPL-2.0-only
"""Variables on the stack share its 512 bytes where they do not live at one time."""

from codegen.builder import SOURCE, Body, program, u64

from scxdsl.codegen.backend import BackendError
from scxdsl.ir.lifetimes import lifetimes
from scxdsl.codegen.pipeline import build
from scxdsl.ir.module import Module
from scxdsl.ir.ops import CompareOp, Const, ConvertOp, GetLocal, If, Local, LocalAddress, Loop, Store, Value
from scxdsl.ir.types import I32, U32, U64, Array, Pointer

BUFFER = Array(U64, 40)  # 320 bytes: one fits, two do not


def module() -> tuple[Module, Body, Value]:
    made = Module(source=SOURCE)
    x = Value(U64, "x")
    return made, program(made, "test", [x], I32, section="syscall"), x


def fill(b: Body, name: str) -> Value:
    place = b.address_of(Local(name, BUFFER))
    b.helper("get_current_comm", U64, place, Const(U32, BUFFER.size))
    return place


def read(b: Body, place: Value) -> Value:
    return b.load(b.element(place, BUFFER, u64(3)), U64)


def test_one_after_the_other(backend):
    made, b, _ = module()
    for name in "abc":
        read(b, fill(b, name))
    b.ret(Const(I32, 0))
    assert not isinstance(build(made, backend), BackendError)


def test_on_either_side_of_a_branch_and_in_loops(backend):
    made, b, x = module()
    with b.when(b.compare(CompareOp.EQ, x, u64(0))) as test:
        read(b, fill(b, "one"))
    with b.otherwise(test):
        read(b, fill(b, "other"))
    with b.loop():
        with b.when(b.compare(CompareOp.EQ, read(b, fill(b, "inner")), u64(0))):
            b.leave()
    b.ret(Const(I32, 0))
    assert not isinstance(build(made, backend), BackendError)


def test_at_one_time_they_do_not_fit(backend):
    made, b, _ = module()
    first, second = fill(b, "a"), fill(b, "b")
    read(b, first)
    read(b, second)
    b.ret(Const(I32, 0))
    error = build(made, backend)
    assert isinstance(error, BackendError) and error.over_stack


def bounds(made: Module, local: Local) -> tuple[type, type]:
    """The kinds of operations at which a variable begins and ceases to live."""
    found = lifetimes(made.functions[0])
    begin = next(op for op, names in found.begin.items() if local in names)
    end = next(op for op, names in found.end.items() if local in names)
    return type(begin), type(end)


def test_a_use_within_a_branch_keeps_the_variable_for_the_whole_branch():
    made, b, x = module()
    local = Local("v", U64)
    place = b.address_of(local)
    with b.when(b.compare(CompareOp.EQ, x, u64(0))):
        b.store(place, u64(1))
    assert bounds(made, local) == (LocalAddress, If)


def test_an_address_used_behind_its_branch_lives_behind_it():
    """Where the other branch returns, a value of this one is known afterwards."""
    made, b, x = module()
    local = Local("v", U64)
    with b.when(b.compare(CompareOp.EQ, x, u64(0))) as test:
        b.ret(Const(I32, 0))
    with b.otherwise(test):
        place = b.address_of(local)
    b.store(place, x)
    assert bounds(made, local) == (If, Store)


def test_an_address_used_behind_its_loop_lives_behind_it():
    made, b, x = module()
    local = Local("v", U64)
    with b.loop():
        place = b.address_of(local)
        b.leave()
    b.store(place, x)
    assert bounds(made, local) == (Loop, Store)


def test_pointers_that_were_derived_count():
    made, b, x = module()
    local = Local("v", BUFFER)
    number = b.convert(ConvertOp.POINTER, b.element(b.address_of(local), BUFFER, u64(2)), U64)
    b.store(b.convert(ConvertOp.POINTER, number, Pointer(U64)), x)
    assert bounds(made, local) == (LocalAddress, Store)


def test_a_stored_address_lives_as_long_as_the_function():
    made, b, x = module()
    local, pointer = Local("v", U64), Local("p", Pointer(U64))
    b.set(pointer, b.address_of(local))
    b.store(b.get(pointer), x)
    assert lifetimes(made.functions[0]).begin == {}


def test_reads_by_value_count_too():
    made, b, x = module()
    local = Local("v", U64)
    b.store(b.address_of(local), x)
    b.get(local)
    assert bounds(made, local) == (LocalAddress, GetLocal)
