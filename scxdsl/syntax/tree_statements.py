# SPDX-License-Identifier: GPL-2.0-only
"""Nodes for statements."""

from scxdsl.source.text import Span

from .tree_base import Expr, Name, Pattern, Stmt, TypeExpr, node
from .tree_expressions import BinaryOp, Block, LetCondition, StringLiteral


@node
class Let(Stmt):
    """`let p = e`, `let mut x: T = e`, `let mut x: T`, `let x = e else { … }`.

    `let mut a, b: T` gives one Let a name; they share the type node. A `Ref` as value makes the name stand for a place.
    """

    pattern: Pattern
    mutable: bool
    type: TypeExpr | None
    value: Expr | None
    otherwise: Block | None
    span: Span


@node
class Assign(Stmt):
    """`target = value`, or with `op` `target op= value`. A TupleExpr as target takes a tuple apart."""

    target: Expr
    op: BinaryOp | None
    value: Expr
    span: Span


@node
class ExprStmt(Stmt):
    """An expression for its effect: a call, an `if`, a `match`, …"""

    value: Expr
    span: Span


@node
class Keep(Stmt):
    """`keep place = value`: moves an owner into an owning member."""

    place: Expr
    value: Expr
    span: Span


@node
class For(Stmt):
    """`for pattern in iterable [from start] { … } else { … }`."""

    pattern: Pattern
    iterable: Expr
    start: Expr | None
    body: Block
    otherwise: Block | None
    span: Span


@node
class Repeat(Stmt):
    """`repeat count { … } else { … }`."""

    count: Expr
    body: Block
    otherwise: Block | None
    span: Span


@node
class While(Stmt):
    """`while conditions max limit { … } else { … }`; `conditions` as in If."""

    conditions: tuple[Expr | LetCondition, ...]
    limit: Expr
    body: Block
    otherwise: Block | None
    span: Span


@node
class Break(Stmt):
    span: Span


@node
class Continue(Stmt):
    span: Span


@node
class Return(Stmt):
    value: Expr | None
    span: Span


@node
class Error(Stmt):
    """`error "…"`: ends the scheduler and this invocation."""

    message: StringLiteral
    span: Span


@node
class Fail(Stmt):
    """`fail .enomem`: the callback answers with an error."""

    code: Expr
    span: Span


@node
class Exit(Stmt):
    """`exit restart "…"`; `action` is the word after `exit`."""

    action: Name
    message: StringLiteral
    span: Span


@node
class Log(Stmt):
    message: StringLiteral
    span: Span


@node
class Dump(Stmt):
    message: StringLiteral
    span: Span


@node
class Assert(Stmt):
    """`assert e`, in tests."""

    condition: Expr
    span: Span
