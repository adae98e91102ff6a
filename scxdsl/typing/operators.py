# SPDX-License-Identifier: GPL-2.0-only
"""Operators: arithmetic, comparison, logic, conversion."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree
from scxdsl.syntax.tree import BinaryOp, UnaryOp

from . import cpumasks, maps, texts, typed, units
from .arithmetic import calculate, related, wrap
from .checker import Checker, broken, expression
from .convert import castable, common, fit, settle
from .errors_types import (
    MaybeNone,
    MixedSigns,
    MixedUnits,
    NoSuchOperator,
    NotATruth,
    NotOptional,
    WrongType,
)
from .type_names import resolve
from .typed import Arithmetic, Relation
from .types import (
    BOOL,
    BROKEN,
    CPUMASK,
    I64,
    NEVER,
    U64,
    BoolType,
    Broken,
    EnumType,
    FlagsType,
    IndexType,
    IntType,
    KernelStruct,
    LiteralInt,
    Optional,
    TaskType,
    TextType,
    Type,
    UnitType,
    is_number,
    widened,
)

ARITHMETIC = {
    BinaryOp.ADD: Arithmetic.ADD,
    BinaryOp.SUB: Arithmetic.SUB,
    BinaryOp.MUL: Arithmetic.MUL,
    BinaryOp.DIV: Arithmetic.DIV,
    BinaryOp.REM: Arithmetic.REM,
    BinaryOp.BIT_AND: Arithmetic.AND,
    BinaryOp.BIT_OR: Arithmetic.OR,
    BinaryOp.BIT_XOR: Arithmetic.XOR,
    BinaryOp.SHL: Arithmetic.SHL,
    BinaryOp.SHR: Arithmetic.SHR,
}
RELATIONS = {
    BinaryOp.EQ: Relation.EQ,
    BinaryOp.NE: Relation.NE,
    BinaryOp.LT: Relation.LT,
    BinaryOp.LE: Relation.LE,
    BinaryOp.GT: Relation.GT,
    BinaryOp.GE: Relation.GE,
}
_BITS = (Arithmetic.AND, Arithmetic.OR, Arithmetic.XOR)


def truth(node: tree.Expr, c: Checker) -> typed.Expr:
    """A condition."""
    value = expression(node, c, BOOL)
    if isinstance(value.type, BoolType | Broken):
        return value
    if value.type == NEVER:
        return value
    if isinstance(value.type, Optional):
        c.report(MaybeNone(node.span, str(value.type)))
    else:
        c.report(NotATruth(node.span, str(value.type)))
    return broken(node.span)


def number(span: Span, value: int) -> typed.Literal:
    """A number whose type is still open."""
    return typed.Literal(span=span, type=LiteralInt(value), value=value)


@expression.register
def _(node: tree.Unary, c: Checker, expected: Type | None = None) -> typed.Expr:
    if node.op is UnaryOp.NOT:
        value = truth(node.operand, c)
        return typed.Not(span=node.span, type=BOOL, value=value)
    value = expression(node.operand, c, expected)
    if isinstance(value.type, Broken):
        return value
    if isinstance(value.type, LiteralInt):
        n = value.type.value
        return number(node.span, -n if node.op is UnaryOp.NEGATE else wrap(~n, U64))
    if isinstance(value.type, IntType):
        wide = fit(value, widened(value.type), c)
        if node.op is UnaryOp.NEGATE:
            zero = typed.Literal(span=node.span, type=wide.type, value=0)
            return typed.Binary(span=node.span, type=wide.type, op=Arithmetic.SUB, left=zero, right=wide)
        ones = typed.Literal(span=node.span, type=wide.type, value=wrap(-1, wide.type))
        return typed.Binary(span=node.span, type=wide.type, op=Arithmetic.XOR, left=wide, right=ones)
    if value.type == CPUMASK and node.op is not UnaryOp.NEGATE:
        return cpumasks.complement(node.span, value)
    c.report(NoSuchOperator(node.span, str(node.op), str(value.type)))
    return broken(node.span)


@expression.register
def _(node: tree.Binary, c: Checker, expected: Type | None = None) -> typed.Expr:
    if node.op in (BinaryOp.AND, BinaryOp.OR):
        left, right = truth(node.left, c), truth(node.right, c)
        return typed.Logical(
            span=node.span, type=BOOL, conjunction=node.op is BinaryOp.AND, left=left, right=right
        )
    if node.op is BinaryOp.COALESCE:
        return _coalesce(node, c, expected)
    if node.op is BinaryOp.IN and (m := maps.map_named(node.right, c)) is not None:
        return maps.has(node, m, c)
    if node.op is BinaryOp.IN:
        return cpumasks.contains(node, c)
    if node.op is BinaryOp.HAS:
        return _has(node, c)
    if node.op in RELATIONS:
        return _compare(node, c)
    hint = expected if isinstance(expected, FlagsType) else None
    left = expression(node.left, c, hint)
    right = expression(node.right, c, left.type if isinstance(left.type, FlagsType) else hint)
    return arithmetic(node.span, ARITHMETIC[node.op], left, right, c)


def arithmetic(span: Span, op: Arithmetic, left: typed.Expr, right: typed.Expr, c: Checker) -> typed.Expr:
    """`left op right` with both sides typed; folds numbers that are written out."""
    if isinstance(left.type, Broken | type(NEVER)) or isinstance(right.type, Broken | type(NEVER)):
        return broken(span)
    for side in (left, right):
        if isinstance(side.type, Optional):
            c.report(MaybeNone(side.span, str(side.type)))
            return broken(span)
    if CPUMASK in (left.type, right.type):
        return cpumasks.algebra(span, op, left, right, c)
    if isinstance(left.type, LiteralInt) and isinstance(right.type, LiteralInt):
        a, b = left.type.value, right.type.value
        t = I64 if a < 0 or b < 0 else U64
        return number(span, calculate(op, wrap(a, t), wrap(b, t), t))
    if isinstance(left.type, UnitType) or isinstance(right.type, UnitType):
        return _with_units(span, op, left, right, c)
    if is_number(left.type) and is_number(right.type):
        return _numbers(span, op, left, right, c)
    if isinstance(left.type, FlagsType) and left.type == right.type and (op in _BITS or op is Arithmetic.SUB):
        if op is Arithmetic.SUB:  # the left flags without the right ones
            ones = typed.Literal(span=right.span, type=U64, value=(1 << 64) - 1)
            right = typed.Binary(span=right.span, type=right.type, op=Arithmetic.XOR, left=right, right=ones)
            op = Arithmetic.AND
        return typed.Binary(span=span, type=left.type, op=op, left=left, right=right)
    if left.type == BOOL and right.type == BOOL and op in _BITS:
        return typed.Binary(span=span, type=BOOL, op=op, left=left, right=right)
    wrong = right if is_number(left.type) or isinstance(left.type, FlagsType | BoolType) else left
    c.report(NoSuchOperator(span, str(op), _what(wrong.type)))
    return broken(span)


def _what(t: Type) -> str:
    return str(t) if not isinstance(t, LiteralInt) else "a number"


def _numbers(span: Span, op: Arithmetic, left: typed.Expr, right: typed.Expr, c: Checker) -> typed.Expr:
    """Both sides widen to 64 bits; a literal takes the other side's type; a shift's count may have any sign."""
    t = left.type if isinstance(left.type, IntType) else right.type
    assert isinstance(t, IntType)
    wide = widened(t)
    if op in (Arithmetic.SHL, Arithmetic.SHR):
        wide = widened(left.type) if isinstance(left.type, IntType) else U64
        left = fit(left, wide, c)
        right = settle(right)
        if isinstance(right.type, IntType) and right.type != U64:
            right = typed.Convert(span=right.span, type=U64, value=right)
        return typed.Binary(span=span, type=wide, op=op, left=left, right=right)
    if isinstance(left.type, IntType) and isinstance(right.type, IntType) and left.type.signed != right.type.signed:
        to = str(widened(left.type))
        c.report(MixedSigns(span, str(op), str(left.type), str(right.type), right.span, to))
        return broken(span)
    left, right = fit(left, wide, c), fit(right, wide, c)
    if isinstance(left.type, Broken) or isinstance(right.type, Broken):
        return broken(span)
    return typed.Binary(span=span, type=wide, op=op, left=left, right=right)


def _with_units(span: Span, op: Arithmetic, left: typed.Expr, right: typed.Expr, c: Checker) -> typed.Expr:
    """0 fits every unit; else the table of units decides."""
    left, right = _zero_as_unit(left, right, op), _zero_as_unit(right, left, op)
    found = units.joined(op, left.type, right.type)
    if found is None:
        text = units.hint(op, left.type, right.type)
        c.report(MixedUnits(span, str(op), _what(left.type), _what(right.type), left.span, right.span, text))
        return broken(span)
    left, right = (_wide(side) for side in (left, right))
    if isinstance(left, typed.Literal) and isinstance(right, typed.Literal):
        value = calculate(found[0], int(left.value), int(right.value), left.type)
        return typed.Literal(span=span, type=found[1], value=wrap(value, found[1]))  # vtime - vtime is an i64
    return typed.Binary(span=span, type=found[1], op=found[0], left=left, right=right)


def _zero_as_unit(value: typed.Expr, other: typed.Expr, op: Arithmetic) -> typed.Expr:
    if isinstance(value.type, LiteralInt) and value.type.value == 0 and isinstance(other.type, UnitType):
        if op in (Arithmetic.ADD, Arithmetic.SUB):
            return typed.Literal(span=value.span, type=other.type, value=0)
    return value


def _wide(value: typed.Expr) -> typed.Expr:
    value = settle(value)
    if isinstance(value.type, IntType) and value.type.bits < 64:
        return typed.Convert(span=value.span, type=widened(value.type), value=value)
    return value


def _compare(node: tree.Binary, c: Checker) -> typed.Expr:
    if node.op in (BinaryOp.EQ, BinaryOp.NE) and isinstance(node.right, tree.NoneLiteral):
        return _against_none(node, c)
    left = expression(node.left, c)
    right = expression(node.right, c, left.type)
    relation = RELATIONS[node.op]
    if isinstance(left.type, Broken) or isinstance(right.type, Broken):
        return broken(node.span)
    if left.type == right.type == CPUMASK and relation in (Relation.EQ, Relation.NE):
        return cpumasks.equal(node.span, relation is Relation.EQ, left, right)
    if isinstance(left.type, TextType) and isinstance(right.type, TextType) and relation in (Relation.EQ, Relation.NE):
        return texts.equal(node.span, relation is Relation.EQ, left, right, c)
    sides = comparable(node.span, str(node.op), left, right, relation in (Relation.EQ, Relation.NE), c)
    if sides is None:
        return broken(node.span)
    left, right = sides
    if isinstance(left, typed.Literal) and isinstance(right, typed.Literal):
        value = related(relation, int(left.value), int(right.value), left.type)
        return typed.Literal(span=node.span, type=BOOL, value=value)
    return typed.Compare(span=node.span, type=BOOL, relation=relation, left=left, right=right)


def _against_none(node: tree.Binary, c: Checker) -> typed.Expr:
    """`p.mm == none`: pointers of the kernel may be NULL, and reading behind one gives 0. `x == none` of a `T?` asks the same."""
    value = expression(node.left, c)
    if isinstance(value.type, Broken):
        return broken(node.span)
    pointer = isinstance(value, typed.KernelField) and not value.embedded and isinstance(value.type, KernelStruct | TaskType)
    if not pointer and not isinstance(value.type, Optional):
        c.report(NotOptional(node.left.span, _what(value.type)))
        return broken(node.span)
    found = typed.HoldsNothing(span=node.span, type=BOOL, value=value)
    return found if node.op is BinaryOp.EQ else typed.Not(span=node.span, type=BOOL, value=found)


def comparable(
    span: Span, op: str, left: typed.Expr, right: typed.Expr, equality: bool, c: Checker
) -> tuple[typed.Expr, typed.Expr] | None:
    """Both sides in one type that has an order (or only equality); reports where there is none."""
    for side in (left, right):
        if isinstance(side.type, Optional):
            c.report(MaybeNone(side.span, str(side.type)))
            return None
    if is_number(left.type) and is_number(right.type):
        a, b = left.type, right.type
        if isinstance(a, IntType) and isinstance(b, IntType) and a.signed != b.signed:
            c.report(MixedSigns(span, op, str(a), str(b), right.span, str(widened(a))))
            return None
        if isinstance(a, LiteralInt) and isinstance(b, LiteralInt):
            wide: IntType = I64 if a.value < 0 or b.value < 0 else U64
        else:
            known = a if isinstance(a, IntType) else b
            assert isinstance(known, IntType)
            wide = widened(known)
        return _both(fit(left, wide, c), fit(right, wide, c))
    if isinstance(left.type, UnitType) or isinstance(right.type, UnitType):
        a, b = _zero_as_unit(left, right, Arithmetic.ADD), _zero_as_unit(right, left, Arithmetic.ADD)
        if a.type == b.type:
            return a, b
        text = units.hint(Arithmetic.ADD, a.type, b.type)
        c.report(MixedUnits(span, op, _what(a.type), _what(b.type), a.span, b.span, text))
        return None
    same = left.type == right.type
    if same and (isinstance(left.type, IndexType) or equality and isinstance(left.type, BoolType | FlagsType)):
        return left, right
    if same and equality and isinstance(left.type, EnumType) and not any(v.fields for v in left.type.variants):
        return left, right  # variants that carry something are told apart by `match`
    if same:
        c.report(NoSuchOperator(span, op, _what(left.type)))
    else:
        c.report(WrongType(right.span, _what(left.type), _what(right.type), left.span, f"because this is {left.type}"))
    return None


def _both(left: typed.Expr, right: typed.Expr) -> tuple[typed.Expr, typed.Expr] | None:
    if isinstance(left.type, Broken) or isinstance(right.type, Broken):
        return None
    return left, right


def _has(node: tree.Binary, c: Checker) -> typed.Expr:
    left = expression(node.left, c)
    right = expression(node.right, c, left.type)
    if isinstance(left.type, Broken) or isinstance(right.type, Broken):
        return broken(node.span)
    if not isinstance(left.type, FlagsType):
        c.report(NoSuchOperator(node.span, "has", _what(left.type)))
        return broken(node.span)
    return typed.FlagTest(span=node.span, left=left, right=fit(right, left.type, c))


def _coalesce(node: tree.Binary, c: Checker, expected: Type | None) -> typed.Expr:
    left = expression(node.left, c)
    if isinstance(left.type, Broken):
        return left
    if not isinstance(left.type, Optional):
        c.report(NotOptional(node.left.span, str(left.type)))
        return broken(node.span)
    right = expression(node.right, c, left.type.of)
    joint = common(left.type.of, right.type)
    if right.type == left.type:
        joint = left.type
    if joint is None:
        c.report(WrongType(right.span, str(left.type.of), str(right.type), left.span, f"this is {left.type}"))
        return broken(node.span)
    return typed.Coalesce(span=node.span, type=joint, left=left, right=fit(right, joint, c))


@expression.register
def _(node: tree.Cast, c: Checker, expected: Type | None = None) -> typed.Expr:
    to = resolve(node.type, c)
    value = expression(node.value, c)
    if isinstance(value.type, Broken) or isinstance(to, Broken):
        return typed.Literal(span=node.span, type=to if not isinstance(to, Broken) else BROKEN, value=0)
    if not castable(value.type, to):
        c.report(WrongType(node.span, f"something that `as` turns into {to}", str(value.type)))
        return broken(node.span)
    if isinstance(value.type, LiteralInt):
        return typed.Literal(span=node.span, type=to, value=wrap(value.type.value, to))
    return typed.Convert(span=node.span, type=to, value=value)
