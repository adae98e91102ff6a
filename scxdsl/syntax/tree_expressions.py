# SPDX-License-Identifier: GPL-2.0-only
"""Nodes for expressions. Parentheses leave no node: they only shape the tree."""

from enum import StrEnum

from scxdsl.source.text import Span

from .tree_base import Expr, Name, Node, Pattern, Stmt, TypeExpr, node


class UnaryOp(StrEnum):
    NEGATE = "-"
    NOT = "!"
    INVERT = "~"


class BinaryOp(StrEnum):
    """All infix operators with two expressions as operands; `as` is a Cast, `kernel has X` is a KernelHas."""

    OR = "||"
    AND = "&&"
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "in"
    HAS = "has"
    COALESCE = "??"
    BIT_OR = "|"
    BIT_XOR = "^"
    BIT_AND = "&"
    SHL = "<<"
    SHR = ">>"
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    REM = "%"


# ---- literals


@node
class IntLiteral(Expr):
    """`64`, `1_000`, `0xff`, `0b101`, `0o17`, `256K` (= 256 * 1024), `4M`; `value` is never negative."""

    value: int
    span: Span


@node
class DurationLiteral(Expr):
    """`20ms`, `5us`, `1s`, `7ns`; `value` in nanoseconds."""

    value: int
    span: Span


@node
class InfLiteral(Expr):
    """`INF`: the slice that does not end."""

    span: Span


@node
class BoolLiteral(Expr):
    value: bool
    span: Span


@node
class NoneLiteral(Expr):
    """`none`: the absent value of a `T?`."""

    span: Span


@node
class EmptySet(Expr):
    """`{}` where a value is expected: the empty set of flags or CPUs. As the body of a `match` arm or as a statement
    whose value is not used it does nothing, as an empty block would."""

    span: Span


@node
class StringText(Node):
    """A stretch of a string with its escapes resolved."""

    text: str
    span: Span


@node
class Interpolation(Node):
    """`{expr}` within a string; the span holds the braces."""

    value: Expr
    span: Span


@node
class StringLiteral(Expr):
    """`"cpu {c}: {n}\\n"` as its parts in order; `""` has none."""

    parts: tuple[StringText | Interpolation, ...]
    span: Span

    @property
    def plain(self) -> str | None:
        """The text where nothing is interpolated, else None."""
        if all(isinstance(part, StringText) for part in self.parts):
            return "".join(part.text for part in self.parts if isinstance(part, StringText))
        return None


# ---- names and places


@node
class NameExpr(Expr):
    """A bare name in an expression."""

    name: Name
    span: Span


@node
class DotName(Expr):
    """`.idle`: a constant or variant found by the type expected. `.pid(3)` is a Call of it."""

    name: Name
    span: Span


@node
class Member(Expr):
    """`object.name`; also a name of a module (`ravg.read`)."""

    object: Expr
    name: Name
    span: Span


@node
class TupleIndex(Expr):
    """`pair.0`."""

    object: Expr
    index: int
    span: Span


@node
class Index(Expr):
    """`object[index]`."""

    object: Expr
    index: Expr
    span: Span


@node
class Argument(Node):
    """`x`, or `vtime: x` by name."""

    name: Name | None
    value: Expr
    span: Span


@node
class Call(Expr):
    """`f(a, vtime: b)`: a function, method, conversion or constructor."""

    function: Expr
    arguments: tuple[Argument, ...]
    span: Span


# ---- operators


@node
class Unary(Expr):
    op: UnaryOp
    operand: Expr
    span: Span


@node
class Binary(Expr):
    """`left op right`; `op_span` is the operator's own place."""

    op: BinaryOp
    left: Expr
    right: Expr
    op_span: Span
    span: Span


@node
class Cast(Expr):
    """`value as T`."""

    value: Expr
    type: TypeExpr
    span: Span


@node
class KernelHas(Expr):
    """`kernel has NAME`: true where the running kernel has NAME and it may be called from here."""

    name: Name
    span: Span


@node
class Range(Expr):
    """`low .. high` without high, `low ..= high` with it."""

    low: Expr
    high: Expr
    inclusive: bool
    span: Span


# ---- aggregates


@node
class TupleExpr(Expr):
    """`(a, b)`, at least two items."""

    items: tuple[Expr, ...]
    span: Span


@node
class ArrayExpr(Expr):
    """`[a, b]`."""

    items: tuple[Expr, ...]
    span: Span


@node
class ArrayRepeat(Expr):
    """`[v; n]`: n times v."""

    value: Expr
    length: Expr
    span: Span


# ---- expressions with blocks


@node
class Block(Expr):
    """`{ statements value }`. `value` is the last expression where no `;` follows it; an `if` without `else` and a
    loop are statements and never the value. The body of a `match` arm that is a bare statement is a Block around it."""

    statements: tuple[Stmt, ...]
    value: Expr | None
    span: Span


@node
class LetCondition(Node):
    """`let pattern = value` in a condition: true where the optional `value` is there, or the pattern fits."""

    pattern: Pattern
    value: Expr
    span: Span


@node
class If(Expr):
    """`conditions` are joined by `&&`, tested in order; without a `let` among them there is exactly one.
    `otherwise` is None only where the `if` is a statement."""

    conditions: "tuple[Expr | LetCondition, ...]"
    then: Block
    otherwise: "Block | If | None"
    span: Span


@node
class Arm(Node):
    """`pattern => body`; `pattern` is None for `else`."""

    pattern: Pattern | None
    body: Expr
    span: Span


@node
class Match(Expr):
    subject: Expr
    arms: tuple[Arm, ...]
    span: Span


@node
class Under(Expr):
    """`under lock { … }`: the body with the lock held, and its value."""

    lock: Expr
    body: Block
    span: Span


@node
class Take(Expr):
    """`take place`: moves out of an owning member, gives `T?`."""

    place: Expr
    span: Span


@node
class Racy(Expr):
    """`racy value`: reads guarded state without its lock."""

    value: Expr
    span: Span


@node
class Ref(Expr):
    """`ref place`: names a place; only as the value of a `let`."""

    place: Expr
    span: Span


@node
class ErrorExpr(Expr):
    """Stands where an expression could not be read; a diagnostic was given. Passes skip it silently."""

    span: Span
