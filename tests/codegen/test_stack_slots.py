# SPDX-License-Identifier: GPL-2.0-only
"""Slots of variables on the stack that a write of variable place may touch in part are settled after each write of a known place."""

import pytest
from codegen.builder import SOURCE, Body, program, u64

from scxdsl.codegen.stack_slots import settled
from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Module
from scxdsl.ir.ops import Clear, Const, Local, Value
from scxdsl.ir.types import I32, U8, U16, U32, U64, Array, Field, Struct

PAIR = Struct("pair", (Field("a", U32), Field("b", U32)))


def slots_after_clearing(t: Struct, items: Array, within: str | None = None) -> list[int]:
    """A struct is cleared, then one of its `items` (or a member of one) is written at an unknown index."""
    module = Module(source=SOURCE)
    x = Value(U64, "x")
    b: Body = program(module, "test", [x], I32, section="syscall")
    local = Local("s", t)
    base = b.address_of(local)
    clear = Clear(span=b.span, target=base, type=t)
    b.add(clear)
    place = b.element(b.member(base, t, "items"), items, x)
    of = items.of
    if within is not None:
        assert isinstance(of, Struct)
        place, of = b.member(place, of, within), of.field(within).type
    b.store(place, Const(of, 1))
    b.ret(Const(I32, 0))
    found = settled(module.functions[0], Definitions(module))
    assert set(found.after) <= {clear} and set(found.locals) <= {local}
    return found.after[clear][1] if found.after else []


@pytest.mark.parametrize(
    ("before", "items", "expected"),
    [
        (U64, Array(U32, 3), [8, 16]),  # ends within a slot
        (U32, Array(U32, 3), [0, 8]),  # begins within one
        (U64, Array(U32, 4), [8, 16]),  # the verifier may know less than the whole range
        (U64, Array(U64, 3), []),  # whole slots: nothing is left over
        (U8, Array(U8, 7), [0]),
        (U16, Array(U8, 13), [0, 8]),
    ],
)
def test_slots_that_the_array_touches(before, items, expected):
    t = Struct("record", (Field("before", before), Field("items", items), Field("after", U64), Field("last", U64)))
    assert slots_after_clearing(t, items) == expected


def test_a_member_of_an_element():
    items = Array(PAIR, 3)
    t = Struct("record", (Field("before", U64), Field("items", items)))
    assert slots_after_clearing(t, items, "a") == [8, 16, 24]
    assert slots_after_clearing(t, items, "b") == [8, 16, 24]


def test_writes_at_known_places_alone_need_nothing():
    module = Module(source=SOURCE)
    b: Body = program(module, "test", [Value(U64, "x")], I32, section="syscall")
    items = Array(U32, 3)
    base = b.address_of(Local("s", items))
    b.store(b.element(base, items, u64(1)), Const(U32, 1))
    b.ret(Const(I32, 0))
    found = settled(module.functions[0], Definitions(module))
    assert not found.after and not found.locals
