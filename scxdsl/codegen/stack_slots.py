# SPDX-License-Identifier: GPL-2.0-only
"""Variables on the stack that are written at an index which is known only at run time, by less than whole slots of 8 bytes.

The kernel's verifier keeps what was stored at the beginning of a slot as a spilled register. A write of variable place takes the
register away from every slot that it may touch, but leaves the bytes of such a slot beyond its own range marked as spilled
(kernel/bpf/verifier.c, check_stack_write_var_off; how far the range goes depends on what the verifier knows of the index), and
every later read of them is refused: `invalid read from stack`, `invalid size of register fill`. So after each write at a known
place the slots that a variable write may reach are *settled*: their last byte is written once more, which makes all bytes of the
slot plain data (check_stack_write_fixed_off: a part of a slot that does not begin it scrubs the rest). So that this byte has a value
always, such slots begin as zero; LLVM drops what is overwritten anyway.
"""

from collections.abc import Iterator
from math import gcd

from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Function
from scxdsl.ir.ops import (
    Clear,
    Const,
    Convert,
    Copy,
    IndexAddress,
    Local,
    LocalAddress,
    MemberAddress,
    Op,
    Opaque,
    Operand,
    Select,
    Store,
    Value,
)
from scxdsl.ir.types import Array, Pointer, Struct
from scxdsl.ir.walk import operands, operations, result
from scxdsl.source.records import dataclass, field

SLOT = 8


@dataclass(frozen=True)
class _Range:
    """Where an address may lie: bytes from a variable's beginning, in steps; a step of 0: in one place."""

    local: Local
    low: int
    high: int
    step: int = 0


@dataclass
class Settled:
    """Variables that take whole slots, with the offsets of those that a variable write may reach; and by write the offsets of the slots
    to settle after it."""

    locals: dict[Local, range] = field(default_factory=dict)
    after: dict[Op, tuple[Local, list[int]]] = field(default_factory=dict)


def settled(function: Function, definitions: Definitions) -> Settled:
    """Of one function; mostly empty."""
    ranges = _ranges(function, definitions)
    writes = list(_writes(function, ranges, definitions))
    reached: dict[Local, tuple[int, int]] = {}
    for _, where, size in writes:
        if where.step and gcd(where.low, where.step, size) % SLOT:
            low, high = reached.get(where.local, (where.low, 0))
            reached[where.local] = min(low, where.low), max(high, where.high + size)
    out = Settled({local: range(low // SLOT * SLOT, high, SLOT) for local, (low, high) in reached.items()})
    for op, where, size in writes:
        if where.local in reached and not where.step:
            touched = [at for at in out.locals[where.local] if where.low - SLOT < at < where.low + size]
            if touched:
                out.after[op] = where.local, touched
    return out


def _ranges(function: Function, definitions: Definitions) -> dict[Value, _Range]:
    """The addresses that come of a variable's."""
    found: dict[Value, _Range] = {}
    for op in operations(function.body):
        out = result(op)
        if out is None:
            continue
        if isinstance(op, LocalAddress):
            found[out] = _Range(op.local, 0, 0)
            continue
        base = next((found[x] for x in operands(op) if isinstance(x, Value) and x in found), None)
        if base is None:
            continue
        match op:
            case MemberAddress():
                found[out] = _moved(base, _offset(op, definitions))
            case IndexAddress(index=Const(value=at)):
                found[out] = _moved(base, at * definitions.whole(op.array.of).size)
            case IndexAddress():
                size = definitions.whole(op.array.of).size
                found[out] = _Range(base.local, base.low, base.high + (op.array.length - 1) * size, gcd(base.step, size))
            case Opaque() | Convert() if isinstance(out.type, Pointer):
                found[out] = base
            case Select() if isinstance(out.type, Pointer):  # one of several: any byte of it
                found[out] = _Range(base.local, 0, definitions.whole(base.local.type).size - 1, 1)
    return found


def _moved(base: _Range, distance: int) -> _Range:
    return _Range(base.local, base.low + distance, base.high + distance, base.step)


def _offset(op: MemberAddress, definitions: Definitions) -> int:
    at, here = 0, definitions.whole(op.struct)
    for name in op.path:
        assert isinstance(here, Struct)
        at += here.offsets[name]
        here = definitions.whole(here.field(name).type)
    return at


def _writes(function: Function, ranges: dict[Value, _Range], definitions: Definitions) -> Iterator[tuple[Op, _Range, int]]:
    """Every write into an array or struct on the stack: where and how many bytes."""
    for op in operations(function.body):
        target: Operand | None = None
        match op:
            case Store(address=target, value=value):
                size = value.type.size
            case Copy(target=target, type=t) | Clear(target=target, type=t):
                size = definitions.whole(t).size
        where = ranges.get(target) if isinstance(target, Value) else None
        if where is not None and isinstance(definitions.whole(where.local.type), (Array, Struct)):
            yield op, where, size
