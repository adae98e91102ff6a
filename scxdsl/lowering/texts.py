# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons of texts, byte by byte: the first that differs decides. Nothing of the kernel's is called."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Operand
from scxdsl.typing import typed

from .builder import FALSE, TRUE, number
from .context import FunctionContext
from .dispatch import expression, value
from .values import Lowered, Memory


@expression.register
def _(node: typed.TextMatch, f: FunctionContext) -> Lowered:
    left = _memory(value(node.left, f))
    literal = node.right.value if isinstance(node.right, typed.Literal) else None
    right = None if literal is not None else _memory(value(node.right, f))
    known = None if literal is None else str(literal).encode() + b"\0"
    out = Local(f.name("same"), ir.BOOL)
    f.build.set(out, FALSE)
    length = node.left.type.size if right is None else min(node.left.type.size, node.right.type.size)  # type: ignore[union-attr]
    with f.build.loop() as level:  # once: a byte that differs leaves it
        for i in range(length):
            if known is not None and i >= len(known) - node.prefix:
                break
            wanted: Operand = Const(ir.U64, known[i]) if known is not None else _byte(f, right, i)
            if node.prefix and known is None:
                _decided(f, level, out, wanted)
            found = _byte(f, left, i)
            with f.build.when(f.build.compare(CompareOp.NE, found, wanted)):
                f.build.leave(level)
            if not node.prefix and known is None:
                _decided(f, level, out, found)
        f.build.set(out, TRUE)
        f.build.leave(level)
    return f.build.get(out)


def _decided(f: FunctionContext, level: int, out: Local, byte: Operand) -> None:
    """The end of the text: all before it agreed."""
    with f.build.when(f.build.compare(CompareOp.EQ, byte, number(0))):
        f.build.set(out, TRUE)
        f.build.leave(level)


def _memory(value: Lowered) -> Memory:
    assert isinstance(value, Memory)
    return value


def _byte(f: FunctionContext, text: Memory | None, i: int) -> Operand:
    """Read once, where it stands: LLVM must not join several into a word that the verifier would refuse."""
    assert text is not None and isinstance(text.type, ir.Array)
    address = f.build.element(text.address, text.type, number(i))
    return f.build.convert(f.build.convert(f.build.load(address, ir.U8, volatile=True), ir.U8), ir.U64)
