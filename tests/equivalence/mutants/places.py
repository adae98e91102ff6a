# SPDX-License-Identifier: GPL-2.0-only
"""Places and statements, functions."""

from typing import Any

from planting import Plant

from scxdsl.ir.ops import BinaryOp
from scxdsl.lowering import expressions, module, places, statements
from scxdsl.lowering.dispatch import expression, locate, statement, value
from scxdsl.lowering.moves import scalar, set_slot
from scxdsl.typing import typed
from scxdsl.typing.typed import Arithmetic

from .registry import mutant, replace_node


@mutant
def values_before_places(p: Plant) -> None:
    def new(old: Any) -> Any:
        def assign(node: Any, f: Any) -> None:
            what = value(node.value, f)
            locate(node.place, f).write(f, what)

        return assign

    p.door(statement, typed.Assign, new)


@mutant
def updates_read_before_the_value(p: Plant) -> None:
    def new(old: Any) -> Any:
        def update(node: Any, f: Any) -> None:
            if not isinstance(node.place, typed.GlobalPlace) or node.place.declaration.atomic:
                return old(node, f)
            target = locate(node.place, f)
            before = f.build.convert(scalar(target.read(f)), statements.register_type(node.operand))
            change = scalar(value(node.value, f))
            after = expressions.calculate(f, node.op, before, f.build.convert(change, before.type), expressions.signed(node.operand))
            memory = statements.memory_type(node.place.type)
            target.write(f, f.build.convert(f.build.convert(after, memory), statements.register_type(node.place.type)))

        return update

    p.door(statement, typed.Update, new)


@mutant
def updates_do_not_wrap(p: Plant) -> None:
    """A local of 8 bits keeps what went over."""

    def new(old: Any) -> Any:
        def update(f: Any, node: Any, target: Any, change: Any) -> None:
            if not isinstance(target, places.SlotTarget):
                return old(f, node, target, change)
            before = f.build.convert(scalar(target.read(f)), statements.register_type(node.operand))
            after = expressions.calculate(f, node.op, before, f.build.convert(change, before.type), expressions.signed(node.operand))
            target.write(f, f.build.convert(after, statements.register_type(node.place.type)))

        return update

    p.attr(statements, "_update", new)


@mutant
def subtracting_updates_swapped(p: Plant) -> None:
    def new(old: Any) -> Any:
        def update(f: Any, node: Any, target: Any, change: Any) -> None:
            if node.op is not Arithmetic.SUB or not isinstance(target, places.SlotTarget | places.MemoryTarget):
                return old(f, node, target, change)
            before = f.build.convert(scalar(target.read(f)), statements.register_type(node.operand))
            after = f.build.binary(BinaryOp.SUB, f.build.convert(change, before.type), before)
            memory = statements.memory_type(node.place.type)
            target.write(f, f.build.convert(f.build.convert(after, memory), statements.register_type(node.place.type)))

        return update

    p.attr(statements, "_update", new)


@mutant
def counters_share_one_slot(p: Plant) -> None:
    p.attr(statements, "counter", lambda old: lambda f, place: old(f, replace_node(place, stat=f.module.policy.stats[0])))


@mutant
def destructuring_reversed(p: Plant) -> None:
    def new(old: Any) -> Any:
        def let(node: Any, f: Any) -> None:
            first, *_, last = node.variables
            same = first is not None and last is not None and first.type == last.type
            old(replace_node(node, variables=[last, *node.variables[1:-1], first]) if same else node, f)

        return let

    p.door(statement, typed.Destructure, new)


@mutant
def first_values_of_variables_are_zero(p: Plant) -> None:
    p.attr(module, "plain_bytes", lambda old: lambda v, t: bytes(len(old(v, t))))


@mutant
def returns_lose_their_value(p: Plant) -> None:
    def new(old: Any) -> Any:
        def leave(node: Any, f: Any) -> None:
            if not f.frames or node.value is None:
                return old(node, f)
            value(node.value, f)
            f.leave(f.frames[-1].level)

        return leave

    p.door(statement, typed.Return, new)


@mutant
def returns_go_on(p: Plant) -> None:
    """A `return` inside a function sets the result and runs on."""

    def new(old: Any) -> Any:
        def leave(node: Any, f: Any) -> None:
            if not f.frames or node.value is None or f.frames[-1].result is None:
                return old(node, f)
            set_slot(f, f.frames[-1].result, value(node.value, f))

        return leave

    p.door(statement, typed.Return, new)


@mutant
def mut_parameters_are_copies(p: Plant) -> None:
    def new(old: Any) -> Any:
        def call(node: Any, f: Any) -> Any:
            arguments = [
                typed.Read(span=a.span, type=a.type, place=a) if isinstance(a, typed.Place) else a for a in node.arguments
            ]
            return old(replace_node(node, arguments=arguments), f)

        return call

    p.door(expression, typed.CallFunction, new)


@mutant
def arguments_swapped(p: Plant) -> None:
    def new(old: Any) -> Any:
        def call(node: Any, f: Any) -> Any:
            found = node.arguments
            if len(found) > 1 and found[0].type == found[-1].type and not isinstance(found[0], typed.Place) and not isinstance(found[-1], typed.Place):
                node = replace_node(node, arguments=[found[-1], *found[1:-1], found[0]])
            return old(node, f)

        return call

    p.door(expression, typed.CallFunction, new)
