# SPDX-License-Identifier: GPL-2.0-only
"""Loops of the IR as the kernel's verifier meets them."""

from scxdsl.ir.ops import Block, Break, CallKfunc, Loop, Return
from scxdsl.ir.walk import blocks

ROUNDS = 2
"""How often the body of a loop on an iterator is walked until its states agree."""


def runs_once(loop: Loop) -> bool:
    """Whether the body's end leaves: conditions are written as loops that run once (lowering/control.py). One without a body is none."""
    return not loop.body or isinstance(loop.body[-1], (Break, Return))


def step(loop: Loop) -> CallKfunc | None:
    """The call with which it goes round, of one of the kernel's iterators."""
    return next((x for x in loop.body if isinstance(x, CallKfunc) and x.kfunc.symbol.endswith("_next")), None)


def stepped(loop: Loop) -> bool:
    """Whether it goes round with one of the kernel's iterators."""
    return step(loop) is not None


def followed(loop: Loop) -> bool:
    """Whether the verifier follows a loop's turns: it says so, or it goes round without an iterator."""
    return bool(loop.followed) or not (stepped(loop) or runs_once(loop))


def nested(block: Block, within: bool = False) -> bool:
    """Whether a loop stands in another one."""
    for op in block:
        turns = isinstance(op, Loop) and not runs_once(op)
        if turns and within or any(nested(inner, within or turns) for inner in blocks(op)):
            return True
    return False
