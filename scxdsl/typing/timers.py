# SPDX-License-Identifier: GPL-2.0-only
"""`timer` declarations, `start` and `stop`."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, declare, expression
from .convert import fit
from .declarations import body_of
from .errors_names import UnknownMember, close_to
from .errors_types import WrongArguments
from .types import BOOL, DURATION, NOTHING


@declare.register
def _(node: tree.TimerDecl, c: Checker) -> None:
    timer = typed.Timer(node.name.text, node.name.span)
    if c.names.declare(node.name, timer):
        c.policy.timers.append(timer)


def timer_body(node: tree.TimerDecl, timer: typed.Timer, outer: Checker) -> None:
    c = outer.inside(result=NOTHING, result_of=f"timer `{timer.name}`", callback="timer")
    if node.every is not None:
        timer.every = fit(expression(node.every, c, DURATION), DURATION, c)
    timer.body = body_of(node.body, [], c)


def timer_named(node: tree.Expr, c: Checker) -> typed.Timer | None:
    if isinstance(node, tree.NameExpr) and c.locals.find(node.name.text) is None:
        found = c.names.known.get(node.name.text)
        return found if isinstance(found, typed.Timer) else None
    return None


def method(node: tree.Call, member: tree.Member, timer: typed.Timer, c: Checker) -> typed.Expr:
    name, given = member.name.text, list(node.arguments)
    if name == "stop" and not given:
        return typed.TimerStop(span=node.span, type=NOTHING, timer=timer)
    if name == "start" and 1 <= len(given) <= 2:
        delay = fit(expression(given[0].value, c, DURATION), DURATION, c)
        pinned = len(given) == 2
        if pinned and not (isinstance(given[1].value, tree.NameExpr) and given[1].value.name.text == "pinned"):
            c.report(WrongArguments(given[1].span, "the second argument is the word `pinned`", "start", "(d, pinned)", timer.span))
        return typed.TimerStart(span=node.span, type=BOOL, timer=timer, delay=delay, pinned=pinned)
    if name in ("start", "stop"):
        c.report(WrongArguments(node.span, f"`{name}` takes other arguments", name, "(d), (d, pinned) or, of stop, ()", timer.span))
    else:
        c.report(UnknownMember(member.name.span, "a timer", name, close_to(name, ["start", "stop", "armed"])))
    return broken(node.span)
