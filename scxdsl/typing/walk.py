# SPDX-License-Identifier: GPL-2.0-only
"""Walking the typed tree without knowing each node: a node's parts are its fields that are nodes."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from . import typed

Node = typed.Expr | typed.Stmt | typed.Place
_NODES = (typed.Expr, typed.Stmt, typed.Place)


def parts(node: Node) -> list[Node]:
    """The nodes directly inside, in the order of evaluation that their fields are declared in."""
    found: list[Node] = []
    for name in _fields(node.__class__):
        inside: Any = getattr(node, name)
        kind = inside.__class__
        if _is_node(kind):
            found.append(inside)
        elif kind is list:
            for item in inside:
                if _is_node(item.__class__):
                    found.append(item)
                elif isinstance(item, typed.MatchArm):
                    found.append(item.body)
        elif kind is typed.LockUse and inside.base is not None:
            found.append(inside.base)
    return found


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """Without those in which, as they are declared, no node ever stands: every node of a policy is asked some dozens of times."""
    return tuple(f.name for f in fields(kind) if _may_hold_nodes(f.type))


def _may_hold_nodes(declared: Any) -> bool:
    plain = isinstance(declared, type) and declared not in (Any, object, list, typed.LockUse)
    return not plain or _is_node(declared)


@cache
def _is_node(kind: type) -> bool:
    return issubclass(kind, _NODES)


def walk_all(node: Node) -> Iterator[Node]:
    """The node, all inside, and all inside the functions that it calls, each function once."""
    entered: set[typed.Function] = set()
    waiting = [node]
    while waiting:
        for here in walk(waiting.pop()):
            yield here
            if isinstance(here, typed.CallFunction) and here.function.body is not None and here.function not in entered:
                entered.add(here.function)
                waiting.append(here.function.body)


def walk(node: Node) -> Iterator[Node]:
    """The node and all inside, outer ones first; without recursion, so that any depth will do."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        if inside := parts(here):
            inside.reverse()
            stack += inside
