# SPDX-License-Identifier: GPL-2.0-only
"""`timer` declarations, `start` and `stop`."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, declare, expression
from .convert import fit
from .declarations import body_of
from .errors_names import UnknownMember, close_to
from .errors_timers import NoPause, NoTimers
from .errors_types import WrongArguments
from .state import MEMBERS, rows_of
from .types import BOOL, DURATION, NOTHING, IndexType


@declare.register
def _(node: tree.TimerDecl, c: Checker) -> None:
    timer = typed.Timer(node.name.text, node.name.span)
    if c.names.declare(node.name, timer):
        c.policy.timers.append(timer)


def _member(node: tree.TimerDecl, rows: typed.Rows, c: Checker) -> None:
    """A timer of each row."""
    name = node.name.text
    if rows.kind in ("task", "cgroup"):
        c.report(NoTimers(node.name.span, rows.kind, name))
        return
    here = typed.Variable(rows.kind, IndexType(rows.kind), node.name.span)
    timer = rows.timers[name] = typed.Timer(f"{rows.kind}_{name}", node.name.span, rows, here)
    c.policy.timers.append(timer)


MEMBERS[tree.TimerDecl] = _member


def member_bodies(node: tree.PerDecl | tree.TableDecl, c: Checker) -> None:
    """The bodies of a block's timers."""
    rows = c.policy.rows.get(node.kind.text if isinstance(node, tree.PerDecl) else node.name.text)
    for item in node.members:
        timer = rows.timers.get(item.name.text) if rows is not None and isinstance(item, tree.TimerDecl) else None
        if timer is not None and isinstance(item, tree.TimerDecl) and timer.span == item.name.span:
            timer_body(item, timer, c)


def timer_body(node: tree.TimerDecl, timer: typed.Timer, outer: Checker) -> None:
    c = outer.inside(result=NOTHING, result_of=f"timer `{timer.name}`", callback="timer")
    if node.every is not None:
        timer.every = fit(expression(node.every, c, DURATION), DURATION, c)
        if isinstance(timer.every, typed.Literal) and timer.every.value == 0:
            c.report(NoPause(node.every.span, timer.name))
    here = [] if timer.here is None else [(tree.Name(timer.here.name, timer.span), timer.here)]
    timer.body = body_of(node.body, here, c)


Named = tuple[typed.Timer, typed.Expr | None]


def timer_named(node: tree.Expr, c: Checker) -> Named | None:
    """The timer that an expression names, with the owner of its row."""
    match node:
        case tree.NameExpr(name=name) if c.locals.find(name.text) is None:
            found = c.names.known.get(name.text)
            return (found, None) if isinstance(found, typed.Timer) else None
        case tree.Member(object=object, name=name) if any(name.text in rows.timers for rows in c.policy.rows.values()):
            base = expression(object, c)
            rows = rows_of(base.type, c)
            timer = rows.timers.get(name.text) if rows is not None else None
            return None if timer is None else (timer, base)
    return None


def armed(node: tree.Member, named: Named) -> typed.Expr | None:
    """`t.armed`."""
    timer, base = named
    return typed.TimerArmed(span=node.span, type=BOOL, timer=timer, base=base) if node.name.text == "armed" else None


def method(node: tree.Call, member: tree.Member, named: Named, c: Checker) -> typed.Expr:
    timer, base = named
    name, given = member.name.text, list(node.arguments)
    if name == "stop" and not given:
        return typed.TimerStop(span=node.span, type=NOTHING, timer=timer, base=base)
    if name == "start" and 1 <= len(given) <= 2:
        delay = fit(expression(given[0].value, c, DURATION), DURATION, c)
        pinned = len(given) == 2
        if pinned and not (isinstance(given[1].value, tree.NameExpr) and given[1].value.name.text == "pinned"):
            c.report(WrongArguments(given[1].span, "the second argument is the word `pinned`", "start", "(d, pinned)", timer.span))
        return typed.TimerStart(span=node.span, type=BOOL, timer=timer, base=base, delay=delay, pinned=pinned)
    if name in ("start", "stop"):
        c.report(WrongArguments(node.span, f"`{name}` takes other arguments", name, "(d), (d, pinned) or, of stop, ()", timer.span))
    else:
        c.report(UnknownMember(member.name.span, "a timer", name, close_to(name, ["start", "stop", "armed"])))
    return broken(node.span)
