# SPDX-License-Identifier: GPL-2.0-only
"""One definition of each named type for a module, out of the parts that its places name."""

import pytest
from codegen.builder import SOURCE, program

from scxdsl.ir.definitions import Conflict, Definitions, key
from scxdsl.ir.module import Global, Module
from scxdsl.ir.ops import Value
from scxdsl.ir.types import I32, U32, U64, VOID, Array, Enum, Field, Forward, Pointer, Proto, Struct


def struct(name, kernel=False, **fields) -> Struct:
    return Struct(name, tuple(Field(n, t) for n, t in fields.items()), kernel)


def definitions(*types) -> Definitions:
    module = Module(source=SOURCE)
    module.globals += [
        Global(name=f"g{n}", type=t, section=".bss", span=SOURCE.span(0, 0)) for n, t in enumerate(types)
    ]
    return Definitions(module)


def names(t) -> list[str]:
    return [f.name for f in t.fields]


def test_fields_are_united_in_the_order_in_which_they_come():
    d = definitions(struct("t", True, b=U64), struct("t", True), struct("t", True, a=U32, b=U64))
    assert names(d.whole(Struct("t", ()))) == ["b", "a"]


def test_embedded_structs_are_whole_within_others():
    outer = struct("outer", True, inner=struct("inner", True, x=U64), tail=U32)
    d = definitions(outer, Pointer(struct("inner", True, y=U64, z=U64)))
    whole = d.whole(outer)
    assert names(whole.field("inner").type) == ["x", "y", "z"]
    assert whole.offsets == {"inner": 0, "tail": 24}
    assert d.whole(Array(outer, 3)).size == 96


def test_types_are_found_behind_pointers_prototypes_and_arrays():
    hidden = Pointer(Proto(VOID, (Pointer(Array(struct("deep", True, x=U64), 2)),)))
    assert names(definitions(hidden).whole(Struct("deep", ()))) == ["x"]


def test_a_forward_name_becomes_the_struct():
    d = definitions(Pointer(Forward("t")), struct("t", True, x=U64))
    assert names(d.whole(Struct("t", ()))) == ["x"]
    assert definitions(Pointer(Forward("u"))).whole(Struct("u", ())).fields == ()


def test_one_field_of_two_types_is_a_conflict():
    with pytest.raises(Conflict) as caught:
        definitions(struct("t", True, x=U64), struct("t", True, x=U32))
    assert (caught.value.name, caught.value.field, caught.value.first, caught.value.second) == ("t", "x", "u64", "u32")
    assert str(caught.value) == "struct t, field x: u64 in one place, u32 in another"


def test_structs_of_ours_must_be_equal():
    definitions(struct("t", x=U64), struct("t", x=U64), struct("t"))
    with pytest.raises(Conflict):
        definitions(struct("t", x=U64), struct("t", x=U64, y=U64))
    with pytest.raises(Conflict):
        definitions(struct("t", x=U64), struct("t", True, y=U64))


def test_constants_of_an_enum_are_gathered():
    module = Module(source=SOURCE)
    b = program(module, "f", [], VOID)
    b.enum_value(Enum("e", 64), "A", 1)
    b.enum_value(Enum("e", 64), "B", 2)
    b.enum_exists(Enum("e", 64), "A", 1)
    assert Definitions(module).enums["e"].values == {"A": 1, "B": 2}


def test_keys_tell_types_apart():
    assert key(Pointer(U64)) != key(Pointer(U64, const=True)) != key(Pointer(U64, tag="kptr"))
    assert key(struct(None, a=U64)) != key(struct(None, b=U64))
    assert key(struct("s", a=U64)) == key(Struct("s", ())) == key(Forward("s"))
    assert key(Array(I32, 2)) != key(Array(I32, 3))
    assert key(Value(U64).type) == "u64"
