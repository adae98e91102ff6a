# SPDX-License-Identifier: GPL-2.0-only
"""The ways out of a branch, by what is known of both sides (origins.py); and what is known after it went one of them."""

from ..objects.instruction import Instruction
from .known import Fact, State, named, note, note_signed, range_of, signed_of
from .ranges import M64, Range, narrowed, outcomes, signed_outcomes
from .values import Constant, Origin

_AS_LESS = {"lt": (False, False), "gt": (True, False), "ge": (False, True), "le": (True, True)}  # sides change, answer turned


def _question(i: Instruction, left: Origin | None, right: Origin | None) -> tuple[Fact, bool] | None:
    """A comparison as `less`, `equal` or `set`, and whether its answer is turned; None where a side has no name."""
    if left is None or right is None:
        return None
    sides, operation = (named(left), named(right)), i.operation
    signed = operation.startswith("s") and operation != "set"
    if (plain := operation[1:] if signed else operation) in _AS_LESS:
        turned_round, negated = _AS_LESS[plain]
        return ("asked", "sless" if signed else "less", i.width, *(reversed(sides) if turned_round else sides)), negated
    return ("asked", "set" if operation == "set" else "equal", i.width, *sides), operation == "ne"


def ways_of(i: Instruction, left: Origin | None, right: Origin | None, state: State) -> frozenset[bool]:
    asked = _question(i, left, right)
    if asked is not None and asked[0] in state:
        return frozenset((state[asked[0]] != asked[1],))
    found = outcomes(i.operation, i.width, range_of(left, state), range_of(right, state))
    if i.width == 64:
        found &= signed_outcomes(i.operation, signed_of(left, state), signed_of(right, state))
    return frozenset(found)


def learnt(i: Instruction, taken: bool, left: Origin | None, right: Origin | None, state: State) -> State:
    """After `x == number` went that way, x is the number: in every place that holds the same. Else its range is a smaller one."""
    out = dict(state)
    asked = _question(i, left, right)
    if asked is not None and not (isinstance(left, Constant) and isinstance(right, Constant)):
        fact, turned = asked
        out[fact] = holds = taken != turned
        if holds and fact[1] == "less":
            for other in (("less", fact[4], fact[3]), ("equal", fact[3], fact[4]), ("equal", fact[4], fact[3])):
                out["asked", other[0], i.width, *other[1:]] = False
        elif fact[1] == "equal":
            out["asked", "equal", i.width, fact[4], fact[3]] = holds
    if i.width == 64 and i.operation in ("sgt", "sge", "slt", "sle"):
        _learnt_signed(i.operation[1:], taken, left, right, signed_of(left, state), signed_of(right, state), out)
    mine, others = range_of(left, out), range_of(right, out)
    if i.width == 32 and (mine[1] >> 32 or others[1] >> 32 and i.register or i.operation.startswith("s")):
        return out
    if not i.register and i.width == 32:
        others = (i.imm & 0xFFFFFFFF,) * 2
    if left is not None and not isinstance(left, Constant):
        found = narrowed(i.operation, taken, mine, others)
        note(out, ("range", named(left)), found)
        if found[0] == found[1]:
            for place, value in state.items():
                if not isinstance(place, tuple) and value == left:
                    out[place] = Constant(found[0])
    elif left is None and not i.register and i.width == 64 and (i.operation == "eq") == taken and i.operation in ("eq", "ne"):
        out[i.dst] = Constant(i.imm & M64)
    if i.register and right is not None and not isinstance(right, Constant):
        turned_round = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(i.operation.removeprefix("s"), i.operation)
        if not i.operation.startswith("s"):
            note(out, ("range", named(right)), narrowed(turned_round, taken, others, mine))
    return out


def _learnt_signed(operation: str, taken: bool, left: Origin | None, right: Origin | None, mine: Range, others: Range, state: State) -> None:
    turned_round = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}[operation]
    for value, asked, range, other in ((left, operation, mine, others), (right, turned_round, others, mine)):
        if value is not None and not isinstance(value, Constant):
            note_signed(state, value, narrowed(asked, taken, range, other))
