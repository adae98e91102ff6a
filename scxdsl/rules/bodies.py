# SPDX-License-Identifier: GPL-2.0-only
"""What several rules look through: every node of a policy, the queue an insert goes to, the flags that are surely set."""

from collections.abc import Iterator

from scxdsl.typing import typed
from scxdsl.typing.walk import Node, walk


def nodes(policy: typed.Policy) -> Iterator[Node]:
    """Every node of callbacks, timers and functions, each once."""
    bodies = [body for _, body in policy.programs()] + [f.body for f in policy.functions if f.body is not None]
    return (node for body in bodies for node in walk(body))


def constants(flags: typed.Expr) -> Iterator[typed.KernelConstant]:
    """The constants that surely are in a set of flags: those that `|` joins."""
    match flags:
        case typed.KernelConstant():
            yield flags
        case typed.Binary(op=op, left=left, right=right) if str(op) == "|":
            yield from constants(left)
            yield from constants(right)
