# SPDX-License-Identifier: GPL-2.0-only
"""From where to where a variable on the stack is in use, so that LLVM lets others have its room: a frame has 512 bytes.

A use is any operation on a value that comes of the variable's address. All uses lie in one smallest block; from the first
to the last operation of that block which holds a use, the variable lives. Where its address is itself stored, it lives
as long as the function.
"""

from scxdsl.source.records import dataclass, field

from .module import Function
from .ops import (
    Block,
    Call,
    CallHelper,
    CallKfunc,
    Convert,
    GetLocal,
    IndexAddress,
    Local,
    LocalAddress,
    MemberAddress,
    Opaque,
    Op,
    Select,
    SetLocal,
    Store,
    Value,
)
from .types import Pointer
from .walk import blocks, operands, operations, result

# Where an operation stands: the blocks around it from the outside in, and its place in each.
Path = tuple[tuple[int, int], ...]

# What may give back a pointer into what it was given; an iterator's next() points into the iterator.
_PASS_ON = (MemberAddress, IndexAddress, Convert, Opaque, Select, CallHelper, CallKfunc, Call)


@dataclass
class Lifetimes:
    """By operation: what begins to live before it and what ceases to after it."""

    begin: dict[Op, list[Local]] = field(default_factory=dict)
    end: dict[Op, list[Local]] = field(default_factory=dict)


def lifetimes(function: Function) -> Lifetimes:
    """Of the variables whose address is taken; the others become registers."""
    on_stack = {op.local for op in operations(function.body) if isinstance(op, LocalAddress)}
    uses = _Uses(on_stack)
    if on_stack:
        uses.walk(function.body, ())
    out = Lifetimes()
    for local, paths in uses.paths.items():
        if local in uses.escaped:
            continue
        depth = _common(paths)
        number = paths[0][depth][0]
        block = uses.blocks[number]
        places = [path[depth][1] for path in paths]
        out.begin.setdefault(block[min(places)], []).append(local)
        out.end.setdefault(block[max(places)], []).append(local)
    return out


def _common(paths: list[Path]) -> int:
    """The innermost level at which all paths are in one block."""
    depth = 0
    while all(len(path) > depth + 1 for path in paths) and len({path[depth + 1][0] for path in paths}) == 1:
        depth += 1
    return depth


class _Uses:
    """One walk over a function: where each variable is in use."""

    def __init__(self, on_stack: set[Local]) -> None:
        self.paths: dict[Local, list[Path]] = {}
        self.escaped: set[Local] = set()
        self.blocks: list[Block] = []
        self._on_stack = on_stack
        self._origin: dict[Value, tuple[Local, ...]] = {}

    def walk(self, block: Block, around: Path) -> None:
        number = len(self.blocks)
        self.blocks.append(block)
        for at, op in enumerate(block):
            path = (*around, (number, at))
            self._visit(op, path)
            for inner in blocks(op):
                self.walk(inner, path)

    def _visit(self, op: Op, path: Path) -> None:
        touched: dict[Local, None] = {}  # in order: the same module gives the same object
        if isinstance(op, (GetLocal, SetLocal, LocalAddress)) and op.local in self._on_stack:
            touched[op.local] = None
        for x in operands(op):
            if isinstance(x, Value):
                touched |= dict.fromkeys(self._origin.get(x, ()))
        for local in touched:
            self.paths.setdefault(local, []).append(path)
        if isinstance(op, (SetLocal, Store)) and isinstance(op.value, Value):
            self.escaped.update(self._origin.get(op.value, ()))
        out = result(op)
        if out is None or not touched:
            return
        if isinstance(op, LocalAddress) or (isinstance(op, _PASS_ON) and self._may_point(op, out)):
            self._origin[out] = tuple(touched)

    @staticmethod
    def _may_point(op: Op, out: Value) -> bool:
        return isinstance(out.type, Pointer) or isinstance(op, (Convert, Opaque, Select))
