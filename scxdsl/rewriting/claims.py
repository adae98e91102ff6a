# SPDX-License-Identifier: GPL-2.0-only
"""Places that a program claims while it runs: where it may sleep or be interrupted, its CPU may run it again before it ends.

The places are the entries of an array map, each with a word that says whether it is taken. A program tries them from the one with its
CPU's number on and takes the first that is free by compare-and-swap; on every way out it sets the word back. Where all are taken
it is an error that ends the scheduler, as every `error` does.
"""

from scxdsl.ir import types as ir
from scxdsl.ir.module import Function, Global, Linkage, Map, Module
from scxdsl.ir.ops import AtomicOp, BinaryOp, Block, CompareOp, Const, Local, Return, Value
from scxdsl.ir.walk import blocks
from scxdsl.lowering.builder import Builder, number
from scxdsl.lowering.errors import ERROR

from .iterators import turns

PLACES = 64
"""How many invocations of one program can be under way at a time; a power of two."""

_EINVAL = 22


def claim(module: Module, build: Builder, name: str, room: ir.Array, function: Function) -> tuple[Value, Value]:
    """Writes the claim and its map. Gives the entry that was taken, and the room within it."""
    entry = ir.Struct(f"claimed_{room.size}", (ir.Field("taken", ir.U64), ir.Field("room", room)))
    module.maps.append(Map(name=name, kind="array", key=ir.U32, value=entry, max_entries=PLACES, span=function.span))
    place = Local("scratch.place", ir.Pointer(entry))
    build.set(place, Const(place.type, 0))
    cpu = build.helper("get_smp_processor_id", ir.U32)
    assert cpu is not None
    first = build.convert(cpu, ir.U64)
    with turns(build, "scratch.iterator", PLACES) as (index, level):
        at = build.binary(BinaryOp.AND, build.add(first, index), number(PLACES - 1))
        key = build.local_address(Local("scratch.key", ir.U32))
        build.store(key, build.convert(at, ir.U32))
        found = build.helper("map_lookup_elem", ir.Pointer(entry), build.global_address(name), key)
        assert found is not None
        with build.when(build.compare(CompareOp.NE, found, Const(found.type, 0))):
            before = build.compare_swap(build.member(found, entry, "taken"), number(0), number(1))
            with build.when(build.compare(CompareOp.EQ, before, number(0))):
                build.set(place, found)
                build.leave(level)
    taken = build.get(place)
    with build.when(build.compare(CompareOp.EQ, taken, Const(taken.type, 0))):
        _error(module, build, function)
        build.ret(None if function.result == ir.VOID else Const(function.result, _answer(function)))
    return taken, build.member(taken, entry, "room")


def give_back(function: Function, entry: Value) -> None:
    """Before every way out of the function's present body. The exchange orders what was done in the room before it."""
    _before_returns(function.body, entry)


def _before_returns(block: Block, entry: Value) -> None:
    for op in block:
        for inner in blocks(op):
            _before_returns(inner, entry)
    if block and isinstance(block[-1], Return):
        block[-1:-1] = _released(block[-1], entry)


def _released(out: Return, entry: Value) -> Block:
    build = Builder(out.span)
    struct = entry.type.to
    assert isinstance(struct, ir.Struct)
    build.atomic(AtomicOp.SWAP, build.member(entry, struct, "taken"), number(0))
    return build.body


def _answer(function: Function) -> int:
    """What callbacks that give a number answer after an error. The body of a timer gives 0 always (check_return_code in verifier.c)."""
    return -_EINVAL if function.linkage is Linkage.PROGRAM and not isinstance(function.result, ir.Bool) else 0


def _error(module: Module, build: Builder, function: Function) -> None:
    data = f"{function.title or function.name}: more than {PLACES} invocations at one time: no scratch memory is left".encode() + b"\0"
    name = f"__text_scratch_{len(module.globals)}"
    module.globals.append(Global(name=name, type=ir.Array(ir.CHAR, len(data)), section=".data", span=function.span, initial=data, hidden=True))
    values = ir.Array(ir.U64, 1)
    place = build.local_address(Local("scratch.values", values))
    build.clear(place, values)
    build.kfunc(ERROR, build.global_address(name, ir.CHAR), place, Const(ir.U32, 0))
