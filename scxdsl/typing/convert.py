# SPDX-License-Identifier: GPL-2.0-only
"""When a value of one type may stand where another is expected, and the conversion that this takes."""

from scxdsl.source.text import Span

from . import typed
from .arithmetic import wrap
from .checker import Checker
from .errors_texts import NoRoom
from .left_out import left_out
from .errors_types import MaybeNone, OutOfRange, WrongType
from .types import (
    BROKEN,
    CPUMASK,
    CPUSET,
    I64,
    U64,
    BoolType,
    Broken,
    DsqType,
    FlagsType,
    IndexType,
    IntType,
    LiteralInt,
    Never,
    Optional,
    TaskType,
    TextType,
    Type,
    UnitType,
)


def fit(
    value: typed.Expr, to: Type, c: Checker, because: Span | None = None, because_text: str = ""
) -> typed.Expr:
    """The value as type `to`, converted where nothing can be lost; else reports and gives a broken value."""
    found = value.type
    if found == to or isinstance(found, Broken | Never) or isinstance(to, Broken):
        return value
    if isinstance(found, LiteralInt):
        return _literal(value, found.value, to, c, because, because_text)
    if isinstance(found, IntType) and isinstance(to, IntType) and found.signed == to.signed and found.bits < to.bits:
        return typed.Convert(span=value.span, type=to, value=value)
    if isinstance(found, TextType) and isinstance(to, TextType):
        return _text(value, found, to, c)
    if found == CPUSET and to == CPUMASK:
        return typed.MaskOfSet(span=value.span, type=CPUMASK, set=value)
    if isinstance(to, TaskType) and isinstance(found, TaskType) and not to.ours:
        return typed.Convert(span=value.span, type=to, value=value)
    if isinstance(to, Optional) and not isinstance(found, Optional):
        inner = fit(value, to.of, c, because, because_text)
        return typed.Some(span=value.span, type=to, value=inner)
    if isinstance(found, Optional) and found.of == to:
        if left_out("optionals"):
            return unchecked(value)
        c.report(MaybeNone(value.span, str(found), _for_none(to)))
    else:
        cast = str(to) if castable(found, to) else None
        c.report(WrongType(value.span, str(to), str(found), because, because_text, cast))
    return typed.Literal(span=value.span, type=BROKEN, value=0)


def _text(value: typed.Expr, found: TextType, to: TextType, c: Checker) -> typed.Expr:
    """A text in more room than it had; a longer one is never cut."""
    if found.size > to.size:
        c.report(NoRoom(value.span, str(found), str(to), to.size - 1))
        return typed.Literal(span=value.span, type=BROKEN, value=0)
    if isinstance(value, typed.Literal):
        return typed.Literal(span=value.span, type=to, value=value.value)
    return typed.Convert(span=value.span, type=to, value=value)


def unchecked(value: typed.Expr) -> typed.Expr:
    """What an optional holds, without a look whether it is there: for tests that ask a kernel about it."""
    assert isinstance(value.type, Optional)
    return typed.Convert(span=value.span, type=value.type.of, value=value)


def _for_none(t: Type) -> str:
    """A value that fits where none can't stand; empty where there is none that is always there."""
    return "0" if isinstance(t, IntType | UnitType) else "false" if isinstance(t, BoolType) else ""


def _literal(
    value: typed.Expr, number: int, to: Type, c: Checker, because: Span | None, because_text: str
) -> typed.Expr:
    if isinstance(to, IntType):
        low, high = to.range
        if low <= number <= high:
            return typed.Literal(span=value.span, type=to, value=number)
        c.report(OutOfRange(value.span, number, str(to), low, high))
    elif isinstance(to, IndexType) and c.indices:
        low, high = 0, (1 << 31) - 1
        if low <= number <= high:
            return typed.Literal(span=value.span, type=to, value=number)
        c.report(OutOfRange(value.span, number, str(to), low, high))
    elif isinstance(to, UnitType | FlagsType) and number == 0:
        return typed.Literal(span=value.span, type=to, value=0)
    elif isinstance(to, Optional):
        inner = _literal(value, number, to.of, c, because, because_text)
        return typed.Some(span=value.span, type=to, value=inner)
    else:
        cast = str(to) if isinstance(to, UnitType) else None
        c.report(WrongType(value.span, str(to), "a number", because, because_text, cast))
    return typed.Literal(span=value.span, type=BROKEN, value=0)


def settle(value: typed.Expr) -> typed.Expr:
    """A number whose type is still open becomes u64, or i64 where it is negative."""
    if isinstance(value.type, LiteralInt):
        number = value.type.value
        t = I64 if number < 0 else U64
        return typed.Literal(span=value.span, type=t, value=wrap(number, t))
    return value


def castable(found: Type, to: Type) -> bool:
    """Whether `as` joins the two: integers and units, and indices into integers."""
    if isinstance(to, IntType):
        return isinstance(found, IntType | UnitType | LiteralInt | IndexType | BoolType | FlagsType | DsqType)
    if isinstance(to, UnitType):
        return isinstance(found, IntType | UnitType | LiteralInt)
    return False


def common(left: Type, right: Type) -> Type | None:
    """The one type of two branches; None where there is none."""
    if left == right:
        return left
    if isinstance(left, Never | Broken):
        return right
    if isinstance(right, Never | Broken):
        return left
    if isinstance(left, LiteralInt) and isinstance(right, LiteralInt):
        lowest = min(left.value, right.value)
        return LiteralInt(lowest if lowest < 0 else max(left.value, right.value))
    for literal, other in ((left, right), (right, left)):
        if isinstance(literal, LiteralInt):
            plain = other.of if isinstance(other, Optional) else other
            zero = literal.value == 0 and isinstance(plain, UnitType | FlagsType)
            return other if isinstance(plain, IntType) or zero else None
    if isinstance(left, IntType) and isinstance(right, IntType) and left.signed == right.signed:
        return left if left.bits > right.bits else right
    if isinstance(left, TextType) and isinstance(right, TextType):
        return left if left.size > right.size else right
    if isinstance(left, Optional) and left.of == right:
        return left
    if isinstance(right, Optional) and right.of == left:
        return right
    return None


def closed(t: Type, expected: Type | None) -> Type:
    """The type of branches that are all numbers written out: the one that is expected, else u64 or i64."""
    if not isinstance(t, LiteralInt):
        return t
    of = expected.of if isinstance(expected, Optional) else expected
    if isinstance(of, IntType):
        return of
    return I64 if t.value < 0 else U64
