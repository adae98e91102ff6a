# SPDX-License-Identifier: GPL-2.0-only
"""Logic, branches and loops."""

from typing import Any

from planting import Plant

from scxdsl.ir.ops import BinaryOp
from scxdsl.lowering import control, data, optionals
from scxdsl.lowering.builder import number
from scxdsl.lowering.dispatch import expression, statement, value
from scxdsl.lowering.moves import scalar
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .registry import mutant, replace_node


@mutant
def and_or_evaluate_both_sides(p: Plant) -> None:
    def new(old: Any) -> Any:
        def logical(node: Any, f: Any) -> Any:
            left, right = scalar(value(node.left, f)), scalar(value(node.right, f))
            return f.build.binary(BinaryOp.AND if node.conjunction else BinaryOp.OR, left, right)

        return logical

    p.door(expression, typed.Logical, new)


@mutant
def and_is_or_in_logic(p: Plant) -> None:
    p.door(expression, typed.Logical, lambda old: lambda node, f: old(replace_node(node, conjunction=not node.conjunction), f))


@mutant
def if_takes_the_other_branch(p: Plant) -> None:
    def new(old: Any) -> Any:
        def branch(node: Any, f: Any) -> Any:
            condition = typed.Not(span=node.condition.span, type=lang.BOOL, value=node.condition)
            return old(replace_node(node, condition=condition), f)

        return branch

    p.door(expression, typed.IfValue, new)


@mutant
def else_is_dropped(p: Plant) -> None:
    def new(old: Any) -> Any:
        def branch(node: Any, f: Any) -> Any:
            nothing = isinstance(node.type, lang.Nothing | lang.Never)
            return old(replace_node(node, otherwise=None) if nothing else node, f)

        return branch

    p.door(expression, typed.IfValue, new)


@mutant
def coalesce_takes_the_right_side(p: Plant) -> None:
    p.door(expression, typed.Coalesce, lambda old: lambda node, f: value(node.right, f))


@mutant
def optional_test_inverted(p: Plant) -> None:
    p.attr(optionals, "present", lambda old: lambda f, v: f.build.negate(old(f, v)))


@mutant
def chain_tests_only_the_first_condition(p: Plant) -> None:
    p.attr(control, "test_all", lambda old: lambda f, conditions, failed: old(f, conditions[:1], failed))


@mutant
def inclusive_ranges_lose_their_end(p: Plant) -> None:
    p.door(statement, typed.ForRange, lambda old: lambda node, f: old(replace_node(node, inclusive=False), f))


@mutant
def ranges_take_one_more(p: Plant) -> None:
    p.door(statement, typed.ForRange, lambda old: lambda node, f: old(replace_node(node, inclusive=True), f))


@mutant
def loops_count_from_one(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, count, body, *more: old(f, count, lambda i: body(f.build.add(i, number(1))), *more)

    for owner in (control, data):
        p.attr(owner, "counted", new)


@mutant
def else_of_loops_never_runs(p: Plant) -> None:
    p.attr(control, "counted", lambda old: lambda f, count, body, otherwise=None, followed=False, few=False: old(f, count, body, None, followed, few))


@mutant
def break_is_continue(p: Plant) -> None:
    p.door(statement, typed.Break, lambda old: statement.dispatch(typed.Continue))


@mutant
def continue_is_break(p: Plant) -> None:
    p.door(statement, typed.Continue, lambda old: statement.dispatch(typed.Break))
