# SPDX-License-Identifier: GPL-2.0-only
"""Variants, structs, arrays, optionals."""

from typing import Any

from planting import Plant

from scxdsl.ir.ops import CompareOp, Const
from scxdsl.lowering import data, patterns
from scxdsl.lowering.builder import number
from scxdsl.lowering.dispatch import expression, locate
from scxdsl.lowering.values import Parts
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .registry import mutant, replace_node


@mutant
def match_takes_the_second_arm_first(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda node, f: old(replace_node(node, arms=[*node.arms[1:2], *node.arms[:1], *node.arms[2:]]), f)

    p.door(expression, typed.Match, new)


@mutant
def ranges_of_match_lose_their_end(p: Plant) -> None:
    def new(old: Any) -> Any:
        def within(f: Any, n: Any, t: Any, low: Any, high: Any, failed: int) -> None:
            old(f, n, t, low, high - 1 if high is not None and low != high else high, failed)

        return within

    p.attr(patterns, "_within", new)


@mutant
def variants_get_the_first_tag(p: Plant) -> None:
    p.attr(patterns, "_variant", lambda old: lambda f, test, subject, t, failed: None if not test.payload else old(f, test, subject, t, failed))


def _other_field(struct: Any, name: str) -> str:
    """Another field of the same type, where there is one."""
    wanted = struct.field(name).type
    return next((f.name for f in struct.fields if f.type == wanted and f.name != name), name)


@mutant
def fields_swapped(p: Plant) -> None:
    p.door(locate, typed.FieldPlace, lambda old: lambda node, f: old(replace_node(node, field=_other_field(node.base.type, node.field)), f))


@mutant
def struct_fields_stored_in_the_order_of_the_text(p: Plant) -> None:
    def new(old: Any) -> Any:
        def make(node: Any, f: Any) -> Any:
            order = list(node.order)
            fields = [node.fields[i] for i in order]
            whole = len(fields) == len(node.type.fields)  # each field is named
            same = whole and all(a is None or a.type == t.type for a, t in zip(fields, node.type.fields))
            return old(replace_node(node, fields=fields, order=list(range(len(order)))) if same else node, f)

        return make

    p.door(expression, typed.StructValue, new)


@mutant
def elements_off_by_one(p: Plant) -> None:
    def new(old: Any) -> Any:
        def find(f: Any, whole: Any, t: Any, index: Any, checked: bool) -> Any:
            if not isinstance(index, Const):
                index = f.build.select(f.build.compare(CompareOp.EQ, index, number(0)), number(1), index)
            return old(f, whole, t, index, checked)

        return find

    p.attr(data, "element_address", new)


@mutant
def indices_unchecked_at_the_end(p: Plant) -> None:
    def new(old: Any) -> Any:
        def find(f: Any, whole: Any, t: Any, index: Any, checked: bool) -> Any:
            if not checked:
                return old(f, whole, t, index, checked)
            last = f.build.compare(CompareOp.EQ, index, number(t.length))
            return old(f, whole, t, f.build.select(last, number(0), index), checked)

        return find

    p.attr(data, "element_address", new)


@mutant
def repeated_arrays_fill_the_first_element_only(p: Plant) -> None:
    def new(old: Any) -> Any:
        def make(node: Any, f: Any) -> Any:
            if node.repeat and isinstance(node.type.of, lang.IntType):
                zero = typed.Literal(span=node.span, type=node.type.of, value=0)
                return old(replace_node(node, items=[node.items[0], *[zero] * (node.repeat - 1)], repeat=None), f)
            return old(node, f)

        return make

    p.door(expression, typed.ArrayValue, new)


@mutant
def tuple_items_reversed(p: Plant) -> None:
    def new(old: Any) -> Any:
        def make(node: Any, f: Any) -> Any:
            out = old(node, f)
            first, second = out.items[0], out.items[-1]
            same = getattr(first, "type", 0) == getattr(second, "type", 1)
            return Parts((second, *out.items[1:-1], first)) if same else out

        return make

    p.door(expression, typed.TupleValue, new)
