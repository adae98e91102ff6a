# SPDX-License-Identifier: GPL-2.0-only
"""What several rules look through: every node of a policy, the queue an insert goes to, the flags that are surely set."""

from collections.abc import Iterator
from functools import lru_cache

from scxdsl.typing import typed
from scxdsl.typing.walk import Node, walk


@lru_cache(maxsize=1)
def nodes(policy: typed.Policy) -> tuple[Node, ...]:
    """Every node of programs and functions, each once. Kept for the rules that come next: walking is half of what they cost."""
    return tuple(node for body in policy.bodies() for node in walk(body))


def constants(flags: typed.Expr) -> Iterator[typed.KernelConstant]:
    """The constants that surely are in a set of flags: those that `|` joins."""
    match flags:
        case typed.KernelConstant():
            yield flags
        case typed.Binary(op=op, left=left, right=right) if str(op) == "|":
            yield from constants(left)
            yield from constants(right)
