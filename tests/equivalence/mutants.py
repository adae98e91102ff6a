# SPDX-License-Identifier: GPL-2.0-only
"""Wrong compilations by name. Each is what a careless change of lowering or codegen could be."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from planting import Plant

from scxdsl.codegen import arithmetic as machine_arithmetic
from scxdsl.ir import types as ir
from scxdsl.ir.ops import AtomicOp, BinaryOp, CompareOp, Const
from scxdsl.lowering import calls, control, data, expressions, forms, kernel_calls, locks, match, module, optionals, places, statements
from scxdsl.lowering.context import FunctionContext
from scxdsl.lowering.builder import FALSE, TRUE, Builder, number
from scxdsl.lowering.dispatch import expression, locate, statement, value
from scxdsl.lowering.moves import content, get_slot, present, scalar, set_slot
from scxdsl.lowering.values import Maybe, Parts
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Arithmetic, Relation

MUTANTS: dict[str, Callable[[Plant], None]] = {}


def mutant(make: Callable[[Plant], None]) -> Callable[[Plant], None]:
    MUTANTS[make.__name__] = make
    return make


def _table(name: str, table: dict[Any, Any], key: Any, wrong: Any) -> None:
    def make(p: Plant) -> None:
        p.item(table, key, wrong)

    make.__name__ = name
    mutant(make)


_PLAIN, _SIGN, _RELATIONS = expressions._PLAIN, expressions._BY_SIGN, expressions._RELATIONS
_table("add_subtracts", _PLAIN, Arithmetic.ADD, BinaryOp.SUB)
_table("subtract_adds", _PLAIN, Arithmetic.SUB, BinaryOp.ADD)
_table("multiply_adds", _PLAIN, Arithmetic.MUL, BinaryOp.ADD)
_table("and_is_or", _PLAIN, Arithmetic.AND, BinaryOp.OR)
_table("or_is_xor", _PLAIN, Arithmetic.OR, BinaryOp.XOR)
_table("xor_is_or", _PLAIN, Arithmetic.XOR, BinaryOp.OR)
_table("shift_left_goes_right", _PLAIN, Arithmetic.SHL, BinaryOp.LSHR)
_table("signed_division_unsigned", _SIGN, Arithmetic.DIV, (BinaryOp.UDIV, BinaryOp.UDIV))
_table("unsigned_division_signed", _SIGN, Arithmetic.DIV, (BinaryOp.SDIV, BinaryOp.SDIV))
_table("signed_remainder_unsigned", _SIGN, Arithmetic.REM, (BinaryOp.UREM, BinaryOp.UREM))
_table("unsigned_remainder_signed", _SIGN, Arithmetic.REM, (BinaryOp.SREM, BinaryOp.SREM))
_table("remainder_is_quotient", _SIGN, Arithmetic.REM, (BinaryOp.UDIV, BinaryOp.SDIV))
_table("arithmetic_shift_logical", _SIGN, Arithmetic.SHR, (BinaryOp.LSHR, BinaryOp.LSHR))
_table("logical_shift_arithmetic", _SIGN, Arithmetic.SHR, (BinaryOp.ASHR, BinaryOp.ASHR))
_table("less_is_less_or_equal", _RELATIONS, Relation.LT, (CompareOp.ULE, CompareOp.SLE))
_table("less_or_equal_is_less", _RELATIONS, Relation.LE, (CompareOp.ULT, CompareOp.SLT))
_table("greater_is_greater_or_equal", _RELATIONS, Relation.GT, (CompareOp.UGE, CompareOp.SGE))
_table("equal_is_not_equal", _RELATIONS, Relation.EQ, (CompareOp.NE, CompareOp.NE))
_table("unsigned_less_is_signed", _RELATIONS, Relation.LT, (CompareOp.SLT, CompareOp.SLT))
_table("signed_greater_is_unsigned", _RELATIONS, Relation.GT, (CompareOp.UGT, CompareOp.UGT))
_table("atomic_add_is_or", statements._ATOMIC, Arithmetic.ADD, AtomicOp.OR)
_table("local_queue_is_global", kernel_calls._BUILTIN, "local", "SCX_DSQ_GLOBAL")


# ---- numbers


@mutant
def durations_wrap_below_zero(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, op, a, b, sign: old(f, Arithmetic.SUB if op is Arithmetic.MONUS else op, a, b, sign)

    p.attr(expressions, "calculate", new)


@mutant
def durations_stop_by_signed_order(p: Plant) -> None:
    def new(old: Any) -> Any:
        def calculate(f: Any, op: Any, a: Any, b: Any, sign: bool) -> Any:
            if op is Arithmetic.MONUS:
                difference = f.build.binary(BinaryOp.SUB, a, b)
                return f.build.select(f.build.compare(CompareOp.SLT, a, b), number(0), difference)
            return old(f, op, a, b, sign)

        return calculate

    p.attr(expressions, "calculate", new)


@mutant
def vtime_compared_as_a_number(p: Plant) -> None:
    p.attr(expressions, "related", lambda old: lambda f, r, a, b, t: old(f, r, a, b, lang.U64 if t == lang.VTIME else t))


@mutant
def vtime_less_or_equal_is_less(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, r, a, b, t: old(f, Relation.LT if r is Relation.LE and t == lang.VTIME else r, a, b, t)

    p.attr(expressions, "related", new)


@mutant
def max_is_min(p: Plant) -> None:
    p.door(expression, typed.Extreme, lambda old: lambda node, f: old(replace_node(node, largest=not node.largest), f))


@mutant
def operands_swapped(p: Plant) -> None:
    p.door(expression, typed.Binary, lambda old: lambda node, f: old(replace_node(node, left=node.right, right=node.left), f))


@mutant
def right_operand_first(p: Plant) -> None:
    def new(old: Any) -> Any:
        def binary(node: Any, f: Any) -> Any:
            if isinstance(node.type, lang.BoolType):
                return old(node, f)
            right, left = scalar(value(node.right, f)), scalar(value(node.left, f))
            out = expressions.calculate(f, node.op, left, f.build.convert(right, left.type), expressions.signed(node.left.type))
            return f.build.convert(out, expressions.register_type(node.type))

        return binary

    p.door(expression, typed.Binary, new)


@mutant
def narrowing_keeps_all_bits(p: Plant) -> None:
    def new(old: Any) -> Any:
        def convert(node: Any, f: Any) -> Any:
            if isinstance(node.type, lang.IntType):
                node = replace_node(node, type=lang.IntType(64, node.type.signed))
            return old(node, f)

        return convert

    p.door(expression, typed.Convert, new)


@mutant
def narrowing_loses_the_sign(p: Plant) -> None:
    def new(old: Any) -> Any:
        def convert(node: Any, f: Any) -> Any:
            if isinstance(node.type, lang.IntType) and node.type.signed and node.type.bits < 64:
                inner = old(replace_node(node, type=lang.IntType(node.type.bits)), f)
                return f.build.convert(inner, ir.I64)
            return old(node, f)

        return convert

    p.door(expression, typed.Convert, new)


@mutant
def not_is_nothing(p: Plant) -> None:
    p.door(expression, typed.Not, lambda old: lambda node, f: value(node.value, f))


@mutant
def flags_has_any_instead_of_all(p: Plant) -> None:
    def new(old: Any) -> Any:
        def test(node: Any, f: Any) -> Any:
            left, right = scalar(value(node.left, f)), scalar(value(node.right, f))
            return f.build.compare(CompareOp.EQ, f.build.binary(BinaryOp.AND, left, right), number(0))

        return test

    p.door(expression, typed.FlagTest, new)


# ---- logic and branches


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


# ---- loops


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
    p.attr(control, "counted", lambda old: lambda f, count, body, otherwise=None: old(f, count, body, None))


@mutant
def break_is_continue(p: Plant) -> None:
    p.door(statement, typed.Break, lambda old: statement.dispatch(typed.Continue))


@mutant
def continue_is_break(p: Plant) -> None:
    p.door(statement, typed.Continue, lambda old: statement.dispatch(typed.Break))


# ---- match and variants


@mutant
def match_takes_the_second_arm_first(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda node, f: old(replace_node(node, arms=[*node.arms[1:2], node.arms[0], *node.arms[2:]]), f)

    p.door(expression, typed.Match, new)


@mutant
def ranges_of_match_lose_their_end(p: Plant) -> None:
    def new(old: Any) -> Any:
        def within(f: Any, n: Any, t: Any, low: Any, high: Any, failed: int) -> None:
            old(f, n, t, low, high - 1 if high is not None and low != high else high, failed)

        return within

    p.attr(match, "_within", new)


@mutant
def variants_get_the_first_tag(p: Plant) -> None:
    p.attr(match, "_variant", lambda old: lambda f, test, subject, t, failed: None if not test.payload else old(f, test, subject, t, failed))


# ---- data


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
            same = all(a is None or a.type == t.type for a, t in zip(fields, node.type.fields, strict=True))
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


# ---- places and statements


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
    p.door(locate, typed.StatPlace, lambda old: lambda node, f: old(replace_node(node, stat=f.module.policy.stats[0]), f))


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


# ---- functions


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


# ---- the kernel


@mutant
def slice_and_vtime_swapped(p: Plant) -> None:
    def new(old: Any) -> Any:
        def insert(f: Any, queue: Any, arguments: list[Any]) -> Any:
            task, slice, flags, vtime = arguments
            return old(f, queue, [task, vtime, flags, slice] if vtime is not None else arguments)

        return insert

    p.item(kernel_calls._CALLS, "dsq.insert", new(kernel_calls._CALLS["dsq.insert"]))


@mutant
def insert_flags_dropped(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, queue, a: old(f, queue, [a[0], a[1], number(0), a[3]])

    p.item(kernel_calls._CALLS, "dsq.insert", new(kernel_calls._CALLS["dsq.insert"]))


@mutant
def queues_lose_their_number(p: Plant) -> None:
    p.attr(kernel_calls, "DSQ_SHIFT", lambda old: 64 - 8 - 1)


@mutant
def idle_is_forgotten(p: Plant) -> None:
    """The flag that select_cpu_dfl writes is not read."""

    def new(old: Any) -> Any:
        return lambda f, r, a: Parts((old(f, r, a).items[0], FALSE))

    p.item(kernel_calls._CALLS, ".select_cpu_dfl", new(kernel_calls._CALLS[".select_cpu_dfl"]))


@mutant
def guards_of_kernel_functions_inverted(p: Plant) -> None:
    p.attr(Builder, "kfunc_exists", lambda old: lambda self, kfunc: self.negate(old(self, kfunc)))


@mutant
def last_form_taken_for_all_kernels(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda f, found, values, slot, otherwise, lacking: old(f, found[-1:], values, slot, otherwise, False)

    p.attr(forms, "_chain", new)


@mutant
def errors_go_on(p: Plant) -> None:
    p.attr(FunctionContext, "abandon", lambda old: lambda f: None)


@mutant
def select_cpu_answers_0_after_an_error(p: Plant) -> None:
    def new(old: Any) -> Any:
        return lambda name, result, params: Const(result, 0) if name == "select_cpu" else old(name, result, params)

    p.attr(module, "_fallback", new)


@mutant
def kernel_constants_are_zero(p: Plant) -> None:
    p.door(expression, typed.KernelConstant, lambda old: lambda node, f: number(0))


# ---- codegen


@mutant
def shift_counts_not_cut(p: Plant) -> None:
    p.attr(machine_arithmetic, "_count", lambda old: lambda w, operand, kind, text: text)


@mutant
def division_by_zero_gives_the_dividend(p: Plant) -> None:
    def new(old: Any) -> Any:
        def divide(w: Any, name: str, kind: str, left: str, right: str, fenced: bool) -> str:
            if not fenced or name == "urem":
                return old(w, name, kind, left, right, fenced)
            zero = w.compute(f"icmp eq {kind} {right}, 0")
            return w.compute(f"select i1 {zero}, {kind} {left}, {kind} {old(w, name, kind, left, right, fenced)}")

        return divide

    p.attr(machine_arithmetic, "_unsigned", new)


@mutant
def quotient_keeps_the_left_sign(p: Plant) -> None:
    def new(old: Any) -> Any:
        def divide(w: Any, op: Any, kind: str, left: str, right: str) -> str:
            if op.op is not BinaryOp.SDIV:
                return old(w, op, kind, left, right)
            return old(w, replace(op, op=BinaryOp.UDIV), kind, left, right)

        return divide

    p.attr(machine_arithmetic, "_divide", new)


@mutant
def stores_are_one_byte_narrower(p: Plant) -> None:
    """32-bit globals are written as 16 bits."""

    def new(old: Any) -> Any:
        def store(self: Any, address: Any, operand: Any, *more: Any, **named: Any) -> Any:
            if getattr(operand, "type", None) == ir.U32 and more + tuple(named.values()) == (True,):
                operand = self.convert(operand, ir.U16)
            return old(self, address, operand, *more, **named)

        return store

    p.attr(Builder, "store", new)


def replace_node(node: Any, **changes: Any) -> Any:
    """A copy of a typed node with other parts."""
    fields = {name: getattr(node, name) for name in node.__dataclass_fields__}
    return type(node)(**{**fields, **changes})


__all__ = ["MUTANTS", "Maybe", "TRUE", "calls", "content", "get_slot", "locks", "present", "random"]
