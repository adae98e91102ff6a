# SPDX-License-Identifier: GPL-2.0-only
"""What all loops share: names that are bound, bodies, and the door by which `for` finds how a value is walked through."""

from collections.abc import Callable
from functools import singledispatch

from scxdsl.syntax import tree

from . import typed
from .blocks import block
from .checker import Checker, expression
from .convert import settle
from .errors_control import NotIterable
from .errors_types import NotYet
from .types import Broken, Type


def bound(pattern: tree.Pattern, t: Type, c: Checker, mutable: bool = False) -> typed.Variable | None:
    match pattern:
        case tree.NamePattern(name=name):
            variable = typed.Variable(name.text, t, name.span, mutable=mutable)
            c.locals.declare(name, variable)
            return variable
        case tree.WildcardPattern():
            return None
    c.report(NotYet(pattern.span, what="this pattern"))
    return None


def looped(node: tree.For | tree.While | tree.Repeat, c: Checker) -> tuple[typed.BlockValue, typed.BlockValue | None]:
    """The body, in which `break` and `continue` belong to this loop, and what follows `else`, in which they do not."""
    c.loops += 1
    body = block(node.body, c)
    c.loops -= 1
    return body, None if node.otherwise is None else block(node.otherwise, c)


Iterator = Callable[[tree.For, typed.Expr, Checker], list[typed.Stmt]]
ITERABLES: dict[type, Iterator] = {}  # by the type of the value that is walked through; other files add theirs


@singledispatch
def walked(node: tree.Expr, loop: tree.For, c: Checker) -> list[typed.Stmt]:
    """`for … in node`; forms of the tree that are no values (ranges, `cpus`) have entries of their own."""
    value = expression(node, c)
    how = ITERABLES.get(type(value.type))
    if how is not None:
        return how(loop, value, c)
    if not isinstance(value.type, Broken):
        c.report(NotIterable(node.span, f"a {settle(value).type}"))
    return []
