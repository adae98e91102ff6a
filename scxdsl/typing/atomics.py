# SPDX-License-Identifier: GPL-2.0-only
"""`x.add(n)`, `x.swap(v)`, `x.cas(old, new)`, `x.raise(v)` on atomic places, and `h.add(x)` on histograms."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression, place
from .convert import fit, settle
from .errors_state import AtomicSize, NotAtomic
from .errors_types import WrongArguments, WrongType
from .state import atomic_size
from .typed import Arithmetic, AtomicKind
from .types import DURATION, NOTHING, TIME, U64, VTIME, BoolType, Broken, IndexType, IntType, LiteralInt, Type, UnitType

_ARGUMENTS = {AtomicKind.ADD: ("n",), AtomicKind.SWAP: ("v",), AtomicKind.CAS: ("old", "new"), AtomicKind.RAISE: ("v",)}
STEPS = (Arithmetic.ADD, Arithmetic.SUB, Arithmetic.AND, Arithmetic.OR, Arithmetic.XOR)


def is_atomic(where: typed.Place) -> bool:
    """Whether a place was declared `atomic`."""
    return declared(where)[0]


def declared(where: typed.Place) -> tuple[bool, Span | None]:
    """Whether a place is atomic, and where it was declared."""
    match where:
        case typed.GlobalPlace(declaration=d):
            return d.atomic and not d.percpu, d.span
        case typed.StatePlace(field=f):
            return f.atomic, f.span
        case typed.FieldPlace(base=base, field=name):
            found = getattr(base.type, "field", lambda _: None)(name)
            return found is not None and found.atomic, None
    return False, None


def method(node: tree.Call, member: tree.Member, c: Checker) -> typed.Expr | None:
    """An atomic operation or a histogram's `add`; None where the call is something else."""
    name = member.name.text
    if name not in _ARGUMENTS:
        return None
    if name == "add":
        found = _hist(node, member, c)
        if found is not None:
            return found
    where = place(member.object, c)
    if where is None or not isinstance(where.type, IntType | UnitType | IndexType | BoolType):
        return None
    atomic, span = declared(where)
    if not atomic:
        c.report(NotAtomic(member.span, member.object.span.text, name, span))
        return broken(node.span)
    if not atomic_size(where.type):
        c.report(AtomicSize(member.object.span, str(where.type)))
        return broken(node.span)
    kind = AtomicKind(name)
    given = _arguments(node, _ARGUMENTS[kind], name, c)
    if given is None:
        return broken(node.span)
    arguments = [_argument(a, where.type, kind, c) for a in given]
    if any(isinstance(a.type, Broken) for a in arguments):
        return broken(node.span)
    return typed.AtomicCall(span=node.span, type=where.type, kind=kind, place=where, arguments=arguments)


def _arguments(node: tree.Call, names: tuple[str, ...], what: str, c: Checker) -> list[tree.Expr] | None:
    if len(node.arguments) != len(names) or any(a.name is not None for a in node.arguments):
        c.report(WrongArguments(node.span, f"`{what}` takes {len(names)} arguments", what, f"({', '.join(names)})"))
        return None
    return [a.value for a in node.arguments]


def _argument(node: tree.Expr, t: Type, kind: AtomicKind, c: Checker) -> typed.Expr:
    """A value of the place's type; what is added to a time or vtime is a duration, to a vtime also a number."""
    if kind is not AtomicKind.ADD or t not in (TIME, VTIME):
        return fit(expression(node, c, t), t, c)
    value = settle(expression(node, c, DURATION))
    if t == VTIME and isinstance(value.type, IntType):
        return value if value.type.bits == 64 else typed.Convert(span=value.span, type=U64, value=value)
    return fit(value, DURATION, c)


def _hist(node: tree.Call, member: tree.Member, c: Checker) -> typed.Expr | None:
    hist, where = None, None
    if isinstance(member.object, tree.NameExpr) and c.locals.find(member.object.name.text) is None:
        found = c.names.known.get(member.object.name.text)
        hist = found if isinstance(found, typed.Hist) else None
    if hist is None:
        found_place = place(member.object, c)
        if not isinstance(found_place, typed.StatePlace) or not found_place.field.hist:
            return None
        where = found_place
    given = _arguments(node, ("x",), "add", c)
    if given is None:
        return broken(node.span)
    value = settle(expression(given[0], c))
    if isinstance(value.type, Broken):
        return value
    if value.type != DURATION and not (isinstance(value.type, IntType | LiteralInt) and not getattr(value.type, "signed", False)):
        c.report(WrongType(value.span, "a duration or an unsigned number", str(value.type)))
        return broken(node.span)
    if isinstance(value.type, IntType) and value.type.bits < 64:
        value = typed.Convert(span=value.span, type=U64, value=value)
    return typed.HistAdd(span=node.span, type=NOTHING, hist=hist, place=where, value=value)
