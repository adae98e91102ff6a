# SPDX-License-Identifier: GPL-2.0-only
"""Where a body walks down trees, through the functions that it calls. Recursion was refused before."""

from collections.abc import Iterator

from . import typed
from .walk import Node, walk

Walks = typed.TreeInsert | typed.TreeRemove | typed.TreeFirst


def tree_walks(body: Node) -> Iterator[Walks]:
    """Every operation that walks down a tree, once for each place of a call."""
    for node in walk(body):
        if isinstance(node, Walks):
            yield node
        elif isinstance(node, typed.CallFunction) and node.function.body is not None:
            yield from tree_walks(node.function.body)
