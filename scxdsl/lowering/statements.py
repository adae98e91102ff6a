# SPDX-License-Identifier: GPL-2.0-only
"""Declarations of locals, assignments, returns."""

from scxdsl.ir.ops import AtomicOp, BinaryOp, Const, Operand
from scxdsl.typing import typed
from scxdsl.typing.atomics import is_atomic
from scxdsl.typing.typed import Arithmetic

from .context import FunctionContext
from .dispatch import Target, locate, statement, value
from .effects import effect
from .expressions import calculate, signed
from .holders import note
from .layout import memory_type, register_type
from .moves import clear, scalar, set_slot
from .places import MemoryTarget, counter
from .slots import new_slot
from .values import Parts

_ATOMIC = {
    Arithmetic.ADD: AtomicOp.ADD,
    Arithmetic.AND: AtomicOp.AND,
    Arithmetic.OR: AtomicOp.OR,
    Arithmetic.XOR: AtomicOp.XOR,
}


@statement.register
def _(node: typed.Let, f: FunctionContext) -> None:
    if node.value is None:
        slot = f.slots[node.variable] = new_slot(f, node.variable.type, node.variable.name)
        clear(f, slot, node.variable.type)
        return
    initial = value(node.value, f)
    slot = f.slots[node.variable] = new_slot(f, node.variable.type, node.variable.name)
    if initial is not None:
        set_slot(f, slot, initial)
    note(f, node.variable, node.value)


@statement.register
def _(node: typed.Destructure, f: FunctionContext) -> None:
    parts = value(node.value, f)
    assert isinstance(parts, Parts)
    for variable, part in zip(node.variables, parts.items, strict=True):
        if variable is not None:
            slot = f.slots[variable] = new_slot(f, variable.type, variable.name)
            set_slot(f, slot, part)


@statement.register
def _(node: typed.Assign, f: FunctionContext) -> None:
    target = locate(node.place, f)
    target.write(f, value(node.value, f))


@statement.register
def _(node: typed.Update, f: FunctionContext) -> None:
    if isinstance(node.place, typed.StatPlace):
        change = scalar(value(node.value, f))
        if f.held is None:
            _count(f, node, node.place, change)
        else:
            effect(f, lambda change: _count(f, node, node.place, change), change)
        return
    target = locate(node.place, f)
    _update(f, node, target, scalar(value(node.value, f)))


def _count(f: FunctionContext, node: typed.Update, place: typed.StatPlace, change: Operand) -> None:
    with counter(f, place) as target:
        _update(f, node, target, change)


def _update(f: FunctionContext, node: typed.Update, target: Target, change: Operand) -> None:
    counts = isinstance(node.place, typed.StatePlace) and node.place.field.counter
    if counts or is_atomic(node.place):
        assert isinstance(target, MemoryTarget)
        _atomic_update(f, target, node, change)
        return
    before = f.build.convert(scalar(target.read(f)), register_type(node.operand))
    after = calculate(f, node.op, before, f.build.convert(change, before.type), signed(node.operand))
    target.write(f, f.build.convert(f.build.convert(after, memory_type(node.place.type)), register_type(node.place.type)))


def _atomic_update(f: FunctionContext, target: MemoryTarget, node: typed.Update, change) -> None:
    memory = memory_type(node.place.type)
    if node.op is Arithmetic.SUB:
        negated = f.build.binary(BinaryOp.SUB, Const(change.type, 0), change)
        f.build.atomic(AtomicOp.ADD, target.address, f.build.convert(negated, memory))
        return
    f.build.atomic(_ATOMIC[node.op], target.address, f.build.convert(change, memory))


@statement.register
def _(node: typed.Evaluate, f: FunctionContext) -> None:
    value(node.value, f)


@statement.register
def _(node: typed.Return, f: FunctionContext) -> None:
    result = None if node.value is None else value(node.value, f)
    if f.frames:
        frame = f.frames[-1]
        if frame.result is not None and result is not None and not f.build.ended:
            set_slot(f, frame.result, result)
        f.leave(frame.level)
        return
    leave_program(f, result)


def leave_program(f: FunctionContext, result) -> None:
    """Ends the program with its value in the kernel's type."""
    if f.fallback is None:
        f.end(None)
    elif result is None:  # the language asks for no value, the kernel for 0
        f.end(Const(f.fallback.type, 0))
    else:
        f.end(f.build.convert(scalar(result), f.fallback.type))

