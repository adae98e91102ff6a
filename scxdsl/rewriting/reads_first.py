# SPDX-License-Identifier: GPL-2.0-only
"""Reads stand before the choices that do not matter to them.

A choice between two values, as in a subtraction that stops at 0, is a jump on BPF, and the kernel's verifier follows what stands behind it on
both ways: it compares states only after some jumps more (kernel/bpf/verifier.c, is_state_visited: add_new_state). Reading a field of the kernel takes two instructions or
three. So within a stretch without effects, reads that need nothing of a choice are made before it; their order among each other stays. What the choice compares is
made opaque behind them, or LLVM would choose first.
"""

from collections import Counter

from scxdsl.ir.module import Function
from scxdsl.ir.ops import Binary, Block, Compare, Convert, GetLocal, GlobalAddress, KernelMember, Load, MemberAddress, Op, Opaque, Select, Value
from scxdsl.ir.walk import blocks, operands, operations, result

READS = (GetLocal, GlobalAddress, KernelMember, MemberAddress, Convert, Load)
"""What a read is made of."""

QUIET = (*READS, Binary, Compare, Select, Opaque)
"""Over these a read may pass."""


def reads_first(function: Function) -> None:
    """Changes the function."""
    uses = Counter(x for op in operations(function.body) for x in operands(op) if isinstance(x, Value))
    _block(function.body, uses)


def _block(block: Block, uses: Counter[Value]) -> None:
    for op in block:
        for inner in blocks(op):
            _block(inner, uses)
    at = 1
    while at < len(block):
        test, choice = block[at - 1 : at + 1]
        if isinstance(test, Compare) and isinstance(choice, Select) and choice.condition is test.result:
            at += _before(block, test, choice, at - 1, uses)
        at += 1


def _before(block: Block, test: Compare, choice: Select, start: int, uses: Counter[Value]) -> int:
    """Moves reads behind a test and its choice before them; by how much these move."""
    own = next((x for x in (test.left, test.right) if isinstance(x, Value) and uses[x] == 2 and x in (choice.then, choice.otherwise)), None)
    moved, stay = _apart(block, start)
    if own is None or not any(isinstance(op, Load) for op in moved):
        return 0
    late = Value(own.type, own.name)
    for op, names in ((test, ("left", "right")), (choice, ("then", "otherwise"))):
        for name in names:
            if getattr(op, name) is own:
                setattr(op, name, late)
    block[start : start + len(moved) + len(stay)] = [*moved, Opaque(span=test.span, result=late, value=own, ordered=True), *stay]
    return len(moved) + 1


def _apart(block: Block, start: int) -> tuple[list[Op], list[Op]]:
    """The reads of a quiet stretch that need nothing of its first operation, and the others."""
    moved: list[Op] = []
    stay: list[Op] = []
    needed: set[Value] = set()
    for op in block[start:]:
        if not isinstance(op, QUIET) or isinstance(op, Load) and op.volatile:
            break
        if isinstance(op, READS) and not any(x in needed for x in operands(op)):
            moved.append(op)
            continue
        stay.append(op)
        out = result(op)
        if out is not None:
            needed.add(out)
    return moved, stay
