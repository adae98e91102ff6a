# SPDX-License-Identifier: GPL-2.0-only
"""Copies and clearings of large values as loops on the kernel's iterator.

Otherwise they are loops that the verifier follows turn by turn (codegen/blocks.py), nine instructions for 8 bytes. Iterators are kernel functions, which
may not be called with a lock held before 6.16: there the loops stay as they are.
"""

from scxdsl.ir import types as ir
from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Function
from scxdsl.ir.ops import Block, CallHelper, Clear, CompareOp, Copy, Operand
from scxdsl.ir.walk import blocks
from scxdsl.lowering.builder import Builder, number

from .iterators import turns
from .records import Iterated

LEAST = 4096
"""Bytes of a value whose copy becomes a loop on an iterator."""

AT_ONCE = 256
"""Bytes that one turn copies."""

_WORDS: dict[int, ir.Type] = {8: ir.U64, 4: ir.U32, 2: ir.U16, 1: ir.U8}


def iterate(function: Function, definitions: Definitions) -> Iterated | None:
    """Changes the function. None: there is no large copy in it that can be one."""
    sizes: list[int] = []
    _block(function.body, definitions, False, sizes)
    return Iterated(function.title or function.name, function.span, len(sizes), max(sizes)) if sizes else None


def _block(block: Block, definitions: Definitions, held: bool, sizes: list[int]) -> None:
    at = 0
    while at < len(block):
        op = block[at]
        for inner in blocks(op):
            _block(inner, definitions, held, sizes)
        if isinstance(op, CallHelper) and op.helper in ("spin_lock", "spin_unlock"):
            held = op.helper == "spin_lock"
        if isinstance(op, (Copy, Clear)) and not held and definitions.whole(op.type).size > LEAST:
            sizes.append(definitions.whole(op.type).size)
            block[at : at + 1] = new = _loop(op, definitions)
            at += len(new) - 1
        at += 1


def _loop(op: Copy | Clear, definitions: Definitions) -> Block:
    whole = definitions.whole(op.type)
    word = _WORDS[min(whole.align, 8)]
    count, rest = divmod(whole.size, AT_ONCE)
    build = Builder(op.span)
    with turns(build, "copy.iterator", count) as (turn, level):
        index = build.opaque(turn)
        with build.when(build.compare(CompareOp.UGE, index, number(count))):
            build.leave(level)  # never: the verifier wants to see it
        _part(build, op, ir.Array(ir.Array(word, AT_ONCE // word.size), count), index)
    if rest:
        _part(build, op, ir.Array(word, whole.size // word.size), number(count * AT_ONCE // word.size), ir.Array(word, rest // word.size))
    return build.body


def _part(build: Builder, op: Copy | Clear, array: ir.Array, index: Operand, what: ir.Type | None = None) -> None:
    """The element at an index, or `what` lies there."""
    target = build.element(op.target, array, index)
    if isinstance(op, Clear):
        build.clear(target, what or array.of)
    else:
        build.copy(target, build.element(op.source, array, index), what or array.of)
