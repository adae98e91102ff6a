# SPDX-License-Identifier: GPL-2.0-only
"""Where the value comes from that a branch of the bytecode tests: a constant, a place of the frame, an argument of the program, a map, or
the result of a call. One forward pass over the blocks; what differs between two ways into a block is not known there."""

import operator
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from ..objects.helpers import helper_name
from ..objects.instruction import Form, Instruction
from ..objects.object import Function
from .flow import Block, blocks_of

_M64 = (1 << 64) - 1
_RELATIONS = {"eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}


@dataclass(frozen=True)
class Constant:
    number: int


@dataclass(frozen=True)
class Frame:
    """r10 plus so many bytes."""

    offset: int


@dataclass(frozen=True)
class Argument:
    """The n-th argument of the program, as its context holds it."""

    number: int


@dataclass(frozen=True)
class Context:
    """r1 of a program as it starts."""


@dataclass(frozen=True)
class Symbol:
    """The address of a map, a variable or a kernel function."""

    kind: str
    name: str


@dataclass(frozen=True)
class Result:
    """What the call in slot `at` gave: `name` of the helper, kernel function or subprogram, with the origins of r1 to r5 where they are known.
    `key` is what lay in the frame where r2 points; `turns` are the bounds of a number iterator at its first step."""

    at: int
    name: str
    arguments: tuple["Origin | None", ...]
    key: "Origin | None" = None
    turns: "tuple[Origin | None, Origin | None] | None" = None


@dataclass(frozen=True)
class Bit:
    """The lowest bit of a call's result: what a function that gives a bool leaves."""

    of: Result


@dataclass(frozen=True)
class Below:
    """A number less than `limit`, for it was cut by a division's rest or a mask."""

    limit: int


@dataclass(frozen=True)
class Something:
    """Not 0, whatever it is: two ways lead here, and on both it was tested."""


Origin = Constant | Frame | Argument | Context | Symbol | Result | Bit | Below | Something
State = dict[int | str, Origin]  # registers by number, the frame's places as "offset"


@dataclass(frozen=True)
class Test:
    """A branch: the origins of both sides, and of them only those that are known. `something`: the left one was tested before and is not 0."""

    at: int
    operation: str
    width: int
    left: Origin | None
    right: Origin | None
    something: bool = False


def tests(function: Function, cut: Container[tuple[int, bool]] = (), same: Mapping[int, int] = {}) -> dict[int, Test]:
    """Each branch that can be reached, by its slot, if none of the arms `cut` (slot, taken) is ever gone. `same`: what instructions come to
    that a loader fills in, by slot, where it is the same on all kernels."""
    blocks = blocks_of(function.instructions, 0)
    start: dict[int, State] = {0: {1: Context() if function.program else Argument(1), 10: Frame(0)}}
    todo, out = [0], {}
    while todo:
        at = todo.pop()
        for follow, state in _through(function, blocks[at], dict(start[at]), out, cut, same):
            known = start.get(follow)
            merged = state if known is None else _merged(known, state)
            if known is None or merged != known:
                start[follow] = merged
                todo.append(follow)
    return out


def _merged(one: State, other: State) -> State:
    """What holds whichever way was gone."""
    out: State = {}
    for place, value in one.items():
        twin = other.get(place)
        if twin == value:
            out[place] = value
        elif twin is not None and _something(value, one) and _something(twin, other):
            out[place] = Something()
    return out


def _something(value: Origin | None, state: State) -> bool:
    """Whether it cannot be 0: a place of the frame, a map or variable, what was tested."""
    match value:
        case None:
            return False
        case Constant(number):
            return number != 0
        case Symbol(kind, _):
            return kind in ("map", "data")
        case Frame() | Context() | Something():
            return True
    return f"tested {value}" in state


def _through(function: Function, block: Block, state: State, out: dict[int, Test], cut: Container[tuple[int, bool]],
             same: Mapping[int, int]) -> Iterator[tuple[int, State]]:  # fmt: skip
    for i in block.instructions:
        if i.form is Form.BRANCH:
            out[i.at] = test = Test(i.at, i.operation, i.width, state.get(i.dst), state.get(i.src) if i.register else Constant(i.imm & _M64), _something(state.get(i.dst), state))
            for follow, taken in zip(block.successors, (False, True), strict=True):
                if (i.at, taken) not in cut and possible(test, taken):
                    yield follow, _learnt(i, taken, state)
            return
        if i.at in same:
            state[i.dst] = Constant(same[i.at])
        else:
            _step(function, i, state)
    for follow in block.successors:
        yield follow, dict(state)


def possible(test: Test, taken: bool) -> bool:
    """Whether the constants on both sides let it go that way."""
    if not isinstance(test.right, Constant) or test.operation not in _RELATIONS:
        return True
    if test.something and test.right.number == 0 and test.operation in ("eq", "ne"):
        return (test.operation == "ne") == taken
    if isinstance(test.left, Below):
        least, most = (_RELATIONS[test.operation](n, test.right.number) for n in (0, test.left.limit - 1))
        return test.operation in ("eq", "ne") or least == taken or most == taken
    if not isinstance(test.left, Constant):
        return True
    mask = (1 << test.width) - 1
    return _RELATIONS[test.operation](test.left.number & mask, test.right.number & mask) == taken


def _learnt(i: Instruction, taken: bool, state: State) -> State:
    """After `x == number` went that way, x is the number: in every place that holds the same."""
    found = state.get(i.dst)
    out = dict(state)
    if not i.register and i.width == 64 and (i.operation == "eq") == taken and i.operation in ("eq", "ne"):
        number = Constant(i.imm & _M64)
        for place, value in state.items():
            if found is not None and value == found and not isinstance(found, Constant):
                out[place] = number
        out[i.dst] = number
    elif not i.register and i.imm == 0 and i.width == 64 and i.operation in ("eq", "ne") and found is not None:
        out[f"tested {found}"] = Something()
    return out


def _step(function: Function, i: Instruction, state: State) -> None:
    match i.form:
        case Form.ALU if i.at in function.core_at:
            state.pop(i.dst, None)
        case Form.ALU:
            _alu(i, state)
        case Form.IMMEDIATE:
            refers = function.relocation_at.get(i.at)
            if i.at in function.core_at:
                state.pop(i.dst, None)
            else:
                state[i.dst] = Constant(i.imm) if refers is None else Symbol(refers.kind.value, refers.name)
        case Form.LOAD:
            _load(function, i, state)
        case Form.STORE:
            _store(i, state)
        case Form.ATOMIC:
            state.pop(i.src, None)
            state.pop(0, None)
        case Form.CALL:
            _call(function, i, state)
        case _:
            pass


def _alu(i: Instruction, state: State) -> None:
    before = state.pop(i.dst, None)
    if i.operation == "mov":
        value = state.get(i.src) if i.register and i.src != i.dst else before if i.register else Constant(i.imm & _M64 if i.width == 64 else i.imm & 0xFFFFFFFF)
        if value is not None and (i.width == 64 or isinstance(value, Constant)):
            state[i.dst] = value if i.width == 64 or not isinstance(value, Constant) else Constant(value.number & 0xFFFFFFFF)
    elif i.operation == "and" and not i.register and i.imm == 1 and isinstance(before, Result):
        state[i.dst] = Bit(before)
    elif i.operation in ("mod", "and") and not i.register and i.imm > 0:
        state[i.dst] = Below(i.imm + (i.operation == "and"))
    elif i.operation == "add" and not i.register and i.width == 64 and isinstance(before, Frame):
        state[i.dst] = Frame(before.offset + i.imm)


def _load(function: Function, i: Instruction, state: State) -> None:
    base = state.get(i.src)
    state.pop(i.dst, None)
    if i.at in function.core_at or i.signed:
        return
    match base:
        case Frame(offset):
            found = state.get(f"{offset + i.offset}:{i.width}")
            if found is not None:
                state[i.dst] = found
        case Context():
            state[i.dst] = Argument(i.offset // 8)


def _store(i: Instruction, state: State) -> None:
    base = state.get(i.dst)
    if not isinstance(base, Frame):
        return
    low = base.offset + i.offset
    size = i.width // 8
    _forget(state, low, size)
    value = state.get(i.src) if i.register else Constant(i.imm & _M64)
    if value is not None:
        state[f"{low}:{i.width}"] = value


def _forget(state: State, low: int, size: int) -> None:
    for place in [p for p in state if isinstance(p, str) and not p.startswith(("turns", "tested"))]:
        offset, _, width = place.partition(":")  # type: ignore[union-attr]
        if int(offset) < low + size and low < int(offset) + int(width) // 8:
            del state[place]


def _call(function: Function, i: Instruction, state: State) -> None:
    refers = function.relocation_at.get(i.at)
    if i.operation == "helper":
        name = helper_name(i.imm)
    else:
        name = refers.name if refers is not None else "?"
    arguments = tuple(state.get(r) for r in range(1, 6))
    key = None
    second = arguments[1]
    if isinstance(second, Frame):
        key = state.get(f"{second.offset}:32") or state.get(f"{second.offset}:64")
    for r in range(6):
        state.pop(r, None)
    turns = None
    if isinstance(arguments[0], Frame):
        iterator = f"turns {arguments[0].offset}"
        turns = state.pop(iterator, None)
        if name == "bpf_iter_num_new":
            state[iterator] = Result(i.at, name, arguments)
    for place in arguments:  # what a callee may write to
        if isinstance(place, Frame) and not name.startswith(("bpf_map_lookup", "bpf_map_push", "bpf_map_update", "bpf_map_delete")):
            _forget(state, place.offset, 512)
    bounds = (turns.arguments[1], turns.arguments[2]) if isinstance(turns, Result) and name == "bpf_iter_num_next" else None
    state[0] = Result(i.at, name, arguments, key, bounds)


__all__ = ["Argument", "Below", "Bit", "Constant", "Context", "Frame", "Origin", "Result", "Something", "Symbol", "Test", "possible", "tests"]
