# SPDX-License-Identifier: GPL-2.0-only
"""What a turn of a loop leaves in registers that nobody reads any more.

While a loop on an iterator is walked, kernels before 6.15 compare all that two states hold (kernel/bpf/verifier.c: is_state_visited with
RANGE_WITHIN, regsafe; later ones first find out which registers are read again, compute_live_registers). So a turn is another one where a register still holds what
it was left with on another way: a bucket's halves, the number of tries of a loop that ended. Registers that calls preserve are widened from turn to turn
(widen_imprecise_scalars), the others are lost with the next call, but the iterator's own is too late: states are compared before it. So where many ways lead from a last call to the next turn a call
of the cheapest helper stands before the iterator's.
"""

from scxdsl.ir import types as ir
from scxdsl.ir.module import Function
from scxdsl.ir.ops import Block, Break, Call, CallHelper, CallKfunc, Continue, If, Loop, Op, Return, Select, Value
from scxdsl.ir.walk import operations

from .loops import step, stepped
from .records import Cleaned

MANY = 16
"""Ways from a last call to the next turn that are as many other turns at most: with fewer the verifier comes to an end."""

MOST = 4 * MANY
"""What is counted: more are as many."""


def clean(function: Function) -> Cleaned | None:
    """Changes the function. None: no turn of a loop leaves much."""
    done = 0
    for loop in [op for op in operations(function.body) if isinstance(op, Loop) and stepped(op)]:
        if ways_to_the_next_turn(loop) > MANY:
            at = loop.body.index(step(loop))
            loop.body.insert(at, CallHelper(span=loop.span, result=Value(ir.U32), helper="get_smp_processor_id", arguments=()))
            done += 1
    return Cleaned(function.title or function.name, function.span, done) if done else None


def ways_to_the_next_turn(loop: Loop) -> int:
    """On which it comes there, counted since the last call."""
    return _Ways().turn(loop, 1)[1]


class _Ways:
    """Ways on which the verifier comes to a place since the last call, up to MOST. By loop around the place, innermost last: those that leave it, and those that
    go round."""

    def __init__(self) -> None:
        self._loops: list[list[int]] = []

    def turn(self, loop: Loop, ways: int) -> tuple[int, int]:
        self._loops.append([0, 0])
        end = self._block(loop.body, ways)
        left, again = self._loops.pop()
        return left, end + again

    def _block(self, block: Block, ways: int) -> int:
        for op in block:
            ways = min(self._op(op, ways), MOST) if ways else 0
        return ways

    def _op(self, op: Op, ways: int) -> int:
        match op:
            case CallHelper() | CallKfunc() | Call():
                return 1
            case Select():
                return 2 * ways
            case If():
                return self._block(op.then, ways) + self._block(op.otherwise, ways)
            case Loop():
                out = 0
                for _ in range(min(op.followed, MOST) or 1):
                    left, ways = self.turn(op, ways)
                    out += left
                return out
            case Break() | Continue():
                if op.depth < len(self._loops):
                    self._loops[-1 - op.depth][isinstance(op, Continue)] += ways
                return 0
            case Return():
                return 0
        return ways
