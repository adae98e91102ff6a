# SPDX-License-Identifier: GPL-2.0-only
"""What is known of values at a place of the bytecode, on whichever way it is reached (origins.py): what facts are kept under, and the ranges that follow from them."""

from typing import Any

from .ranges import FULL, M64, SIGNED, Range, as_signed, as_unsigned, both, full
from .values import Argument, Bit, Computed, Constant, Context, Frame, Low, Origin, Place, Result, Symbol, Unknown

Fact = tuple[object, ...]
State = dict[int | str | Fact, Any]
"""Registers by number, the frame's places as "offset:width", those of the context as "offset:width:given", with their origins. Facts besides:
("range", value) and ("signed", value) with the least and the greatest number that it can be, ("asked", question, width, left, right) with the answer,
("held", base, offset, width) with what was read there last, ("bounds", offset) with the least and the greatest number that an iterator in the frame gives,
and ("stepped", offset) where it has given one."""

_CONSTANT = ("scx_bpf_nr_cpu_ids", "scx_bpf_nr_node_ids")  # kernel functions that always give the same


def note(state: State, key: Fact, range: Range) -> None:
    if range != FULL:
        state[key] = range
    else:
        state.pop(key, None)


def named(value: Origin) -> object:
    """What facts are kept under: a call by its slot, for its arguments are values again. A task's or cgroup's row that is there stays there, so
    who asks for it again asks for the same."""
    match value:
        case Result(_, name, (Symbol(_, map), owner, _, Constant(0), _)) if name.endswith("_storage_get") and owner is not None:
            return ("row", map, named(owner))
        case Result(_, name) if name in _CONSTANT:
            return ("call", name)
        case Result(at):
            return ("call", at)
        case Bit(Result(at)):
            return ("bit", at)
        case Place(Result() as result, offset):
            return ("place", named(result), offset)
        case Low(of):
            return ("low", named(of))
        case Computed(operation, width, left, right):
            return (operation, width, named(left), named(right))
    return value


def range_of(value: Origin | None, state: State) -> Range:
    match value:
        case None:
            return FULL
        case Constant(number):
            return number, number
        case Frame() | Context() | Place(Symbol()):
            return 1, M64
        case Symbol(kind, _) if kind in ("map", "data"):
            return 1, M64
        case Bit():
            return state.get(("range", named(value)), (0, 1))
        case Low():
            return state.get(("range", named(value)), full(32))
    return state.get(("range", named(value)), FULL)


def may_point(value: Origin | None) -> bool:
    """Into the frame of the function, or of one that has called it."""
    return in_frame(value) or isinstance(value, Argument)


def signed_of(value: Origin | None, state: State) -> Range:
    derived = as_signed(range_of(value, state))
    return both(derived, state.get(("signed", named(value)), SIGNED)) if value is not None else derived


def note_signed(state: State, value: Origin, range: Range) -> None:
    if range == SIGNED:
        return
    state["signed", named(value)] = range
    if (unsigned := as_unsigned(range)) != FULL:
        note(state, ("range", named(value)), both(unsigned, range_of(value, state)))


def in_frame(value: Origin | None) -> bool:
    return isinstance(value, Frame) or isinstance(value, Unknown) and value.frame


def behind(value: Origin | None) -> int | None:
    """The argument that it may be an address behind; 0 for any, None for none."""
    if isinstance(value, Argument):
        return value.number
    return 0 if value is None or isinstance(value, Unknown) and value.frame else None


def of_variable(value: Origin | None) -> bool:
    """Whether it may be the address of a variable."""
    match value:
        case Symbol("data") | Place(Symbol("data")):
            return True
    return isinstance(value, Unknown) and value.place is not None
