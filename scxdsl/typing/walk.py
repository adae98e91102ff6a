# SPDX-License-Identifier: GPL-2.0-only
"""Walking the typed tree without knowing each node: a node's parts are its fields that are nodes."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from . import typed

Node = typed.Expr | typed.Stmt | typed.Place
_NODES = (typed.Expr, typed.Stmt, typed.Place)


def parts(node: Node) -> Iterator[Node]:
    """The nodes directly inside, in the order of evaluation that their fields are declared in."""
    for name in _fields(node.__class__):
        inside = getattr(node, name)
        if isinstance(inside, _NODES):
            yield inside
        elif isinstance(inside, list):
            for item in inside:
                if isinstance(item, _NODES):
                    yield item
                elif isinstance(item, typed.MatchArm):
                    yield item.body
        elif isinstance(inside, typed.LockUse) and inside.base is not None:
            yield inside.base


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


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
        stack.extend(reversed(list(parts(here))))
