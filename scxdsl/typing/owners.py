# SPDX-License-Identifier: GPL-2.0-only
"""Owners: `keep`, `take`, reading what a place owns, and where such places may lie."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression, place, statement
from .convert import fit
from .errors_owners import NotAnOwner, OwnerCopied, OwnerPlace, TooManyOwners
from .owner_types import owners_in
from .types import BROKEN, Broken, Optional, TupleType, Type, is_owner, owns

MOST_IN_STORAGE = 64
MOST_ENTRIES = 1 << 20


# ---- places


def owning(where: typed.Place) -> bool:
    """Whether a place that has an owner's type owns: a local of that type only names what others own."""
    if isinstance(where, typed.LocalPlace):
        return where.variable.reference
    return not isinstance(where, typed.ParamPlace | typed.TablePlace | typed.PropertyPlace)


def read(where: typed.Place) -> typed.Expr:
    """The value of a place."""
    if is_owner(where.type) and owning(where):
        return typed.Borrow(span=where.span, type=where.type, place=where)
    return typed.Read(span=where.span, type=where.type, place=where)


def _owner(node: tree.Expr, c: Checker) -> typed.Place | None:
    """The owning place that is written; reports where it is none."""
    where = place(node, c)
    if where is None:
        value = expression(node, c)
        if not isinstance(value.type, Broken):
            c.report(NotAnOwner(node.span, node.span.text, "a value, not a place"))
    elif is_owner(where.type) and owning(where):
        return where
    elif is_owner(where.type):
        c.report(NotAnOwner(node.span, node.span.text, "a local names what another owns"))
    elif owns(where.type):
        c.report(NotAnOwner(node.span, node.span.text, f"{where.type} has owners inside: say which"))
    elif not isinstance(where.type, Broken):
        c.report(NotAnOwner(node.span, node.span.text, f"{where.type} is plain data"))
    return None


@statement.register
def _(node: tree.Keep, c: Checker) -> list[typed.Stmt]:
    where = _owner(node.place, c)
    t = BROKEN if where is None else where.type
    value = fit(expression(node.value, c, t), t, c, node.place.span, f"because this is {t}")
    if where is None or isinstance(value.type, Broken):
        return []
    return [typed.Keep(span=node.span, place=where, value=value, moved=typed.named(value))]


@expression.register
def _(node: tree.Take, c: Checker, expected: Type | None = None) -> typed.Expr:
    where = _owner(node.place, c)
    return broken(node.span) if where is None else typed.Take(span=node.span, type=where.type, place=where)


# ---- where owners may lie


def part(t: Type, span: Span, what: str, c: Checker) -> Type:
    """The type of a part of something; BROKEN, and reported, where it owns and the whole is nothing that may."""
    if owns(t) and (what in ("a variant", "an array of varying length") or not is_owner(t) and what in ("an optional", "a tuple")):
        c.report(OwnerPlace(span, f"a {t}", what))
        return BROKEN
    return t


def forbidden(t: Type, span: Span, what: str, c: Checker) -> Type:
    """The type of what only plain data may be; BROKEN, and reported, where it owns."""
    if owns(t):
        c.report(OwnerPlace(span, f"a {t}", what))
        return BROKEN
    return t


def by_value(t: Type, span: Span, c: Checker) -> None:
    """Reports a local, a parameter or a result that would be a copy with owners inside."""
    if owns(t) and not is_owner(t) and not isinstance(t, TupleType | Optional):
        c.report(OwnerCopied(span, f"a {t}"))


def countable(rows: typed.Rows, c: Checker) -> None:
    """Reports more owners in a row than the kernel has places for."""
    found = sum(owners_in(f.type) for f in rows.fields)
    storage = rows.kind in ("task", "cgroup")
    total, most = (found, MOST_IN_STORAGE) if storage else (found * (rows.capacity or 1), MOST_ENTRIES)
    if total > most:
        last = [f for f in rows.fields if owners_in(f.type)][-1]
        c.report(TooManyOwners(last.span, total, f"`per {rows.kind}`" if not rows.capacity else f"table `{rows.kind}`", most))
