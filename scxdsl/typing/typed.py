# SPDX-License-Identifier: GPL-2.0-only
"""The typed tree: what a policy means, with every name resolved, every conversion written and every default filled in.

Interpreter and lowering read it, and nothing before it. Operands of arithmetic are already widened: their type is u64, i64
or a unit (which is a u64). Evaluation is left to right, a place before its value, each once.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from scxdsl.source.text import Source, Span

from .surface import Operation, Property
from .types import BOOL, NEVER, ArrayType, EnumType, FlagsType, StructType, TupleType, Type


class Arithmetic(StrEnum):
    ADD = "+"
    SUB = "-"
    MONUS = "-|"  # durations and times stop at 0
    MUL = "*"
    DIV = "/"
    REM = "%"
    AND = "&"
    OR = "|"
    XOR = "^"
    SHL = "<<"
    SHR = ">>"


class Relation(StrEnum):
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


# ---- variables and declarations ------------------------------------------------------------------------------------


@dataclass(eq=False)
class Variable:
    """A local or a parameter of a function."""

    name: str
    type: Type
    span: Span
    mutable: bool = False
    reference: bool = False  # a `mut` parameter


@dataclass(eq=False)
class Param:
    """`param`: fixed at load. `default` is a plain value: int, bool, str, list or dict of such. Limits are in its own unit."""

    name: str
    type: Type
    span: Span
    default: object
    low: int | None = None
    high: int | None = None


@dataclass(eq=False)
class Global:
    """`var`, `atomic var`, `percpu var`."""

    name: str
    type: Type
    span: Span
    initial: object  # None: zero
    atomic: bool = False
    percpu: bool = False


@dataclass(eq=False)
class Stat:
    name: str
    span: Span


@dataclass(eq=False)
class Dsq:
    """`dsq q` (count None) or `dsq q[n]`. `number` is its place among the queues declared."""

    name: str
    span: Span
    number: int
    count: int | None = None


@dataclass(eq=False)
class Function:
    """A `fn`. `body` is filled in after all signatures are known."""

    name: str
    params: list[Variable]
    result: Type
    span: Span
    pure: bool = False
    body: "BlockValue | None" = None


@dataclass(eq=False)
class Callback:
    """`on NAME(…)`. `params` are all that the author named; `result` is what the language asks the body for."""

    name: str
    params: list[Variable]
    result: Type
    span: Span
    name_span: Span
    body: "BlockValue"


@dataclass(eq=False, kw_only=True)
class Policy:
    """A whole policy. Lists are in the order of the text."""

    source: Source
    name: str
    span: Span
    kernels: str | None = None  # as written: "6.12.."
    timeout_ms: int | None = None
    batch: int | None = None
    flags: list["OpsFlag"] = field(default_factory=list)
    params: list[Param] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    stats: list[Stat] = field(default_factory=list)
    dsqs: list[Dsq] = field(default_factory=list)
    structs: list[StructType] = field(default_factory=list)
    enums: list[EnumType] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)

    def callback(self, name: str) -> Callback | None:
        return next((c for c in self.callbacks if c.name == name), None)


@dataclass(eq=False)
class OpsFlag:
    """`.enq_last` or `.switch_partial if partial`."""

    constant: str  # the kernel's name: SCX_OPS_ENQ_LAST
    span: Span
    condition: Param | None = None


# ---- expressions ---------------------------------------------------------------------------------------------------


@dataclass(eq=False, kw_only=True)
class Expr:
    span: Span
    type: Type


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

    place: "Place"


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

    statements: list["Stmt"]
    value: Expr | None


@dataclass(eq=False, kw_only=True)
class CallFunction(Expr):
    """Arguments are values, or places for `mut` parameters."""

    function: Function
    arguments: list["Expr | Place"]


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
    """A field of a kernel struct under its kernel name."""

    base: Expr
    struct: str
    path: tuple[str, ...]


@dataclass(eq=False, kw_only=True)
class DsqValue(Expr):
    """A declared queue, or a built-in one (`dsq` None: `builtin` is "local", "local_on" or "global")."""

    dsq: Dsq | None
    index: Expr | None = None
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
class IfLet(Expr):
    """`if let v = e { … } else { … }`: `variable` is what the optional holds, in `then` only."""

    variable: Variable | None
    value: Expr
    then: "BlockValue"
    otherwise: "BlockValue | None"


@dataclass(eq=False, kw_only=True)
class StructValue(Expr):
    """Fields in declared order; evaluated in the order of the text, which is `order` (indices into fields)."""

    fields: list[Expr]
    type: StructType


@dataclass(eq=False, kw_only=True)
class ArrayValue(Expr):
    """`[a, b]`, or one value repeated."""

    items: list[Expr]
    repeat: int | None
    type: ArrayType


@dataclass(eq=False, kw_only=True)
class FlagTest(Expr):
    """`flags has .wakeup`: all bits of the right side are in the left."""

    left: Expr
    right: Expr
    type: Type = BOOL


# ---- places --------------------------------------------------------------------------------------------------------


@dataclass(eq=False, kw_only=True)
class Place:
    span: Span
    type: Type


@dataclass(eq=False, kw_only=True)
class LocalPlace(Place):
    variable: Variable


@dataclass(eq=False, kw_only=True)
class ParamPlace(Place):
    param: Param


@dataclass(eq=False, kw_only=True)
class GlobalPlace(Place):
    declaration: Global


@dataclass(eq=False, kw_only=True)
class StatPlace(Place):
    stat: Stat


@dataclass(eq=False, kw_only=True)
class PropertyPlace(Place):
    """`p.vtime = …`."""

    base: Expr
    property: Property


@dataclass(eq=False, kw_only=True)
class FieldPlace(Place):
    base: Place
    field: str


@dataclass(eq=False, kw_only=True)
class IndexPlace(Place):
    """An element. `checked` where the index was not shown in range: out of range is an `error`."""

    base: Place
    index: Expr
    checked: bool


# ---- statements ----------------------------------------------------------------------------------------------------


@dataclass(eq=False, kw_only=True)
class Stmt:
    span: Span


@dataclass(eq=False, kw_only=True)
class Let(Stmt):
    """Without a value a local is zero."""

    variable: Variable
    value: Expr | None


@dataclass(eq=False, kw_only=True)
class Destructure(Stmt):
    """`let (a, b) = e`; None for `_`."""

    variables: list[Variable | None]
    value: Expr


@dataclass(eq=False, kw_only=True)
class Assign(Stmt):
    """Place before value."""

    place: Place
    value: Expr


@dataclass(eq=False, kw_only=True)
class Update(Stmt):
    """`place op= value`: the place, then the value, then one load, the operation, and one store that wraps into the
    place's type. `operand` is the type in which the operation is done. Of an atomic place: one atomic operation."""

    place: Place
    op: Arithmetic
    value: Expr
    operand: Type


