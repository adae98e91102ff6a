# SPDX-License-Identifier: GPL-2.0-only
"""Variables that are read on ways on which nothing was put into them, or but the null that stands for no pointer. An author cannot write such a way: a truth tells where the value is there. The kernel's verifier
knows that as long as it follows the truth."""

from scxdsl.ir.ops import Block, Break, Const, Continue, GetLocal, If, Local, Loop, Op, Return, SetLocal
from scxdsl.ir.types import Pointer

Set_ = frozenset[Local] | None
"""What is set on every way to a place; None where no way leads."""


def unset(body: Block) -> set[Local]:
    """Those that are read so, by ways of structure alone."""
    walk = _Walk()
    walk.block(body, frozenset())
    return walk.found


class _Walk:
    def __init__(self) -> None:
        self.found: set[Local] = set()
        self._left: list[list[frozenset[Local]]] = []  # by loop, what is set where it is left

    def block(self, block: Block, here: Set_) -> Set_:
        for op in block:
            if here is None:
                return None
            here = self._op(op, here)
        return here

    def _op(self, op: Op, here: frozenset[Local]) -> Set_:
        match op:
            case SetLocal(value=Const()) if isinstance(op.local.type, Pointer):
                return here - {op.local}
            case SetLocal():
                return here | {op.local}
            case GetLocal() if op.local not in here:
                self.found.add(op.local)
            case If():
                return _both(self.block(op.then, here), self.block(op.otherwise, here))
            case Loop():
                self._left.append([])
                self.block(op.body, here)  # later turns have set as much at least
                out: Set_ = None
                for way in self._left.pop():
                    out = _both(out, way)
                return out
            case Break():
                self._left[-1 - op.depth].append(here)
                return None
            case Continue() | Return():
                return None
        return here


def _both(a: Set_, b: Set_) -> Set_:
    return b if a is None else a if b is None else a & b
