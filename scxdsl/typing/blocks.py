# SPDX-License-Identifier: GPL-2.0-only
"""Blocks: statements in a scope of their own, and a value at the end."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, expression, statement
from .convert import closed, fit
from .errors_control import Unreachable
from .types import NEVER, NOTHING, Broken, FlagsType, LiteralInt, Never, Nothing, Optional, Type, UnitType


@expression.register
def _(node: tree.Block, c: Checker, expected: Type | None = None) -> typed.BlockValue:
    """A block as a value."""
    return closing(block(node, c, expected), c, expected)


def closing(body: typed.BlockValue, c: Checker, expected: Type | None) -> typed.BlockValue:
    """A block whose value is a number that is written out gives one of a type: the number alone would stand for the whole block."""
    if isinstance(body.type, LiteralInt) and body.value is not None:
        of = expected.of if isinstance(expected, Optional) else expected
        body.type = of if isinstance(of, UnitType | FlagsType) else closed(body.type, expected)
        body.value = fit(body.value, body.type, c)
    return body


def block(node: tree.Block, c: Checker, expected: Type | None = None) -> typed.BlockValue:
    """A block and its value; its type is NEVER where it does not come to its end."""
    c.locals.open()
    statements: list[typed.Stmt] = []
    ends = False
    for stmt in node.statements:
        if ends:
            c.report(Unreachable(stmt.span))
            break
        new = statement(stmt, c)
        statements += new
        ends = ends or any(leaves(s) for s in new)
    value = None
    if node.value is not None:
        value = expression(node.value, c, expected)
        if isinstance(value.type, Nothing | Never) or isinstance(value.type, Broken) and expected is None:
            statements.append(typed.Evaluate(span=value.span, value=value))
            ends = ends or isinstance(value.type, Never)
            value = None
    c.locals.close()
    t: Type = NEVER if ends else NOTHING if value is None else value.type
    return typed.BlockValue(span=node.span, type=t, statements=statements, value=value)


def leaves(stmt: typed.Stmt) -> bool:
    """Whether nothing after the statement runs."""
    match stmt:
        case typed.Return() | typed.Error() | typed.Fail() | typed.ExitRestart() | typed.Break() | typed.Continue():
            return True
        case typed.Evaluate(value=value):
            return isinstance(value.type, Never)
    return False
