# SPDX-License-Identifier: GPL-2.0-only
"""Where the value comes from that a branch of the bytecode tests: a constant, a place of the frame, an argument of the program, a map, or
the result of a call; and what is known of it: its range, and what was asked of it before. One forward pass over the blocks.

A value is named by where it was made. Its name may stand for another turn's value only in a state that has come from there; where a block begins,
the way that comes first has not made it yet, so nothing about it holds that does not hold whichever way was gone."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..objects.helpers import helper_name
from ..objects.instruction import Form, Instruction
from ..objects.object import Function
from .flow import Block, blocks_of
from .ranges import FULL, M64, Range, full, hull, lower_bits, narrowed, of_alu, outcomes


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
class Unknown:
    """What the instruction in slot `at` made; or what ways into the block at `at` brought to `place`, where they differ. `frame`: it may point
    into the frame."""

    at: int
    place: int | str | None = None
    frame: bool = False


Origin = Constant | Frame | Argument | Context | Symbol | Result | Bit | Unknown
Fact = tuple[object, ...]
State = dict[int | str | Fact, Any]
"""Registers by number, the frame's places as "offset:width", with their origins; ("range", value) and ("asked", ...) with what is known."""
_READ_ONLY = ("struct_ops", "tp_btf", "fentry", "fexit")  # programs that cannot write to their context
_WIDENED = 12  # ways into a block after which ranges that still grow are given up


@dataclass(frozen=True)
class Test:
    """A branch: the origins of both sides, and the ways that it can go."""

    at: int
    operation: str
    width: int
    left: Origin | None
    right: Origin | None
    ways: frozenset[bool]


def tests(function: Function, cut: Container[tuple[int, bool]] = (), same: Mapping[int, int] = {}) -> dict[int, Test]:
    """Each branch that can be reached, by its slot, if none of the arms `cut` (slot, taken) is ever gone. `same`: what instructions come to
    that a loader fills in, by slot, where it is the same on all kernels."""
    blocks = blocks_of(function.instructions, 0)
    first: State = {10: Frame(0)}
    first |= {1: Context()} if function.program else {n: Argument(n) for n in range(1, 6)}
    start: dict[int, State] = {0: first}
    visits: Counter[int] = Counter()
    todo, out = [0], {}
    while todo:
        at = todo.pop()
        for follow, state in _through(function, blocks[at], dict(start[at]), out, cut, same):
            known = start.get(follow)
            visits[follow] += 1
            merged = state if known is None else _merged(known, state, follow, visits[follow] > _WIDENED)
            if known is None or merged != known:
                start[follow] = merged
                if follow not in todo:
                    todo.append(follow)
    return out


def _merged(one: State, other: State, block: int, widen: bool) -> State:
    """What holds whichever way was gone; `one` is what held so far at that block."""
    out: State = {}
    for key, value in one.items():
        twin = other.get(key)
        if twin is not None and isinstance(key, tuple) and key[0] == "range":
            _note(out, key, _either(value, twin, widen))
        elif twin == value:
            out[key] = value
    for key, value in one.items():  # last, for what was known of an earlier turn's value is not known of this one
        twin = other.get(key)
        if not isinstance(key, tuple) and twin is not None and twin != value:
            out[key] = either = Unknown(block, key, _in_frame(value) or _in_frame(twin))
            _note(out, ("range", either), _either(_range(value, one), _range(twin, other), widen))
    return out


def _either(before: Range, now: Range, widen: bool) -> Range:
    return before if before[0] <= now[0] and now[1] <= before[1] else FULL if widen else hull(before, now)


def _note(state: State, key: Fact, range: Range) -> None:
    if range != FULL:
        state[key] = range
    else:
        state.pop(key, None)


def _named(value: Origin) -> object:
    """What facts are kept under: a call by its slot, for its arguments are values again."""
    match value:
        case Result(at):
            return ("call", at)
        case Bit(Result(at)):
            return ("bit", at)
    return value


def _range(value: Origin | None, state: State) -> Range:
    match value:
        case None:
            return FULL
        case Constant(number):
            return number, number
        case Frame() | Context():
            return 1, M64
        case Symbol(kind, _) if kind in ("map", "data"):
            return 1, M64
        case Bit():
            return state.get(("range", _named(value)), (0, 1))
    return state.get(("range", _named(value)), FULL)


