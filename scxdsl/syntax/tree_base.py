# SPDX-License-Identifier: GPL-2.0-only
"""What every node of the syntax tree has: a span, and identity.

Nodes are frozen and compare by identity, so a pass may keep what it learns of a node in a dictionary. They hold what
the author wrote and nothing that has to be found out: no types, no resolved names.
"""

from dataclasses import FrozenInstanceError
from typing import Any, NoReturn, TypeVar, dataclass_transform

from scxdsl.source.records import slotted
from scxdsl.source.text import Span

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False)
def node(cls: type[T]) -> type[T]:
    """The decorator of all node classes: `@dataclass(frozen=True, slots=True, eq=False)` in a tenth of the time.

    There are a hundred node classes, and what dataclass generates for a frozen one would be a good part of the time in which
    `scxdsl check` must be done. So Node refuses assignment for all of them, and `__init__` is made at the first instance.
    """
    made = slotted(cls)

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        made.__init__ = _init(made)  # type: ignore[misc]
        made.__init__(self, *values, **named)  # type: ignore[misc]

    made.__init__ = __init__  # type: ignore[misc]
    return made


def _init(cls: type) -> Any:
    """The constructor, on the slots: Node refuses every other assignment."""
    names: tuple[str, ...] = cls.__slots__  # type: ignore[attr-defined]
    scope: dict[str, Any] = {f"set_{name}": cls.__dict__[name].__set__ for name in names}
    body = "".join(f"    set_{name}(self, {name})\n" for name in names)
    exec(f"def __init__(self, {', '.join(names)}):\n{body}", scope)
    return scope["__init__"]


class Node:
    """Base of all nodes. `span` reaches from the first to the last character of the node's own text."""

    __slots__ = ()
    span: Span

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.span!r})"


@node
class Name(Node):
    """A word where the author gives or uses a name; keeps its own place."""

    text: str
    span: Span

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Name({self.text!r}, {self.span!r})"


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
