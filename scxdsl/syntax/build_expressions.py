# SPDX-License-Identifier: GPL-2.0-only
"""Actions for expressions."""

from typing import Any

from scxdsl.source.text import Span

from .build_base import BaseActions
from .errors_forms import FOREIGN_VALUES, ForeignValue
from .errors_lexical import BadText
from .literals import number_value
from .tree_base import Expr, Name, Pattern, Stmt, TypeExpr
from .tree_expressions import (
    Argument,
    Arm,
    ArrayExpr,
    ArrayRepeat,
    Binary,
    BinaryOp,
    Block,
    BoolLiteral,
    Call,
    Cast,
    DotName,
    DurationLiteral,
    EmptySet,
    If,
    Index,
    InfLiteral,
    IntLiteral,
    Interpolation,
    KernelHas,
    LetCondition,
    Match,
    Member,
    Name,
    NameExpr,
    NoneLiteral,
    Racy,
    Range,
    StringLiteral,
    StringText,
    Take,
    TupleExpr,
    TupleIndex,
    Unary,
    UnaryOp,
    Under,
)
from .tree_statements import ExprStmt

# Where the parser has mended something (`and`, a pretty dash) the text is still the author's: such a tree goes with an
# error, so any operator will do.
_BINARY = {str(op): op for op in BinaryOp} | {"and": BinaryOp.AND, "or": BinaryOp.OR, "=": BinaryOp.EQ}
_UNARY = {str(op): op for op in UnaryOp} | {"not": UnaryOp.NOT}
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "0": "\0"}


def _is_path(value: Expr) -> bool:
    """`a.b.c`."""
    while isinstance(value, Member):
        value = value.object
    return isinstance(value, NameExpr)


def is_open_if(value: Expr) -> bool:
    """An `if` whose chain has no last `else`: a statement, never a value."""
    at: Any = value
    while isinstance(at, If):
        at = at.otherwise
    return at is None


class LiteralActions(BaseActions):
    def do_integer(self, span: Span) -> Expr:
        return IntLiteral(number_value(span.text), span)

    def do_duration(self, span: Span) -> Expr:
        return DurationLiteral(number_value(span.text), span)

    def do_inf(self, span: Span) -> Expr:
        return InfLiteral(span)

    def do_true(self, span: Span) -> Expr:
        return BoolLiteral(True, span)

    def do_false(self, span: Span) -> Expr:
        return BoolLiteral(False, span)

    def do_none(self, span: Span) -> Expr:
        return NoneLiteral(span)

    def do_negative(self, span: Span, value: Expr) -> Expr:
        return Unary(UnaryOp.NEGATE, value, span)

    def do_string(self, span: Span, parts: list[StringText | Interpolation]) -> StringLiteral:
        return StringLiteral(tuple(parts), span)

    def do_interpolation(self, span: Span, value: Expr) -> Interpolation:
        return Interpolation(value, span)

    def do_string_text(self, span: Span) -> StringText:
        raw = span.text
        if "\\" not in raw and "{" not in raw and "}" not in raw:
            return StringText(raw, span)
        out, i = [], 0
        while i < len(raw):
            pair = raw[i : i + 2]
            if pair[0] == "\\":
                if pair[1:] not in _ESCAPES:
                    self._bad_text(span, i, pair, "unknown escape: `\\n`, `\\t`, `\\\\`, `\\\"` and `\\0` are known")
                out.append(_ESCAPES.get(pair[1:], pair))
            elif pair in ("{{", "}}"):
                out.append(pair[0])
            else:
                if pair[0] == "}":
                    self._bad_text(span, i, "}", "closes no value; write `}}` for a brace")
                out.append(pair[0])
                i -= 1
            i += 2
        return StringText("".join(out), span)

    def _bad_text(self, span: Span, at: int, text: str, reason: str) -> None:
        place = Span(self.source, span.start + at, span.start + at + len(text))
        self.diagnostics.add(BadText(place, text, reason))


class OperatorActions(BaseActions):
    def do_operator(self, span: Span) -> Span:
        return span

    do_or_op = do_and_op = do_comparison_op = do_coalesce_op = do_bit_or_op = do_bit_xor_op = do_operator
    do_bit_and_op = do_shift_op = do_sum_op = do_product_op = do_unary_op = do_assign_op = do_operator

    def do_binary(self, span: Span, left: Expr, operator: Span, right: Expr) -> Expr:
        op = _BINARY.get(operator.text, BinaryOp.SUB)
        if op is BinaryOp.HAS and isinstance(left, NameExpr) and left.name.text == "kernel":
            if _is_path(right):  # a name, or a field by its path from a struct
                return KernelHas(Name("".join(right.span.text.split()), right.span), span)
        return Binary(op, left, right, operator, span)

    def do_unary(self, span: Span, operator: Span, operand: Expr) -> Expr:
        return Unary(_UNARY.get(operator.text, UnaryOp.NEGATE), operand, span)

    def do_cast(self, span: Span, value: Expr, type: TypeExpr) -> Expr:
        return Cast(value, type, span)

    def do_take(self, span: Span, place: Expr) -> Expr:
        return Take(place, span)

    def do_racy(self, span: Span, value: Expr) -> Expr:
        return Racy(value, span)

    def do_range_half_open(self, span: Span, low: Expr, high: Expr) -> Expr:
        return Range(low, high, False, span)

    def do_range_closed(self, span: Span, low: Expr, high: Expr) -> Expr:
        return Range(low, high, True, span)


