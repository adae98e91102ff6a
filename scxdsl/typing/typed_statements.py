# SPDX-License-Identifier: GPL-2.0-only
"""Statements of the typed tree."""

from scxdsl.source.records import dataclass

from .typed_base import Arithmetic, Expr, Place, Stmt
from .typed_declarations import Variable
from .types import NEVER, Type


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

    parts: list[str | Expr]
    type: Type = NEVER


@dataclass(eq=False, kw_only=True)
class Log(Stmt):
    parts: list[str | Expr]


@dataclass(eq=False, kw_only=True)
class Dump(Stmt):
    """A line of the debug dump; only in the dump callbacks."""

    parts: list[str | Expr]
