# SPDX-License-Identifier: GPL-2.0-only
"""Calls of the policy's own functions: the callee's body is laid into the caller, but for large programs (subprograms.py).

So `mut` parameters are the caller's places themselves, any number and type of parameters will do, and an `error` inside
leaves the whole program. The body stands in a loop that runs once; `return` leaves it.
"""

from scxdsl.typing import typed
from scxdsl.typing import types as lang

from . import subprograms
from .context import FunctionContext, Inlined
from .dispatch import expression, locate, value
from .moves import get_slot, keep_value, scalar, set_slot
from .places import MemoryTarget, SlotTarget
from .slots import new_slot
from .values import Lowered, Slot, SlotAlias


@expression.register
def _(node: typed.CallFunction, f: FunctionContext) -> Lowered:
    if node.function in f.plan.apart and f.held is None:
        return subprograms.call(node, [scalar(value(a, f)) for a in node.arguments if isinstance(a, typed.Expr)], f, inline_body)
    slots: list[Slot] = []  # named only when all are there: an argument may itself call the function
    for parameter, argument in zip(node.function.params, node.arguments, strict=True):
        if isinstance(argument, typed.Place):
            match locate(argument, f):
                case SlotTarget(slot):
                    slots.append(slot)
                case MemoryTarget(address, type, _, owner):
                    slots.append(SlotAlias(address, type, owner))
        elif (same := _fixed_slot(argument, f)) is not None and argument.type == parameter.type:
            slots.append(same)
        else:
            given = value(argument, f)
            slots.append(new_slot(f, parameter.type, parameter.name))
            if given is not None:
                set_slot(f, slots[-1], given)
    f.slots.update(zip(node.function.params, slots, strict=True))
    return inline(node.function, f)


def _fixed_slot(argument: typed.Expr, f: FunctionContext) -> Slot | None:
    """The slot of a name that never changes: the parameter may stand for it, and what was looked up for it stays known."""
    match argument:
        case typed.Read(place=typed.LocalPlace(variable=v)) if not v.mutable and not v.reference:
            return f.slots[v]
    return None


def inline(function: typed.Function, f: FunctionContext) -> Lowered:
    """The body of a function whose parameters have their slots."""
    assert function.body is not None
    gives = not isinstance(function.result, lang.Nothing | lang.Never)
    result = new_slot(f, function.result, function.name) if gives else None
    inline_body(function.body, result, f)
    return None if result is None else get_slot(f, result)


def inline_body(body: typed.BlockValue, result: Slot | None, f: FunctionContext) -> None:
    """A body of which `return` leaves no more than itself; its value goes to `result`."""
    with f.build.loop() as level:
        f.frames.append(Inlined(result, level))
        loops, f.loops = f.loops, []
        keep_value(f, result, value(body, f))
        f.frames.pop()
        f.loops = loops
        f.leave(level)