@dataclass(eq=False, kw_only=True)
class Evaluate(Stmt):
    """An expression for its effect."""

    value: Expr


@dataclass(eq=False, kw_only=True)
class Return(Stmt):
    value: Expr | None


@dataclass(eq=False, kw_only=True)
class Error(Stmt):
    """Ends the scheduler and this invocation. `parts` are text and values (numbers, units, truth values, texts)."""

    parts: list["str | Expr"]
    type: Type = NEVER


@dataclass(eq=False, kw_only=True)
class Log(Stmt):
    parts: list["str | Expr"]


@dataclass(eq=False, kw_only=True)
class Dump(Stmt):
    """A line of the debug dump; only in the dump callbacks."""

    parts: list["str | Expr"]


FLAG_TYPES: dict[str, FlagsType] = {
    "enq": FlagsType("scx_enq_flags", "SCX_ENQ_", "enqueue flags"),
    "deq": FlagsType("scx_deq_flags", "SCX_DEQ_", "dequeue flags"),
    "wake": FlagsType("scx_wake_flags", "SCX_WAKE_", "wake flags"),
    "kick": FlagsType("scx_kick_flags", "SCX_KICK_", "kick flags"),
    "ops": FlagsType("scx_ops_flags", "SCX_OPS_", "scheduler flags"),
}
