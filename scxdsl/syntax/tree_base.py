# SPDX-License-Identifier: GPL-2.0-only
"""What every node of the syntax tree has: a span, and identity.

Nodes are frozen and compare by identity, so a pass may keep what it learns of a node in a dictionary. They hold what
the author wrote and nothing that has to be found out: no types, no resolved names.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from scxdsl.source.text import Span

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False)
def node(cls: type[T]) -> type[T]:
    """The decorator of all node classes."""
    return dataclass(frozen=True, slots=True, eq=False)(cls)


class Node:
    """Base of all nodes. `span` reaches from the first to the last character of the node's own text."""

    __slots__ = ()
    span: Span


@node
class Name(Node):
    """A word where the author gives or uses a name; keeps its own place."""

    text: str
    span: Span

    def __str__(self) -> str:
        return self.text


@node
class Doc(Node):
    """The `///` lines before a declaration: their text without the slashes and one blank, joined by newlines."""

    text: str
    span: Span


class TypeExpr(Node):
    """Base of what stands for a type."""

    __slots__ = ()


class Pattern(Node):
    """Base of what stands left of `=` in `let`, and left of `=>` in `match`."""

    __slots__ = ()


class Expr(Node):
    """Base of everything with a value."""

    __slots__ = ()


class Stmt(Node):
    """Base of what stands in a block."""

    __slots__ = ()


class Decl(Node):
    """Base of what stands at the top of a file. Every declaration has `doc`, most have `name`."""

    __slots__ = ()
    doc: Doc | None
