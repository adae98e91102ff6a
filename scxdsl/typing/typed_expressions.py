# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of the typed tree."""

from scxdsl.source.records import dataclass

from .surface import Operation, Property
from .typed_base import Arithmetic, Expr, Place, Relation, Stmt
from .typed_declarations import Dsq, Function
from .types import BOOL, TupleType, Type


@dataclass(eq=False, kw_only=True)
class Literal(Expr):
    """A number (of an integer or unit type, in that type's range), a truth value or a text."""

    value: int | bool | str


@dataclass(eq=False, kw_only=True)
class KernelConstant(Expr):
    """A constant of the running kernel; `known` is the value in the newest kernel with facts."""

    enum: str
    name: str
    known: int


@dataclass(eq=False, kw_only=True)
class Read(Expr):
    """The value in a place: one load."""

    place: Place


@dataclass(eq=False, kw_only=True)
class Binary(Expr):
    """Both operands have one width of 64 bits; the result has `type`. Signed where the left operand's type is i64."""

    op: Arithmetic
    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class Compare(Expr):
    """Of two values of one type. vtime compares by the sign of the difference; see `Order`."""

    relation: Relation
    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class EventCount(Expr):
    """`scx_bpf_events().SCX_EV_…`: how often something happened in the core since the scheduler was attached. i64, as the kernel has it."""

    name: str


@dataclass(eq=False, kw_only=True)
class HoldsNothing(Expr):
    """`x == none`, of a `T?` or of a pointer in a kernel struct."""

    value: Expr


@dataclass(eq=False, kw_only=True)
class Extreme(Expr):
    """`max` (largest) or `min` of two values of one type; of equal ones the left one for max: `if a < b { b } else { a }`."""

    largest: bool
    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class Logical(Expr):
    """`&&` (conjunction) or `||`: the right side only where it decides."""

    conjunction: bool
    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class Not(Expr):
    value: Expr


@dataclass(eq=False, kw_only=True)
class Convert(Expr):
    """To `type` by value: widening by the operand's signedness, narrowing by cutting, units by name only."""

    value: Expr


@dataclass(eq=False, kw_only=True)
class IfValue(Expr):
    condition: Expr
    then: "BlockValue"
    otherwise: "BlockValue | None"


@dataclass(eq=False, kw_only=True)
class BlockValue(Expr):
    """Statements, then a value where the block has one."""

    statements: list[Stmt]
    value: Expr | None


@dataclass(eq=False, kw_only=True)
class CallFunction(Expr):
    """Arguments are values, or places for `mut` parameters."""

    function: Function
    arguments: list[Expr | Place]


@dataclass(eq=False, kw_only=True)
class KernelCall(Expr):
    """An operation of the kernel. `arguments` are one for each parameter of the operation, None where an optional one
    without default was left out; the receiver, where there is one, comes first."""

    operation: Operation
    receiver: Expr | None
    arguments: list[Expr | None]


@dataclass(eq=False, kw_only=True)
class GetProperty(Expr):
    base: Expr
    property: Property


@dataclass(eq=False, kw_only=True)
class KernelField(Expr):
    """A field of a kernel struct under its kernel name; `embedded`: a struct inside, of which only members are read."""

    base: Expr
    struct: str
    path: tuple[str, ...]
    embedded: bool = False


@dataclass(eq=False, kw_only=True)
class KernelHas(Expr):
    """Whether the running kernel has a `kfunc`, a `constant` or a `struct` of that name."""

    name: str
    kind: str


@dataclass(eq=False, kw_only=True)
class DsqValue(Expr):
    """A declared queue, or a built-in one (`dsq` None: `builtin` is "local", "local_on" or "global")."""

    dsq: Dsq | None
    index: Expr | None = None
    second: Expr | None = None
    builtin: str = ""


@dataclass(eq=False, kw_only=True)
class TupleValue(Expr):
    items: list[Expr]
    type: TupleType


@dataclass(eq=False, kw_only=True)
class TupleItem(Expr):
    value: Expr
    index: int


@dataclass(eq=False, kw_only=True)
class Some(Expr):
    """A value where `T?` is expected."""

    value: Expr


@dataclass(eq=False, kw_only=True)
class Absent(Expr):
    """`none`."""


@dataclass(eq=False, kw_only=True)
class Coalesce(Expr):
    """`left ?? right`: what the optional holds, else the right side, which is evaluated only then."""

    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class FlagTest(Expr):
    """`flags has .wakeup`: all bits of the right side are in the left."""

    left: Expr
    right: Expr
    type: Type = BOOL
