# SPDX-License-Identifier: GPL-2.0-only
"""A topic of the language that some generated policies are about: what it declares, and the makers that it adds to those of
expressions and statements."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .scope import Scope
from .tree import Node

Parts = list[str | Node]
ExpressionMaker = Callable[[str, Scope, int], Parts | None]
"""Gets a type, the scope and how deep it may go; None where it has nothing to say."""
StatementMaker = Callable[[Scope, int], Parts | None]


def nothing(_: Scope) -> list[Node]:
    return []


@dataclass(frozen=True)
class Topic:
    """`types` are declared first, `declare` before the functions, `late` after them (bodies there may call the functions). `of` holds
    makers by family of type: unsigned, signed, bool, duration, time, vtime, cpu, optional, struct, enum, array. `needs` names
    topics that come with it. `share`: in which part of the policies it is."""

    name: str
    share: float = 0.3
    needs: tuple[str, ...] = ()
    types: Callable[[Scope], list[Node]] = nothing
    declare: Callable[[Scope], list[Node]] = nothing
    late: Callable[[Scope], list[Node]] = nothing
    simple: tuple[StatementMaker, ...] = ()
    nested: tuple[StatementMaker, ...] = ()
    of: Mapping[str, tuple[ExpressionMaker, ...]] = field(default_factory=dict)
    any_type: tuple[ExpressionMaker, ...] = ()
    clauses: Callable[[Scope], list[str]] = lambda _: []


def declaration(*parts: "str | Node") -> Node:
    return Node("declaration", list(parts), "")
