# SPDX-License-Identifier: GPL-2.0-only
"""Actions for statements."""

from typing import Any

from scxdsl.source.text import Span

from .build_base import BaseActions
from .errors_forms import NotAPlace, UnboundedWhile, span_of_head
from .tree_base import Expr, Name, Pattern, Stmt, TypeExpr
from .tree_expressions import (
    BinaryOp,
    Block,
    DotName,
    ErrorExpr,
    Index,
    Member,
    NameExpr,
    Ref,
    StringLiteral,
    TupleExpr,
    TupleIndex,
)
from .tree_patterns import NamePattern
from .tree_statements import (
    Assert,
    Assign,
    Break,
    Continue,
    Dump,
    Error,
    Exit,
    ExprStmt,
    Fail,
    For,
    Keep,
    Let,
    Log,
    Repeat,
    Return,
    While,
)

_COMPOUND = {f"{op}=": op for op in BinaryOp if op in ("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")}


class StatementActions(BaseActions):
    def do_statements_more(self, span: Span, items: list[Any], semicolon: bool, item: Any) -> list[Any]:
        return self.do_flat_more(span, items, item)

    def do_sep_semicolon(self, span: Span, semicolon: bool) -> bool:
        return True

    def do_expr_statement(self, span: Span, value: Expr) -> Stmt:
        return ExprStmt(value, span)

    def do_assign(self, span: Span, target: Expr, operator: Span, value: Expr) -> Stmt:
        op = _COMPOUND.get(operator.text)
        if not self._is_place(target, op is None):
            self.diagnostics.add(NotAPlace(target.span))
        return Assign(target, op, value, span)

    def _is_place(self, target: Expr, tuples: bool) -> bool:
        if isinstance(target, TupleExpr) and tuples:
            return all(self._is_place(item, False) for item in target.items)
        if isinstance(target, Member | Index | TupleIndex):
            return not isinstance(target.object, DotName)
        return isinstance(target, NameExpr | ErrorExpr)

    def do_let(
        self, span: Span, pattern: Pattern, type: TypeExpr | None, value: Expr | None, otherwise: Block | None
    ) -> Stmt:
        return Let(pattern, False, type, value, otherwise, span)

    def do_let_mut(
        self, span: Span, pattern: Pattern, type: TypeExpr | None, value: Expr | None, otherwise: Block | None
    ) -> Stmt:
        return Let(pattern, True, type, value, otherwise, span)

    def do_let_many(
        self, span: Span, first: Name, rest: list[Name], type: TypeExpr, value: Expr | None
    ) -> list[Stmt]:
        return [Let(NamePattern(name, name.span), True, type, value, None, span) for name in (first, *rest)]

    def do_ref(self, span: Span, place: Expr) -> Expr:
        return Ref(place, span)

    def do_keep(self, span: Span, place: Expr, value: Expr) -> Stmt:
        if not self._is_place(place, False):
            self.diagnostics.add(NotAPlace(place.span))
        return Keep(place, value, span)

    def do_for(
        self, span: Span, pattern: Pattern, iterable: Expr, start: Expr | None, body: Block, otherwise: Block | None
    ) -> Stmt:
        return For(pattern, iterable, start, body, otherwise, span)

    def do_repeat(self, span: Span, count: Expr, body: Block, otherwise: Block | None) -> Stmt:
        return Repeat(count, body, otherwise, span)

    def do_while(
        self, span: Span, conditions: list[Any], limit: Expr | None, body: Block, otherwise: Block | None
    ) -> Stmt:
        if limit is None:
            self.diagnostics.add(UnboundedWhile(span_of_head(span)))
            limit = ErrorExpr(span_of_head(span))
        return While(tuple(conditions), limit, body, otherwise, span)

    def do_break(self, span: Span) -> Stmt:
        return Break(span)

    def do_continue(self, span: Span) -> Stmt:
        return Continue(span)

    def do_return(self, span: Span, value: Expr | None) -> Stmt:
        return Return(value, span)

    def do_error(self, span: Span, message: StringLiteral) -> Stmt:
        return Error(message, span)

    def do_fail(self, span: Span, code: Expr) -> Stmt:
        return Fail(code, span)

    def do_exit(self, span: Span, action: Name, message: StringLiteral) -> Stmt:
        return Exit(action, message, span)

    def do_log(self, span: Span, message: StringLiteral) -> Stmt:
        return Log(message, span)

    def do_dump(self, span: Span, message: StringLiteral) -> Stmt:
        return Dump(message, span)

    def do_assert(self, span: Span, condition: Expr) -> Stmt:
        return Assert(condition, span)
