# SPDX-License-Identifier: GPL-2.0-only
"""Conditions that open optionals, and loops, in the typed tree."""

from scxdsl.source.records import dataclass

from .typed_base import Expr, Stmt
from .typed_data import Test
from .typed_declarations import Variable
from .typed_expressions import BlockValue


@dataclass(eq=False, kw_only=True)
class Opens(Expr):
    """`let v = e` in a condition: true where the optional holds something, which `variable` then is. With `test`, `let PATTERN = e`:
    true where the value fits, whose parts then have names. It stands only as one of the conditions of a Chain or a While, never
    inside another expression."""

    variable: Variable | None
    value: Expr
    test: Test | None = None


@dataclass(eq=False, kw_only=True)
class Chain(Expr):
    """`if c1 && let v = e && c2 { … } else { … }`: conditions in order, each evaluated only where those before it held."""

    conditions: list[Expr]
    then: BlockValue
    otherwise: BlockValue | None


@dataclass(eq=False, kw_only=True)
class LetElse(Stmt):
    """`let v = e else { … }`; the block leaves. `test` as that of `Opens`."""

    variable: Variable | None
    value: Expr
    otherwise: BlockValue
    test: Test | None = None


@dataclass(eq=False, kw_only=True)
class LetParts(Stmt):
    """`let ((a, _), c) = e`, and what a loop's variable falls into: `test` fits every value of the type."""

    value: Expr
    test: Test


@dataclass(eq=False, kw_only=True)
class ForRange(Stmt):
    """`for i in low .. high`. Both ends are evaluated once, before the loop, low first; they have the variable's type, u64 or
    i64. `otherwise` runs when the range ended without `break`. A range of more than 8,388,608 numbers is an `error`."""

    variable: Variable | None
    low: Expr
    high: Expr
    inclusive: bool
    body: BlockValue
    otherwise: BlockValue | None


@dataclass(eq=False, kw_only=True)
class Repeat(Stmt):
    """`repeat n`: n is evaluated once; `otherwise` runs when the bound ended it."""

    count: Expr
    body: BlockValue
    otherwise: BlockValue | None


@dataclass(eq=False, kw_only=True)
class While(Stmt):
    """`while conditions max limit`: the limit is evaluated once, before the loop; `otherwise` runs when the limit ended it, that
    is after `limit` turns, without testing the conditions again."""

    conditions: list[Expr]
    limit: Expr
    body: BlockValue
    otherwise: BlockValue | None


@dataclass(eq=False, kw_only=True)
class Break(Stmt):
    """Leaves the innermost loop."""


@dataclass(eq=False, kw_only=True)
class Continue(Stmt):
    pass
