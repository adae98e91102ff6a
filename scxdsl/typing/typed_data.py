# SPDX-License-Identifier: GPL-2.0-only
"""Structs, arrays, variants and constant tables in the typed tree."""

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span

from .typed_base import Expr, Place, Stmt
from .typed_declarations import Variable
from .typed_expressions import BlockValue
from .types import ArrayType, EnumType, StructType, Type


@dataclass(eq=False)
class Table:
    """`const T: [u32; 40] = […]`, or a constant struct, variant or tuple: plain values (plain.py), nested as the type is."""

    name: str
    type: Type
    span: Span
    values: object


@dataclass(eq=False, kw_only=True)
class StructValue(Expr):
    """`S(x: 1, y: 2)`. `fields` stand in declared order, None for a field left out without a default: zero. They are
    evaluated in the order of `order`, which is the text's."""

    fields: list[Expr | None]
    order: list[int]
    type: StructType


@dataclass(eq=False, kw_only=True)
class ArrayValue(Expr):
    """`[a, b]`; with `repeat`, its one item that many times: evaluated once."""

    items: list[Expr]
    repeat: int | None
    type: ArrayType


@dataclass(eq=False, kw_only=True)
class VariantValue(Expr):
    """`.pid(3)`: the variant's name and its payload, in declared order."""

    variant: str
    payload: list[Expr]
    type: EnumType


@dataclass(eq=False, kw_only=True)
class FieldOf(Expr):
    """A field of a struct that is no place: of a call's result."""

    value: Expr
    field: str


@dataclass(eq=False, kw_only=True)
class ElementOf(Expr):
    """An element of an array that is no place."""

    value: Expr
    index: Expr
    checked: bool


@dataclass(eq=False, kw_only=True)
class GetElement(Expr):
    """`a.get(i)`: the element, or none where i is out of range."""

    place: Place
    index: Expr


@dataclass(eq=False, kw_only=True)
class TablePlace(Place):
    table: Table


@dataclass(eq=False, kw_only=True)
class LetRef(Stmt):
    """`let mut b = ref d.load[i]`: `variable` names the place from here on; its bases and indices are evaluated once, here."""

    variable: Variable
    place: Place


@dataclass(eq=False, kw_only=True)
class AssignTuple(Stmt):
    """`(a, b) = e`: places first, in order, then the value, then the stores in order. None for `_`."""

    places: list[Place | None]
    value: Expr


@dataclass(eq=False, kw_only=True)
class ForArray(Stmt):
    """`for x in a`: each turn reads one element of the place, in order."""

    variable: Variable | None
    array: Place
    body: BlockValue
    otherwise: BlockValue | None


# ---- match


@dataclass(eq=False)
class Test:
    """Base of what a pattern asks of a value."""


@dataclass(eq=False)
class Always(Test):
    """Fits everything, and binds it where there is a variable."""

    variable: Variable | None = None


@dataclass(eq=False)
class Within(Test):
    """An integer, unit or truth value from `low` to `high`, both included, in the order of its type; None: no limit."""

    low: int | None
    high: int | None


@dataclass(eq=False)
class IsVariant(Test):
    """The variant of that name whose payload fits."""

    variant: str
    payload: list[Test] = field(default_factory=list)


@dataclass(eq=False)
class FitsNone(Test):
    """`none` of an optional."""


@dataclass(eq=False)
class IsSome(Test):
    """What an optional holds, where it holds something that fits."""

    inner: Test


@dataclass(eq=False)
class AllOf(Test):
    """A tuple, item by item."""

    items: list[Test]


@dataclass(eq=False)
class AnyOf(Test):
    """Alternatives; none of them binds."""

    options: list[Test]


@dataclass(eq=False)
class MatchArm:
    test: Test
    body: BlockValue
    span: Span


@dataclass(eq=False, kw_only=True)
class Match(Expr):
    """The first arm whose test fits; where none does, nothing happens (and the match has no value)."""

    subject: Expr
    arms: list[MatchArm]