def _in_frame(value: Origin | None) -> bool:
    return isinstance(value, Frame) or isinstance(value, Unknown) and value.frame


def _through(function: Function, block: Block, state: State, out: dict[int, Test], cut: Container[tuple[int, bool]],
             same: Mapping[int, int]) -> Iterator[tuple[int, State]]:  # fmt: skip
    for i in block.instructions:
        if i.form is Form.BRANCH:
            left, right = state.get(i.dst), state.get(i.src) if i.register else Constant(i.imm & M64)
            ways = _ways(i, left, right, state)
            out[i.at] = Test(i.at, i.operation, i.width, left, right, ways)
            for follow, taken in zip(block.successors, (False, True), strict=True):
                if (i.at, taken) not in cut and taken in ways:
                    yield follow, _learnt(i, taken, left, right, state)
            return
        if i.at in same:
            state[i.dst] = Constant(same[i.at])
        else:
            _step(function, i, state)
    for follow in block.successors:
        yield follow, dict(state)


def possible(test: Test, taken: bool) -> bool:
    """Whether what is known of both sides lets it go that way."""
    return taken in test.ways


_AS_LESS = {"lt": (False, False), "gt": (True, False), "ge": (False, True), "le": (True, True)}  # sides change, answer turned


def _question(i: Instruction, left: Origin | None, right: Origin | None) -> tuple[Fact, bool] | None:
    """A comparison as `less`, `equal` or `set`, and whether its answer is turned; None where a side has no name."""
    if left is None or right is None:
        return None
    sides, operation = (_named(left), _named(right)), i.operation
    signed = operation.startswith("s") and operation != "set"
    if (plain := operation[1:] if signed else operation) in _AS_LESS:
        turned_round, negated = _AS_LESS[plain]
        return ("asked", "sless" if signed else "less", i.width, *(reversed(sides) if turned_round else sides)), negated
    return ("asked", "set" if operation == "set" else "equal", i.width, *sides), operation == "ne"


def _ways(i: Instruction, left: Origin | None, right: Origin | None, state: State) -> frozenset[bool]:
    asked = _question(i, left, right)
    if asked is not None and asked[0] in state:
        return frozenset((state[asked[0]] != asked[1],))
    return frozenset(outcomes(i.operation, i.width, _range(left, state), _range(right, state)))


def _learnt(i: Instruction, taken: bool, left: Origin | None, right: Origin | None, state: State) -> State:
    """After `x == number` went that way, x is the number: in every place that holds the same. Else its range is a smaller one."""
    out = dict(state)
    asked = _question(i, left, right)
    if asked is not None and not (isinstance(left, Constant) and isinstance(right, Constant)):
        fact, turned = asked
        out[fact] = holds = taken != turned
        if holds and fact[1] == "less":
            out["asked", "less", i.width, fact[4], fact[3]] = out["asked", "equal", i.width, fact[3], fact[4]] = out["asked", "equal", i.width, fact[4], fact[3]] = False
        elif fact[1] == "equal":
            out["asked", "equal", i.width, fact[4], fact[3]] = holds
    mine, others = _range(left, state), _range(right, state)
    if i.width == 32 and (mine[1] >> 32 or others[1] >> 32 and i.register or i.operation.startswith("s")):
        return out
    if not i.register and i.width == 32:
        others = (i.imm & 0xFFFFFFFF,) * 2
    if left is not None and not isinstance(left, Constant):
        found = narrowed(i.operation, taken, mine, others)
        _note(out, ("range", _named(left)), found)
        if found[0] == found[1]:
            for place, value in state.items():
                if not isinstance(place, tuple) and value == left:
                    out[place] = Constant(found[0])
    elif left is None and not i.register and i.width == 64 and (i.operation == "eq") == taken and i.operation in ("eq", "ne"):
        out[i.dst] = Constant(i.imm & M64)
    if i.register and right is not None and not isinstance(right, Constant):
        turned_round = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(i.operation.removeprefix("s"), i.operation)
        if not i.operation.startswith("s"):
            _note(out, ("range", _named(right)), narrowed(turned_round, taken, others, mine))
    return out


