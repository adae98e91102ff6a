# SPDX-License-Identifier: GPL-2.0-only
"""Texts: equal or not, and what they start with."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression
from .errors_texts import LongText
from .errors_types import WrongArguments, WrongType
from .types import BOOL, Broken, TextType

def equal(span: Span, same: bool, left: typed.Expr, right: typed.Expr, c: Checker) -> typed.Expr:
    """`a == b` and `a != b` of two texts."""
    out = _match(span, left, right, False, c)
    return out if same or isinstance(out.type, Broken) else typed.Not(span=span, type=BOOL, value=out)


def method(node: tree.Call, name: str, base: typed.Expr, c: Checker) -> typed.Expr | None:
    """`t.starts_with(u)`; None for any other."""
    if not isinstance(base.type, TextType) or name != "starts_with":
        return None
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        c.report(WrongArguments(node.span, f"`{name}` takes 1 argument", name, "(prefix: str)"))
        return broken(node.span)
    prefix = expression(node.arguments[0].value, c)
    if isinstance(prefix.type, Broken):
        return prefix
    if not isinstance(prefix.type, TextType):
        c.report(WrongType(prefix.span, "a text", str(prefix.type)))
        return broken(node.span)
    return _match(node.span, base, prefix, True, c)


def _match(span: Span, left: typed.Expr, right: typed.Expr, prefix: bool, c: Checker) -> typed.Expr:
    if isinstance(left, typed.Literal) and not prefix:
        left, right = right, left
    assert isinstance(left.type, TextType) and isinstance(right.type, TextType)
    if isinstance(left, typed.Literal) and isinstance(right, typed.Literal):
        one, other = str(left.value).encode(), str(right.value).encode()
        return typed.Literal(span=span, type=BOOL, value=one.startswith(other) if prefix else one == other)
    if isinstance(right, typed.Literal) and right.type.size > left.type.size:
        c.report(LongText(right.span, right.type.size - 1, left.type.size - 1, left.span))
        return broken(span)
    return typed.TextMatch(span=span, type=BOOL, left=left, right=right, prefix=prefix)