class PlaceActions(BaseActions):
    def do_name_expr(self, span: Span, name: Name) -> Expr:
        if name.text in FOREIGN_VALUES:
            self.diagnostics.add(ForeignValue(span, name.text, FOREIGN_VALUES[name.text]))
        return NameExpr(name, span)

    def do_dot_name(self, span: Span, name: Name) -> Expr:
        return DotName(name, span)

    def do_member(self, span: Span, value: Expr, name: Name) -> Expr:
        return Member(value, name, span)

    def do_tuple_index(self, span: Span, value: Expr, index: IntLiteral) -> Expr:
        return TupleIndex(value, index.value, span)

    def do_index(self, span: Span, value: Expr, index: Expr) -> Expr:
        return Index(value, index, span)

    def do_call(self, span: Span, function: Expr, arguments: list[Argument]) -> Expr:
        return Call(function, tuple(arguments), span)

    def do_argument(self, span: Span, name: Name | None, value: Expr) -> Argument:
        return Argument(name, value, span)

    def do_parenthesis(self, span: Span, value: Expr) -> Expr:
        return value

    def do_tuple_expr(self, span: Span, first: Expr, rest: list[Expr]) -> Expr:
        return TupleExpr((first, *rest), span)

    def do_empty_array(self, span: Span) -> Expr:
        return ArrayExpr((), span)

    def do_array_expr(self, span: Span, items: list[Expr]) -> Expr:
        return ArrayExpr(tuple(items), span)

    def do_array_repeat(self, span: Span, value: Expr, length: Expr) -> Expr:
        return ArrayRepeat(value, length, span)


class BlockActions(BaseActions):
    def do_empty_set(self, span: Span) -> Expr:
        return EmptySet(span)

    def do_empty_body(self, span: Span) -> Block:
        return Block((), None, span)

    def do_closed_body(self, span: Span, statements: list[Stmt]) -> Block:
        last = statements[-1] if statements else None
        if isinstance(last, ExprStmt) and not is_open_if(last.value):
            return Block(tuple(statements[:-1]), last.value, span)
        return Block(tuple(statements), None, span)

    def do_ended_body(self, span: Span, statements: list[Stmt], semicolon: bool) -> Block:
        return Block(tuple(statements), None, span) if semicolon else self.do_closed_body(span, statements)

    def do_open_if(self, span: Span, conditions: list[Any], then: Block, otherwise: Expr | None = None) -> Expr:
        return If(tuple(conditions), then, otherwise, span)  # type: ignore[arg-type]

    do_closed_if = do_open_if

    def do_chain_start(self, span: Span, left: Expr, right: LetCondition) -> list[Expr | LetCondition]:
        """`a && b && let …`: the operands of && before the first `let`, each a condition of its own."""
        parts: list[Expr | LetCondition] = [right]
        while isinstance(left, Binary) and left.op is BinaryOp.AND:
            parts.append(left.right)
            left = left.left
        parts.append(left)
        return parts[::-1]

    def do_let_condition(self, span: Span, pattern: Pattern, value: Expr) -> LetCondition:
        return LetCondition(pattern, value, span)

    def do_match(self, span: Span, subject: Expr, arms: list[Arm]) -> Expr:
        return Match(subject, tuple(arms), span)

    def do_arm(self, span: Span, pattern: list[Pattern], body: Expr) -> Arm:
        return Arm(self.do_options(pattern[0].span.to(pattern[-1].span), pattern), body, span)  # type: ignore[attr-defined]

    def do_else_arm(self, span: Span, body: Expr) -> Arm:
        return Arm(None, body, span)

    def do_arm_statement(self, span: Span, statement: Any) -> Expr:
        if isinstance(statement, Expr):
            statement = ExprStmt(statement, span)
        return Block((statement,), None, span)

    def do_under(self, span: Span, lock: Expr, body: Block) -> Expr:
        return Under(lock, body, span)


class ExpressionActions(LiteralActions, OperatorActions, PlaceActions, BlockActions):
    pass
