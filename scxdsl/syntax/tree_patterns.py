# SPDX-License-Identifier: GPL-2.0-only
"""Nodes for patterns."""

from scxdsl.source.text import Span

from .tree_base import Expr, Name, Node, Pattern, node


@node
class WildcardPattern(Pattern):
    """`_`: anything, not named."""

    span: Span


@node
class NamePattern(Pattern):
    """A bare name. In `let`, `for` and payloads it binds; in `match` it binds unless it names a constant."""

    name: Name
    span: Span


@node
class ValuePattern(Pattern):
    """A literal (with a minus sign perhaps), `none`, or a constant of a module (`m.N`: a Member)."""

    value: Expr
    span: Span


@node
class RangePattern(Pattern):
    """`26..=50`, `..=25`, `400..`; `inclusive` says whether `high` belongs to it."""

    low: Expr | None
    high: Expr | None
    inclusive: bool
    span: Span


@node
class PayloadPattern(Node):
    """One part of a variant's payload: `p`, or `x: p` by the part's name."""

    name: Name | None
    pattern: Pattern
    span: Span


@node
class VariantPattern(Pattern):
    """`.open`, `.pid(n)`, `.avg_runtime(min: a, max: b)`; `payload` is None where no parentheses are written."""

    name: Name
    payload: tuple[PayloadPattern, ...] | None
    span: Span


@node
class TuplePattern(Pattern):
    """`(a, b)`."""

    items: tuple[Pattern, ...]
    span: Span


@node
class AlternativePattern(Pattern):
    """`0 | 9 | 11`: at least two options."""

    options: tuple[Pattern, ...]
    span: Span
