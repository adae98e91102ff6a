# SPDX-License-Identifier: GPL-2.0-only
"""What one instruction does to what is known (origins.py)."""

from dataclasses import replace

from ..objects.helpers import helper_name
from ..objects.instruction import Form, Instruction
from .followed import Followed, Load, touch
from .known import State, behind, in_frame, may_point, named, note, note_signed, range_of, signed_of
from .ranges import FULL, M64, SIGNED, Range, as_unsigned, both, full, lower_bits, of_alu, of_signed
from .values import Argument, Bit, Computed, Constant, Context, Exchanged, Fixed, Frame, Low, Origin, Place, Result, Symbol, Unknown

_READ_ONLY = ("struct_ops", "tp_btf", "fentry", "fexit")  # programs that cannot write to their context
_DEEPEST = 4  # computed values behind one another that keep their name
NEXT = "bpf_iter_num_next"


def step(out: Followed, i: Instruction, state: State) -> None:
    function = out.function
    match i.form:
        case Form.ALU if i.at in function.core_at:
            state[i.dst] = Unknown(i.at)
        case Form.ALU:
            before = state.get(i.dst)
            _alu(i, state)
            if i.operation != "mov" and not isinstance(state.get(i.dst), Place):
                touch(out, before, state.get(i.src) if i.register else None)
        case Form.IMMEDIATE:
            refers = function.relocation_at.get(i.at)
            if i.at in function.core_at:
                state[i.dst] = Unknown(i.at)
            else:
                state[i.dst] = Constant(i.imm & M64) if refers is None else Symbol(refers.kind.value, refers.name)
        case Form.LOAD:
            _load(out, i, state)
        case Form.STORE:
            base = state.get(i.dst)
            touch(out, base, state.get(i.src) if i.register else None)
            out.stores[i.at] = Load(base, i.offset, i.width), state.get(i.src) if i.register else Constant(i.imm & M64)
            _writes(out, i, base)
            _store(i, state)
        case Form.ATOMIC:
            touch(out, state.get(i.dst), state.get(i.src))
            _writes(out, i, state.get(i.dst))
            _written(state, state.get(i.dst), i.offset, i.width // 8)
            held, expected = state.get(("held", state.get(i.dst), i.offset, i.width)), state.get(0)
            _let_go(state)
            if i.operation == "cmpxchg" and held is not None and held == expected:
                state[0] = Exchanged(held)
                return
            for r in (i.dst,) if i.operation == "load_acquire" else (0,) if i.operation == "cmpxchg" else (i.src,):
                state[r] = Unknown(i.at)
        case Form.CAST | Form.PACKET:
            for r in (i.dst,) if i.form is Form.CAST else range(6):
                state.pop(r, None)
        case Form.CALL:
            _call(out, i, state)
        case Form.EXIT:
            touch(out, state.get(0))
            out.exits[i.at] = range_of(state.get(0), state)
        case _:
            pass


def _writes(out: Followed, i: Instruction, *places: Origin | None) -> None:
    out.writes[i.at] = {n for place in places if (n := behind(place)) is not None}


def _alu(i: Instruction, state: State) -> None:
    before, other = state.get(i.dst), state.get(i.src) if i.register else Constant(i.imm & M64)
    ours = FULL if before is None else range_of(before, state)
    given = range_of(other, state)
    if i.operation == "mov":
        if i.width == 64 or isinstance(other, Constant) or given[1] >> 32 == 0 and other is not None:
            moved = Constant(other.number & (1 << i.width) - 1) if isinstance(other, Constant) else other
            state[i.dst] = moved if moved is not None else Unknown(i.at)
            return
        if isinstance(other, Result):
            state[i.dst] = Low(other)
            return
        made, result = _computed(i, other, Constant(0)), lower_bits(given, 32)
    elif i.operation == "and" and not i.register and i.imm == 1 and isinstance(before, Result | Low):
        state[i.dst] = Bit(before.of if isinstance(before, Low) else before)
        return
    elif i.operation == "add" and not i.register and i.width == 64 and isinstance(before, Frame | Place):
        state[i.dst] = replace(before, offset=before.offset + i.imm)
        return
    elif i.operation == "add" and not i.register and i.width == 64 and isinstance(before, Symbol | Result) and _points(before):
        state[i.dst] = Place(before, i.imm)
        return
    else:
        made = _computed(i, before, other)
        result = of_alu(i.operation, i.width, ours, given)
    signed = of_signed(i.operation, signed_of(before, state), signed_of(other, state)) if i.width == 64 else SIGNED
    result = both(result, as_unsigned(signed))
    if result[0] == result[1]:
        state[i.dst] = Constant(result[0])
        return
    if i.width == 64 and before is not None and other is not None:
        result = _told(i.operation, made, before, other, ours, given, result, state)
    if isinstance(made, Unknown):
        state.pop(("range", made), None)
        state.pop(("signed", made), None)
    state[i.dst] = made
    note_signed(state, made, signed)
    note(state, ("range", named(made)), both(result, range_of(made, state)))


def _computed(i: Instruction, before: Origin | None, other: Origin | None) -> Origin:
    points = i.width == 64 and (may_point(before) or i.register and may_point(other))
    depth = 1 + max(before.depth if isinstance(before, Computed) else 0, other.depth if isinstance(other, Computed) else 0)
    if points or before is None or other is None or depth > _DEEPEST:
        return Unknown(i.at, None, points)
    return Computed(i.operation, i.width, before, other, depth)


def _told(operation: str, made: Origin, before: Origin, other: Origin, ours: Range, given: Range, result: Range, state: State) -> Range:
    """A sum that does not wrap is not less than what was added, a difference not greater than what something was taken from."""
    one, two, sides = named(made), named(before), (named(before), named(other))
    if operation == "add" and ours[1] + given[1] <= M64:
        for side in sides:
            state["asked", "less", 64, one, side] = False
    elif operation == "mod" and given[0]:
        state["asked", "less", 64, one, sides[1]] = True
    elif operation == "sub":
        if state.get(("asked", "equal", 64, *sides)) is False:
            result = max(1, result[0]), result[1]
        if ours[0] >= given[1] or state.get(("asked", "less", 64, *sides)) is False:
            state["asked", "less", 64, two, one] = False
            result = max(result[0], ours[0] - given[1]), min(result[1], ours[1] - given[0])
    return result


def _points(value: Symbol | Result) -> bool:
    """Whether it is the start of memory: of a variable, or of a row."""
    return value.kind == "data" if isinstance(value, Symbol) else value.name.startswith("bpf_map_lookup") or value.name.endswith("_storage_get")


def _load(out: Followed, i: Instruction, state: State) -> None:
    function, base = out.function, state.get(i.src)
    core = function.core_at.get(i.at)
    found = Load(base, i.offset, i.width, core.text if core is not None else "")
    out.loads[i.at] = found
    state[i.dst] = made = Unknown(i.at, None, base is None or in_frame(base))
    state.pop(("range", made), None)
    state.pop(("signed", made), None)
    if found.field in out.around.fields:
        note(state, ("range", made), out.around.fields[found.field])
    if core is not None or i.signed:
        return
    match base:
        case Frame(offset):
            found = state.get(f"{offset + i.offset}:{i.width}")
            if found is not None:
                state[i.dst] = found
                return
        case Result(_, name, (Frame(place), *_)) if name == NEXT and i.offset == 0 and i.width == 32:
            low, high = state.get(("bounds", place), FULL)
            note(state, ("range", made), (low, high) if low <= high < 1 << 31 else full(32))
            return
        case Symbol("data", name) | Place(Symbol("data", name)) if name in out.around.initial:
            at = i.offset + (base.offset if isinstance(base, Place) else 0)
            lies = out.around.initial[name][at : at + i.width // 8] if at >= 0 else b""
            if len(lies) == i.width // 8:
                state[i.dst] = Constant(int.from_bytes(lies, "little"))
                return
        case Symbol("data", name) | Place(Symbol("data", name)) if name in out.around.constants:
            state[i.dst] = same = Fixed(name, i.offset + (base.offset if isinstance(base, Place) else 0), i.width)
            note(state, ("range", same), out.around.fixed.get(same, full(i.width)))
            return
        case Context() if i.width == 64 and function.section.removeprefix("?").startswith(_READ_ONLY):
            state[i.dst] = Argument(i.offset // 8)
            return
        case Context():
            before = state.setdefault(f"{i.offset}:{i.width}:given", made)
            if before != made:
                state[i.dst] = before
                return
    if base is not None:
        state["held", base, i.offset, i.width] = made
    note(state, ("range", made), full(i.width))


def _let_go(state: State) -> None:
    """Something was written to memory that is not the frame."""
    for key in [k for k in state if isinstance(k, tuple) and k[0] == "held"]:
        del state[key]


def _store(i: Instruction, state: State) -> None:
    base = state.get(i.dst)
    _written(state, base, i.offset, i.width // 8)
    if not isinstance(base, Frame):
        _let_go(state)
    if isinstance(base, Frame):
        value = state.get(i.src) if i.register else Constant(i.imm & (1 << i.width) - 1)
        if value is not None and (i.width == 64 or range_of(value, state)[1] >> i.width == 0):
            state[f"{base.offset + i.offset}:{i.width}"] = value


def _written(state: State, base: Origin | None, offset: int, size: int) -> None:
    """What lies in the frame after something was written behind `base`."""
    if isinstance(base, Frame):
        _forget(state, base.offset + offset, size)
    elif isinstance(base, Context):
        _forget(state, offset, size, ":given")
    elif base is None or in_frame(base):
        _forget(state, -512, 512)


def _forget(state: State, low: int, size: int, of: str = "") -> None:
    for place in [p for p in state if isinstance(p, str) and not p.startswith("turns") and p.endswith(":given") == (of == ":given")]:
        offset, width = place.removesuffix(of).split(":")
        if int(offset) < low + size and low < int(offset) + int(width) // 8:
            del state[place]


def _call(out: Followed, i: Instruction, state: State) -> None:
    function = out.function
    refers = function.relocation_at.get(i.at)
    if i.operation == "helper":
        name = helper_name(i.imm)
    else:
        name = refers.name if refers is not None else "?"
    arguments = tuple(state.get(r) for r in range(1, 6))
    ranges = tuple(range_of(a, state) for a in arguments)
    touch(out, *arguments)
    key = None
    second = arguments[1]
    if isinstance(second, Frame):
        key = state.get(f"{second.offset}:32") or state.get(f"{second.offset}:64")
    for r in range(6):
        state.pop(r, None)
    _let_go(state)
    turns = None
    if isinstance(arguments[0], Frame):
        iterator = f"turns {arguments[0].offset}"
        turns = state.pop(iterator, None)
        if name == "bpf_iter_num_new":
            state[iterator] = Result(i.at, name, arguments, None, (ranges[1], ranges[2]))
            state["bounds", arguments[0].offset] = ranges[1][0], ranges[2][1] - 1
            state.pop(("stepped", arguments[0].offset), None)
    if not name.startswith(("bpf_map_lookup", "bpf_map_push", "bpf_map_update", "bpf_map_delete")):
        spared = out.around.spared.get(name, ())
        _writes(out, i, *(a for n, a in enumerate(arguments, 1) if a is not None and n not in spared))
        for n, place in enumerate(arguments, 1):  # what a callee may write to
            if in_frame(place) and n not in spared:
                _written(state, place, 0, 512)
    bounds = turns.turns if isinstance(turns, Result) and name == NEXT else None
    state[0] = made = Result(i.at, name, arguments, key, bounds)
    out.calls[i.at] = made, ranges
    note(state, ("range", named(made)), out.around.returns.get(name, FULL))
    if name == NEXT and isinstance(arguments[0], Frame):
        low, high = state.get(("bounds", arguments[0].offset), FULL)
        if low == high and ("stepped", arguments[0].offset) in state:  # its one turn was that before
            note(state, ("range", named(made)), (0, 0))
        state["stepped", arguments[0].offset] = True
