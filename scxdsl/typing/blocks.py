# SPDX-License-Identifier: GPL-2.0-only
"""Blocks: statements in a scope of their own, and a value at the end."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, expression, statement
from .errors_control import Unreachable
from .types import NEVER, NOTHING, Broken, Never, Nothing, Type


@expression.register
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
