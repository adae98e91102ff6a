# SPDX-License-Identifier: GPL-2.0-only
"""Nodes for types as they are written."""

from scxdsl.source.text import Span

from .tree_base import Expr, Name, TypeExpr, node


@node
class NamedType(TypeExpr):
    """`u64`, `cpu`, `Node`, or `ravg.Avg` with a module."""

    module: Name | None
    name: Name
    span: Span


@node
class SizedType(TypeExpr):
    """`str[16]`."""

    name: Name
    size: Expr
    span: Span


@node
class GenericType(TypeExpr):
    """`slot<Node>`: a built-in kind with the types it is made for."""

    name: Name
    arguments: tuple[TypeExpr, ...]
    span: Span


@node
class ArrayType(TypeExpr):
    """`[T; n]` of exactly n elements, or (`bounded`) `[T; ..n]` of at most n."""

    element: TypeExpr
    length: Expr
    bounded: bool
    span: Span


@node
class OptionalType(TypeExpr):
    """`T?`."""

    inner: TypeExpr
    span: Span


@node
class TupleType(TypeExpr):
    """`(cpu, bool)`, at least two items."""

    items: tuple[TypeExpr, ...]
    span: Span
