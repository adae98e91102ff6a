# SPDX-License-Identifier: GPL-2.0-only
"""`test "title" { … }` and `assert e`. A test is checked like a function without parameters; it is no part of the object."""

from scxdsl.syntax import tree

from . import typed
from .blocks import block
from .checker import Checker, expression, statement
from .convert import fit
from .errors_tests import AssertOutside, SameTitle, TestTitle
from .types import BOOL, NOTHING


def test_body(node: tree.TestDecl, outer: Checker) -> None:
    title = node.title.plain
    if title is None:
        outer.report(TestTitle(node.title.span))
        return
    if any(t.title == title for t in outer.policy.tests):
        outer.report(SameTitle(node.title.span, title))
        return
    c = outer.inside(result=NOTHING, result_of=f"the test `{title}`", asserts=[])
    body = block(node.body, c, None)
    if body.value is not None:
        stmt = typed.Evaluate(span=body.value.span, value=body.value)
        body = typed.BlockValue(span=body.span, type=NOTHING, statements=[*body.statements, stmt], value=None)
    outer.policy.tests.append(typed.Test(title, node.title.span, body))


@statement.register
def _(node: tree.Assert, c: Checker) -> list[typed.Stmt]:
    """`assert a && b` is `assert a` and `assert b`, so that the one that fails is told."""
    condition = fit(expression(node.condition, c, BOOL), BOOL, c)
    if c.asserts is None:
        c.report(AssertOutside(node.span))
        return []
    out: list[typed.Stmt] = []
    for part in _parts(condition):
        c.asserts.append(len(c.asserts))
        out.append(typed.Assert(span=part.span, condition=part, number=len(c.asserts) - 1))
    return out


def _parts(condition: typed.Expr) -> list[typed.Expr]:
    if isinstance(condition, typed.Logical) and condition.conjunction:
        return [*_parts(condition.left), *_parts(condition.right)]
    return [condition]
