# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons of texts, byte by byte: the first that differs decides. Nothing of the kernel's is called."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import FALSE, TRUE, number
from .context import FunctionContext
from .control import counted
from .data import room
from .dispatch import IN_MEMORY, expression, value
from .layout import memory_type
from .values import Lowered, Memory


_WRITTEN_OUT = 64  # a longer comparison is a loop


@expression.register
def _(node: typed.TextMatch, f: FunctionContext) -> Lowered:
    left = _memory(value(node.left, f))
    literal = node.right.value if isinstance(node.right, typed.Literal) else None
    known = None if literal is None else str(literal).encode() + b"\0"
    assert isinstance(node.left.type, lang.TextType) and isinstance(node.right.type, lang.TextType)
    length = min(node.left.type.size, node.right.type.size) if known is None else len(known) - node.prefix
    right = None if known is not None and length <= _WRITTEN_OUT else _memory(value(node.right, f))
    out = Local(f.name("same"), ir.BOOL)
    f.build.set(out, FALSE)
    with f.build.loop() as level:  # once: a byte that differs leaves it
        if length <= _WRITTEN_OUT:
            for i in range(length):
                wanted = Const(ir.U64, known[i]) if known is not None else _byte(f, right, number(i))
                _one(f, level, out, _byte(f, left, number(i)), wanted, node.prefix, known is None)
        else:
            counted(f, number(length), lambda index: _turn(f, level, out, left, right, index, length, node.prefix))
        f.build.set(out, TRUE)
        f.leave(level)
    return f.build.get(out)


def _turn(f: FunctionContext, level: int, out: Local, left: Memory, right: Memory | None, index: Operand, length: int, prefix: bool) -> None:
    index = f.build.opaque(index)
    with f.build.when(f.build.compare(CompareOp.UGE, index, number(length))):
        f.leave(f.loops[-1])  # never: the verifier wants to see it
    _one(f, level, out, _byte(f, left, index), _byte(f, right, index), prefix, True)


def _one(f: FunctionContext, level: int, out: Local, found: Operand, wanted: Operand, prefix: bool, ends: bool) -> None:
    """One byte of both: leaves the comparison where they differ, or, with `ends`, where the text ends."""
    if prefix and ends:
        _decided(f, level, out, wanted)
    with f.build.when(f.build.compare(CompareOp.NE, found, wanted)):
        f.leave(level)
    if not prefix and ends:
        _decided(f, level, out, found)


def _kept(node: typed.Literal | typed.Convert, f: FunctionContext) -> Memory:
    """A text that is written out, or one in more room: zeros after its end."""
    if isinstance(node, typed.Literal):
        return Memory(f.build.global_address(f.module.text(str(node.value), node.span, node.type.size), ir.CHAR), memory_type(node.type))
    inner = _memory(value(node.value, f))
    out = room(f, node.type, "text")
    f.build.clear(out.address, out.type)
    f.build.copy(out.address, inner.address, inner.type)
    return out


IN_MEMORY[lang.TextType] = _kept


def _decided(f: FunctionContext, level: int, out: Local, byte: Operand) -> None:
    """The end of the text: all before it agreed."""
    with f.build.when(f.build.compare(CompareOp.EQ, byte, number(0))):
        f.build.set(out, TRUE)
        f.leave(level)


def _memory(value: Lowered) -> Memory:
    assert isinstance(value, Memory)
    return value


def _byte(f: FunctionContext, text: Memory | None, i: Operand) -> Operand:
    """Read once, where it stands: LLVM must not join several into a word that the verifier would refuse."""
    assert text is not None and isinstance(text.type, ir.Array)
    address = f.build.element(text.address, text.type, i)
    return f.build.convert(f.build.convert(f.build.load(address, ir.U8, volatile=True), ir.U8), ir.U64)