def _step(function: Function, i: Instruction, state: State) -> None:
    match i.form:
        case Form.ALU if i.at in function.core_at:
            state[i.dst] = Unknown(i.at)
        case Form.ALU:
            _alu(i, state)
        case Form.IMMEDIATE:
            refers = function.relocation_at.get(i.at)
            if i.at in function.core_at:
                state[i.dst] = Unknown(i.at)
            else:
                state[i.dst] = Constant(i.imm & M64) if refers is None else Symbol(refers.kind.value, refers.name)
        case Form.LOAD:
            _load(function, i, state)
        case Form.STORE:
            _store(i, state)
        case Form.ATOMIC:
            _written(state, state.get(i.dst), i.offset, i.width // 8)
            for r in (i.dst,) if i.operation == "load_acquire" else (0,) if i.operation == "cmpxchg" else (i.src,):
                state[r] = Unknown(i.at)
        case Form.CAST | Form.PACKET:
            for r in (i.dst,) if i.form is Form.CAST else range(6):
                state.pop(r, None)
        case Form.CALL:
            _call(function, i, state)
        case _:
            pass


def _alu(i: Instruction, state: State) -> None:
    before, other = state.get(i.dst), state.get(i.src) if i.register else Constant(i.imm & M64)
    ours = FULL if before is None else _range(before, state)
    given = _range(other, state)
    if i.operation == "mov":
        if i.width == 64 or isinstance(other, Constant) or given[1] >> 32 == 0 and other is not None:
            state[i.dst] = Constant(other.number & (1 << i.width) - 1) if isinstance(other, Constant) else other if other is not None else Unknown(i.at)
            return
        made, result = Unknown(i.at), lower_bits(given, 32)
    elif i.operation == "and" and not i.register and i.imm == 1 and isinstance(before, Result):
        state[i.dst] = Bit(before)
        return
    elif i.operation == "add" and not i.register and i.width == 64 and isinstance(before, Frame):
        state[i.dst] = Frame(before.offset + i.imm)
        return
    else:
        made = Unknown(i.at, None, i.width == 64 and (_in_frame(before) or i.register and _in_frame(other)))
        result = of_alu(i.operation, i.width, ours, given)
    if result[0] == result[1]:
        state[i.dst] = Constant(result[0])
        return
    state.pop(("range", made), None)
    state[i.dst] = made
    _note(state, ("range", made), result)


def _load(function: Function, i: Instruction, state: State) -> None:
    base = state.get(i.src)
    state[i.dst] = made = Unknown(i.at, None, base is None or _in_frame(base))
    state.pop(("range", made), None)
    if i.at in function.core_at or i.signed:
        return
    match base:
        case Frame(offset):
            found = state.get(f"{offset + i.offset}:{i.width}")
            if found is not None:
                state[i.dst] = found
                return
        case Context() if i.width == 64 and function.section.removeprefix("?").startswith(_READ_ONLY):
            state[i.dst] = Argument(i.offset // 8)
            return
    _note(state, ("range", made), full(i.width))


def _store(i: Instruction, state: State) -> None:
    base = state.get(i.dst)
    _written(state, base, i.offset, i.width // 8)
    if isinstance(base, Frame):
        value = state.get(i.src) if i.register else Constant(i.imm & (1 << i.width) - 1)
        if value is not None and (i.width == 64 or _range(value, state)[1] >> i.width == 0):
            state[f"{base.offset + i.offset}:{i.width}"] = value


def _written(state: State, base: Origin | None, offset: int, size: int) -> None:
    """What lies in the frame after something was written behind `base`."""
    if isinstance(base, Frame):
        _forget(state, base.offset + offset, size)
    elif base is None or _in_frame(base):
        _forget(state, -512, 512)


def _forget(state: State, low: int, size: int) -> None:
    for place in [p for p in state if isinstance(p, str) and not p.startswith("turns")]:
        offset, _, width = place.partition(":")
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
        if _in_frame(place) and not name.startswith(("bpf_map_lookup", "bpf_map_push", "bpf_map_update", "bpf_map_delete")):
            _written(state, place, 0, 512)
    bounds = (turns.arguments[1], turns.arguments[2]) if isinstance(turns, Result) and name == "bpf_iter_num_next" else None
    state[0] = Result(i.at, name, arguments, key, bounds)


__all__ = ["Argument", "Bit", "Constant", "Context", "Frame", "Origin", "Result", "Symbol", "Test", "Unknown", "possible", "tests"]
