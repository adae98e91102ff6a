# SPDX-License-Identifier: GPL-2.0-only
"""Our dataclass decorator does what the standard one does, for the shapes it understands."""

import dataclasses
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import ClassVar

import pytest

from scxdsl.source import records
from scxdsl.source.records import field

BOTH = pytest.mark.parametrize("dataclass", [dataclasses.dataclass, records.dataclass])


def shapes(dataclass):
    @dataclass(frozen=True)
    class Base:
        code: ClassVar[str] = "E1"
        a: int
        b: str = "x"

    @dataclass(frozen=True)
    class Derived(Base):
        code = "E2"
        c: tuple[int, ...] = field(default=(), compare=False)
        d: "list[int]" = field(default_factory=list, repr=False, compare=False)

    @dataclass(eq=False, kw_only=True)
    class Node:
        left: "Node | None" = None
        right: "Node | None" = None

    @dataclass
    class Plain:
        x: int = 0

        def __post_init__(self):
            self.double = 2 * self.x

    return Base, Derived, Node, Plain


@BOTH
def test_construction(dataclass):
    Base, Derived, Node, Plain = shapes(dataclass)
    made = Derived(1, c=(2,))
    assert (made.a, made.b, made.c, made.d, made.code) == (1, "x", (2,), [], "E2")
    assert made.d is not Derived(1).d
    assert Plain(3).double == 6
    for wrong in (lambda: Base(), lambda: Base(1, 2, 3), lambda: Base(1, z=1), lambda: Node(None)):
        with pytest.raises(TypeError):
            wrong()


@BOTH
def test_a_base_is_constructed_apart_from_what_derives_from_it(dataclass):
    Base, Derived, *_ = shapes(dataclass)
    first, second = Derived(1, "y", (3,)), Base(2)
    assert (first.c, second.a) == ((3,), 2) and not hasattr(second, "c")


@BOTH
def test_equality_and_hash(dataclass):
    Base, Derived, Node, Plain = shapes(dataclass)
    assert Base(1) == Base(1, "x") != Base(2)
    assert Base(1) != Derived(1)
    assert Derived(1, c=(1,)) == Derived(1, c=(2,))
    assert hash(Derived(1, c=(1,))) == hash(Derived(1, c=(2,)))
    assert Node() != Node() and len({Node(), Node()}) == 2
    assert Plain(1) == Plain(1)
    with pytest.raises(TypeError):
        hash(Plain(1))


@BOTH
def test_what_is_frozen(dataclass):
    Base, _, Node, Plain = shapes(dataclass)
    with pytest.raises(FrozenInstanceError):
        Base(1).a = 2
    with pytest.raises(FrozenInstanceError):
        del Base(1).a
    node = Node()
    node.left = Node()
    assert node.left is not None


@BOTH
def test_the_standard_functions_know_it(dataclass):
    Base, Derived, Node, _ = shapes(dataclass)
    assert is_dataclass(Derived) and [f.name for f in fields(Derived)] == ["a", "b", "c", "d"]
    assert replace(Derived(1), b="z") == Derived(1, "z")
    assert dataclasses.asdict(Base(1)) == {"a": 1, "b": "x"}
    match Base(1, "q"):
        case Base(1, b):
            assert b == "q"
    assert Node.__match_args__ == ()


@BOTH
def test_text(dataclass):
    _, Derived, Node, _ = shapes(dataclass)
    assert repr(Derived(1)).endswith("Derived(a=1, b='x', c=())")
    node = Node()
    node.left = node
    assert repr(node).endswith("Node(left=..., right=None)")


@BOTH
def test_own_methods_stay(dataclass):
    @dataclass(frozen=True)
    class Own:
        a: int

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 7

        def __repr__(self):
            return "own"

    assert Own(1) == Own(2) and hash(Own(1)) == 7 and repr(Own(1)) == "own"


@BOTH
def test_declarations_that_are_wrong(dataclass):
    Base, *_ = shapes(dataclass)
    with pytest.raises(TypeError):

        @dataclass
        class NotFrozen(Base):
            z: int = 0

    with pytest.raises(TypeError):

        @dataclass
        class Order:
            a: int = 0
            b: int

    with pytest.raises(ValueError):

        @dataclass
        class Shared:
            a: list = []  # noqa: RUF012


def test_the_standard_decorator_may_derive_from_ours():
    @records.dataclass(frozen=True)
    class Ours:
        a: int

    @dataclasses.dataclass(frozen=True)
    class Theirs(Ours):
        b: int

    assert Theirs(1, 2) == Theirs(1, 2) and Theirs(1, 2).a == 1
