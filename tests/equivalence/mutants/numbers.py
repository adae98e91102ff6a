# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic, comparisons, conversions, units."""

from typing import Any

from planting import Plant

from scxdsl.ir import types as ir
from scxdsl.ir.ops import AtomicOp, BinaryOp, CompareOp
from scxdsl.lowering import expressions, kernel_calls, statements
from scxdsl.lowering.builder import number
from scxdsl.lowering.dispatch import expression, value
from scxdsl.lowering.moves import scalar
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Arithmetic, Relation

from .registry import mutant, replace_node, table

_PLAIN, _SIGN, _RELATIONS = expressions._PLAIN, expressions._BY_SIGN, expressions._RELATIONS
table("add_subtracts", _PLAIN, Arithmetic.ADD, BinaryOp.SUB)
table("subtract_adds", _PLAIN, Arithmetic.SUB, BinaryOp.ADD)
table("multiply_adds", _PLAIN, Arithmetic.MUL, BinaryOp.ADD)
table("and_is_or", _PLAIN, Arithmetic.AND, BinaryOp.OR)
table("or_is_xor", _PLAIN, Arithmetic.OR, BinaryOp.XOR)
table("xor_is_or", _PLAIN, Arithmetic.XOR, BinaryOp.OR)
table("shift_left_goes_right", _PLAIN, Arithmetic.SHL, BinaryOp.LSHR)
table("signed_division_unsigned", _SIGN, Arithmetic.DIV, (BinaryOp.UDIV, BinaryOp.UDIV))
table("unsigned_division_signed", _SIGN, Arithmetic.DIV, (BinaryOp.SDIV, BinaryOp.SDIV))
table("signed_remainder_unsigned", _SIGN, Arithmetic.REM, (BinaryOp.UREM, BinaryOp.UREM))
table("unsigned_remainder_signed", _SIGN, Arithmetic.REM, (BinaryOp.SREM, BinaryOp.SREM))
table("remainder_is_quotient", _SIGN, Arithmetic.REM, (BinaryOp.UDIV, BinaryOp.SDIV))
table("arithmetic_shift_logical", _SIGN, Arithmetic.SHR, (BinaryOp.LSHR, BinaryOp.LSHR))
table("logical_shift_arithmetic", _SIGN, Arithmetic.SHR, (BinaryOp.ASHR, BinaryOp.ASHR))
table("less_is_less_or_equal", _RELATIONS, Relation.LT, (CompareOp.ULE, CompareOp.SLE))
table("less_or_equal_is_less", _RELATIONS, Relation.LE, (CompareOp.ULT, CompareOp.SLT))
table("greater_is_greater_or_equal", _RELATIONS, Relation.GT, (CompareOp.UGE, CompareOp.SGE))
table("equal_is_not_equal", _RELATIONS, Relation.EQ, (CompareOp.NE, CompareOp.NE))
table("unsigned_less_is_signed", _RELATIONS, Relation.LT, (CompareOp.SLT, CompareOp.SLT))
table("signed_greater_is_unsigned", _RELATIONS, Relation.GT, (CompareOp.UGT, CompareOp.UGT))
table("atomic_add_is_or", statements._ATOMIC, Arithmetic.ADD, AtomicOp.OR)
table("local_queue_is_global", kernel_calls._BUILTIN, "local", "SCX_DSQ_GLOBAL")


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
