# SPDX-License-Identifier: GPL-2.0-only
"""What all loops share: names that are bound, bodies, and the door by which `for` finds how a value is walked through."""

from collections.abc import Callable
from functools import singledispatch

from scxdsl.syntax import tree

from . import typed
from .blocks import block
from .checker import Checker, expression
from .convert import settle
from .errors_control import MayNotFit, NotIterable
from .match import pattern as fits
from .types import Broken, Type


def bound(pattern: tree.Pattern, t: Type, c: Checker, mutable: bool = False) -> typed.Variable | None:
    """The variable that each turn's value is put into. Where the pattern takes it apart, the variable has no name, and `looped` begins
    the body with that."""
    match pattern:
        case tree.NamePattern(name=name):
            variable = typed.Variable(name.text, t, name.span, mutable=mutable)
            c.locals.declare(name, variable)
            return variable
        case tree.WildcardPattern():
            return None
    variable = typed.Variable("_", t, pattern.span)
    c.locals.used.add(variable)
    whole = typed.Read(span=pattern.span, type=t, place=typed.LocalPlace(span=pattern.span, type=t, variable=variable))
    c.begins[:] = [typed.LetParts(span=pattern.span, value=whole, test=apart(pattern, t, c, mutable))]
    return variable


def apart(pattern: tree.Pattern, t: Type, c: Checker, mutable: bool = False) -> typed.Test:
    """A pattern that every value of the type fits; reports any other."""
    test = fits(pattern, t, c, mutable)
    if not always(test):
        c.report(MayNotFit(pattern.span, str(t)))
    return test


def always(test: typed.Test) -> bool:
    """Whether every value passes."""
    return isinstance(test, typed.Always) or isinstance(test, typed.AllOf) and all(map(always, test.items))


def looped(node: tree.For | tree.While | tree.Repeat, c: Checker) -> tuple[typed.BlockValue, typed.BlockValue | None]:
    """The body, in which `break` and `continue` belong to this loop, and what follows `else`, in which they do not."""
    first, c.begins[:] = c.begins[:], []
    c.loops += 1
    body = block(node.body, c)
    c.loops -= 1
    body.statements[:0] = first
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
