# SPDX-License-Identifier: GPL-2.0-only
"""Conditions that open optionals, `let … else`, and loops."""

from scxdsl.syntax import tree

from . import typed
from .blocks import block
from .checker import Checker, expression, statement
from .convert import fit
from .errors_control import ElseComesBack, FromOfRange, NoLoop, NotIterable
from .errors_types import NotOptional
from .match import pattern as fits
from .operators import comparable, truth
from .types import BOOL, BROKEN, NEVER, U64, Broken, IntType, Optional, Type
from .walking import always, bound, looped, walked


def conditions(items: tuple, c: Checker) -> list[typed.Expr]:
    """The conditions of an `if` or `while`; the names that they open are declared in the block at hand."""
    out: list[typed.Expr] = []
    for item in items:
        if isinstance(item, tree.LetCondition):
            out.append(_opens(item, c))
        else:
            out.append(truth(item, c))
    return out


def _opens(node: tree.LetCondition, c: Checker) -> typed.Expr:
    value = _named_value(node.value, node.pattern, c)
    if isinstance(node.pattern, tree.NamePattern | tree.WildcardPattern):
        variable = _place(bound(node.pattern, opened(value, c), c), value)
        return typed.Opens(span=node.span, type=BOOL, variable=variable, value=value)
    test = _question(node.pattern, value, c)
    return typed.Opens(span=node.span, type=BOOL, variable=None, value=value, test=test)


def _named_value(node: tree.Expr, pattern: tree.Pattern, c: Checker) -> typed.Expr:
    """The value of an `if let` or `let … else`; where it gets a name it may be a place in a ring."""
    if isinstance(pattern, tree.NamePattern):
        c.to_name = node
    value = expression(node, c)
    c.to_name = None
    return value


def _place(variable: typed.Variable | None, value: typed.Expr) -> typed.Variable | None:
    """The variable; as the name of a place in a ring it may be written."""
    if variable is not None and isinstance(value, typed.RingReserve):
        variable.reference = True
    return variable


def _question(pattern: tree.Pattern, value: typed.Expr, c: Checker, mutable: bool = False) -> typed.Test:
    """What a pattern asks; reports one that asks nothing."""
    test = fits(pattern, value.type, c, mutable)
    if always(test) and not isinstance(value.type, Broken):
        c.report(NotOptional(value.span, str(value.type)))
    return test


def opened(value: typed.Expr, c: Checker) -> Type:
    """What an optional holds; reports what is none."""
    if isinstance(value.type, Optional):
        return value.type.of
    if not isinstance(value.type, Broken):
        c.report(NotOptional(value.span, str(value.type)))
    return BROKEN


def let_else(node: tree.Let, c: Checker) -> list[typed.Stmt]:
    """`let x = e else { … }`."""
    assert node.value is not None and node.otherwise is not None
    value = _named_value(node.value, node.pattern, c)
    otherwise = block(node.otherwise, c)
    if otherwise.type != NEVER:
        c.report(ElseComesBack(node.otherwise.span))
    if not isinstance(node.pattern, tree.NamePattern | tree.WildcardPattern):
        test = _question(node.pattern, value, c, node.mutable)
        return [typed.LetElse(span=node.span, variable=None, value=value, otherwise=otherwise, test=test)]
    variable = _place(bound(node.pattern, opened(value, c), c, node.mutable), value)
    return [typed.LetElse(span=node.span, variable=variable, value=value, otherwise=otherwise)]


# ---- loops


@statement.register
def _(node: tree.For, c: Checker) -> list[typed.Stmt]:
    c.locals.open()
    out = walked(node.iterable, node, c)
    c.locals.close()
    return out


@walked.register
def _(node: tree.Range, loop: tree.For, c: Checker) -> list[typed.Stmt]:
    if loop.start is not None:
        c.report(FromOfRange(loop.start.span, node.low.span, node.high.span))
        expression(loop.start, c)
    low, high = expression(node.low, c), expression(node.high, c)
    if isinstance(low.type, Broken) or isinstance(high.type, Broken):
        sides = None
    else:
        sides = comparable(node.span, "..", low, high, False, c)
    t: Type = sides[0].type if sides else BROKEN
    if sides and not isinstance(t, IntType):
        c.report(NotIterable(node.span, f"a range of {t}"))
        sides, t = None, BROKEN
    variable = bound(loop.pattern, t, c)
    body, otherwise = looped(loop, c)
    if sides is None:
        return []
    return [
        typed.ForRange(
            span=loop.span,
            variable=variable,
            low=sides[0],
            high=sides[1],
            inclusive=node.inclusive,
            body=body,
            otherwise=otherwise,
        )
    ]


@statement.register
def _(node: tree.Repeat, c: Checker) -> list[typed.Stmt]:
    count = fit(expression(node.count, c), U64, c)
    body, otherwise = looped(node, c)
    return [typed.Repeat(span=node.span, count=count, body=body, otherwise=otherwise)]


@statement.register
def _(node: tree.While, c: Checker) -> list[typed.Stmt]:
    limit = fit(expression(node.limit, c), U64, c)
    c.locals.open()
    tests = conditions(node.conditions, c)
    body, otherwise = looped(node, c)
    c.locals.close()
    return [typed.While(span=node.span, conditions=tests, limit=limit, body=body, otherwise=otherwise)]


@statement.register
def _(node: tree.Break, c: Checker) -> list[typed.Stmt]:
    if not c.loops:
        c.report(NoLoop(node.span, "break"))
    return [typed.Break(span=node.span)]


@statement.register
def _(node: tree.Continue, c: Checker) -> list[typed.Stmt]:
    if not c.loops:
        c.report(NoLoop(node.span, "continue"))
    return [typed.Continue(span=node.span)]

