# SPDX-License-Identifier: GPL-2.0-only
"""Cpusets: plain bits, as they are written, asked and changed. A cpumask is the kernel's memory, a cpuset is data like a number: it may
be a parameter, and a part of a struct or an array. Where a cpumask is wanted, one is made of it (convert.py)."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression
from .convert import fit
from .cpumasks import changeable
from .errors_texts import BadCpuset
from .errors_types import NotAssignable, WrongArguments
from .typed import MaskQuestion
from .types import BOOL, CPU, CPUSET, CPUSET_CPUS, U64, Broken, Type
from .walking import ITERABLES, bound, looped

_QUESTIONS: dict[str, Type] = {"len": U64, "empty": BOOL}
_CHANGES = ("add", "remove")
MEMBERS = (*_QUESTIONS, *_CHANGES)


def written(span: Span, text: str, c: Checker) -> typed.Expr:
    """The set that a text names: `"0-3,8"`."""
    bits = 0
    for part in text.split(",") if text.strip() else ():
        low, dash, high = (s.strip() for s in part.partition("-"))
        if not (low.isdecimal() and low.isascii()) or dash and not (high.isdecimal() and high.isascii()):
            c.report(BadCpuset(span, f"`{part.strip()}` is no CPU and no range"))
            return broken(span)
        first, last = int(low), int(high) if dash else int(low)
        if first > last or last >= CPUSET_CPUS:
            c.report(BadCpuset(span, "an empty range" if first > last else f"a cpuset holds the CPUs 0 to {CPUSET_CPUS - 1}"))
            return broken(span)
        bits |= (1 << last + 1) - (1 << first)
    return typed.Literal(span=span, type=CPUSET, value=bits)


def member(node: tree.Member, base: typed.Expr) -> typed.Expr | None:
    """`s.len`, `s.empty`; None for any other member."""
    kind = _QUESTIONS.get(node.name.text)
    if base.type != CPUSET or kind is None:
        return None
    return typed.SetAsk(span=node.span, type=kind, question=MaskQuestion(node.name.text), set=base)


def method(node: tree.Call, name: str, base: typed.Expr, c: Checker) -> typed.Expr | None:
    """`s.add(c)`, `s.remove(c)`; None for any other."""
    if base.type != CPUSET or name not in _CHANGES:
        return None
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        c.report(WrongArguments(node.span, f"`{name}` takes 1 argument", name, "(c: cpu)"))
        return broken(node.span)
    cpu = fit(expression(node.arguments[0].value, c, CPU), CPU, c)
    if isinstance(cpu.type, Broken):
        return broken(node.span)
    if not isinstance(base, typed.Read):
        c.report(NotAssignable(base.span, base.span.text, "a value, not a place"))
        return broken(node.span)
    if not changeable(base.place, c):
        return broken(node.span)
    return typed.SetChange(span=node.span, type=BOOL, place=base.place, cpu=cpu, add=name == "add")


def _for(loop: tree.For, value: typed.Expr, c: Checker) -> list[typed.Stmt]:
    variable = bound(loop.pattern, CPU, c)
    body, otherwise = looped(loop, c)
    return [typed.ForSet(span=loop.span, variable=variable, set=value, body=body, otherwise=otherwise)]


ITERABLES[type(CPUSET)] = _for
