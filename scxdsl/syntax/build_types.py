# SPDX-License-Identifier: GPL-2.0-only
"""Actions for types and patterns."""

from scxdsl.source.text import Span

from .build_base import BaseActions
from .errors_forms import CArrayType
from .tree_base import Expr, Name, Pattern, TypeExpr
from .tree_expressions import DotName, Member, NameExpr
from .tree_patterns import (
    AlternativePattern,
    NamePattern,
    PayloadPattern,
    RangePattern,
    TuplePattern,
    ValuePattern,
    VariantPattern,
    WildcardPattern,
)
from .tree_types import ArrayType, GenericType, NamedType, OptionalType, SizedType, TupleType


class TypeActions(BaseActions):
    def do_named_type(self, span: Span, name: Name) -> TypeExpr:
        return NamedType(None, name, span)

    def do_module_type(self, span: Span, module: Name, name: Name) -> TypeExpr:
        return NamedType(module, name, span)

    def do_optional_type(self, span: Span, inner: TypeExpr) -> TypeExpr:
        return OptionalType(inner, span)

    def do_sized_type(self, span: Span, name: Name, size: Expr) -> TypeExpr:
        if name.text == "str":
            return SizedType(name, size, span)
        return self._c_array(span, name, size, "")

    def do_bounded_sized_type(self, span: Span, name: Name, size: Expr) -> TypeExpr:
        return self._c_array(span, name, size, "..")

    def _c_array(self, span: Span, name: Name, size: Expr, dots: str) -> TypeExpr:
        length = size.span.text
        if len(length) > 40 or "\n" in length:
            length = "n"
        self.diagnostics.add(CArrayType(span, name.text, dots + length))
        return ArrayType(NamedType(None, name, name.span), size, bool(dots), span)

    def do_generic_type(self, span: Span, name: Name, arguments: list[TypeExpr]) -> TypeExpr:
        return GenericType(name, tuple(arguments), span)

    def do_array_type(self, span: Span, element: TypeExpr, length: Expr) -> TypeExpr:
        return ArrayType(element, length, False, span)

    def do_bounded_array_type(self, span: Span, element: TypeExpr, length: Expr) -> TypeExpr:
        return ArrayType(element, length, True, span)

    def do_tuple_type(self, span: Span, first: TypeExpr, rest: list[TypeExpr]) -> TypeExpr:
        return TupleType((first, *rest), span)


class PatternActions(BaseActions):
    def do_name_pattern(self, span: Span, name: Name) -> Pattern:
        return WildcardPattern(span) if name.text == "_" else NamePattern(name, span)

    def do_value_pattern(self, span: Span, value: Expr) -> Pattern:
        return ValuePattern(value, span)

    def do_path_pattern(self, span: Span, module: Name, name: Name) -> Pattern:
        return ValuePattern(self.do_path_bound(span, module, name), span)

    def do_variant_pattern(self, span: Span, name: Name, payload: list[PayloadPattern] | None) -> Pattern:
        if payload is None:
            return VariantPattern(name, None, span)
        return VariantPattern(name, tuple(payload), span)

    def do_payload_pattern(self, span: Span, name: Name | None, pattern: Pattern) -> PayloadPattern:
        return PayloadPattern(name, pattern, span)

    def do_tuple_pattern(self, span: Span, first: Pattern, rest: list[Pattern]) -> Pattern:
        return TuplePattern((first, *rest), span)

    def do_options(self, span: Span, options: list[Pattern]) -> Pattern:
        return options[0] if len(options) == 1 else AlternativePattern(tuple(options), span)

    def do_path_bound(self, span: Span, module: Name, name: Name) -> Expr:
        return Member(NameExpr(module, module.span), name, span)

    def do_dot_bound(self, span: Span, name: Name) -> Expr:
        return DotName(name, span)

    def do_range_until(self, span: Span, low: Expr, high: Expr) -> Pattern:
        return RangePattern(low, high, False, span)

    def do_range_through(self, span: Span, low: Expr, high: Expr) -> Pattern:
        return RangePattern(low, high, True, span)

    def do_range_from(self, span: Span, low: Expr) -> Pattern:
        return RangePattern(low, None, False, span)

    def do_range_to(self, span: Span, high: Expr) -> Pattern:
        return RangePattern(None, high, True, span)

    def do_range_below(self, span: Span, high: Expr) -> Pattern:
        return RangePattern(None, high, False, span)
