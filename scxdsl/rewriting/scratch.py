# SPDX-License-Identifier: GPL-2.0-only
"""Large values of a program move from the stack to scratch memory: a frame has 512 bytes, a map has room.

A program that runs with interrupts off is not called again on its CPU before it ends (what it calls may call *other* callbacks there:
`dequeue` inside `dispatch`, `enqueue` inside `cpu_release`), so one place for each program and CPU is its own: a per-CPU array map of
one entry. Elsewhere (callbacks that may sleep or run with interrupts on, timers, commands) a place is claimed for as long as the
program runs: see claims.py. Values that do not live at one time share their room, as they do on the stack.
"""

from collections.abc import Iterable

from scxdsl.ir import types as ir
from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Function, Linkage, Map, Module
from scxdsl.ir.ops import Block, CompareOp, Const, IndexAddress, Local, LocalAddress, Op, Operand, Value
from scxdsl.ir.walk import blocks
from scxdsl.lowering.builder import Builder

from .claims import PLACES, claim, give_back
from .frames import Life, lives, peak, to_move
from .names import author_name
from .records import Scratch

LARGEST = 32 << 10
"""Bytes of an entry of a per-CPU map (include/linux/percpu.h: PCPU_MIN_UNIT_SIZE; kernel/bpf/arraymap.c, array_map_alloc_check)."""

WORD = 8


def move(module: Module, function: Function, budget: int) -> Scratch | None:
    """Leaves at most `budget` bytes of values on the stack of a program or a timer's body, where that can be done. None: nothing moved."""
    definitions = Definitions(module)
    moved = to_move(lives(function, definitions), definitions, budget)
    places, size = _laid_out(moved)
    if not moved or size > LARGEST:
        return None
    name = _map_name(module, function)
    room = ir.Array(ir.U64, size // WORD)
    build = Builder(function.span)
    if function.interrupts_off:
        module.maps.append(Map(name=name, kind="percpu_array", key=ir.U32, value=room, max_entries=1, span=function.span))
        base: Operand = _this_cpus(build, name, room, function)
    else:
        entry, base = claim(module, build, name, room, function)
        give_back(function, entry)
    _replace(function.body, {x.local: places[x.local] for x in moved}, base, room)
    function.body[:0] = build.body
    names = tuple(dict.fromkeys(author_name(x.local) for x in moved))
    return Scratch(function.title or function.name, function.span, names, size, 0 if function.interrupts_off else PLACES)


def movable(module: Module) -> list[Function]:
    """The functions that can have scratch memory: programs, bodies of timers, and the subprograms of each, which no other program calls."""
    return [f for f in module.functions if f.linkage is Linkage.PROGRAM or f.title.startswith(("timer ", "fn "))]


def estimates(module: Module) -> dict[str, int]:
    """Of each of these functions, by name, the most bytes of variables that live at one time."""
    definitions = Definitions(module)
    return {f.name: peak(lives(f, definitions))[0] for f in movable(module)}


def _laid_out(moved: Iterable[Life]) -> tuple[dict[Local, int], int]:
    """Offsets of values such that those which live at one time are apart, largest first; and the size of it all."""
    placed: list[tuple[Life, int]] = []
    for one in sorted(moved, key=lambda x: -x.size):
        at = 0
        for other, start in sorted(((o, s) for o, s in placed if o.meets(one)), key=lambda pair: pair[1]):
            if at + one.size > start and at < start + other.size:
                at = start + other.size
        placed.append((one, at))
    return {x.local: at for x, at in placed}, max((at + x.size for x, at in placed), default=0)


def _this_cpus(build: Builder, name: str, room: ir.Array, function: Function) -> Value:
    """The place of this CPU. The lookup cannot fail, but the verifier wants the test."""
    key = build.local_address(Local("scratch.key", ir.U32))
    build.store(key, Const(ir.U32, 0))
    found = build.helper("map_lookup_elem", ir.Pointer(room), build.global_address(name), key)
    assert found is not None
    with build.when(build.compare(CompareOp.EQ, found, Const(found.type, 0))):
        build.ret(None if function.result == ir.VOID else Const(function.result, 0))
    return found


def _replace(block: Block, places: dict[Local, int], base: Operand, room: ir.Array) -> None:
    """Every address of a moved variable is one in the room."""
    for at, op in enumerate(block):
        if isinstance(op, LocalAddress) and op.local in places:
            block[at] = _address(op, base, room, places[op.local])
        for inner in blocks(op):
            _replace(inner, places, base, room)


def _address(op: LocalAddress, base: Operand, room: ir.Array, offset: int) -> Op:
    return IndexAddress(span=op.span, result=op.result, base=base, array=room, index=Const(ir.U64, offset // WORD))


def _map_name(module: Module, function: Function) -> str:
    """`scratch_` and the author's word for the function, once."""
    taken = {x.name for x in (*module.maps, *module.globals, *module.functions)}
    name = "scratch_" + (function.title or function.name).removeprefix("timer ")
    name = "".join(c if c.isalnum() else "_" for c in name)
    while name in taken:
        name += "_"
    return name
