# SPDX-License-Identifier: GPL-2.0-only
"""Places in rings are sent at the end of the block that they were opened in, on every way out, the last one first."""

from collections.abc import Iterable
from typing import Any

from scxdsl.typing import typed

from .context import Context
from .doors import Eval, Frame


def rooms_of(nodes: Iterable[typed.Expr | typed.Stmt], c: Context) -> list[int]:
    """Where the places lie that these conditions or statements open. To be asked before what uses them is made."""
    out = []
    for node in nodes:
        if isinstance(node, typed.Opens | typed.LetElse) and isinstance(node.value, typed.RingReserve):
            assert node.variable is not None
            c.references.add(node.variable)
            out.append(c.room(node.variable))
    return out


def sending(run: Eval, rooms: list[int]) -> Eval:
    """The block, and what it has opened is sent after it."""
    if not rooms:
        return run

    def whole(f: Frame) -> Any:
        for room in rooms:
            f[room] = None
        try:
            return run(f)
        finally:
            for room in reversed(rooms):
                if f[room] is not None:
                    f[room].send()

    return whole
