# SPDX-License-Identifier: GPL-2.0-only
"""Values that are written out, and the kernel's constants."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import cpusets, typed
from .checker import Checker, broken, expression
from .convert import fit, settle
from .data import variant_value
from .errors_control import RangeIsNoValue
from .errors_names import ConstantWithoutType, UnknownConstant
from .errors_texts import TextWithValues
from .errors_types import WrongType
from .operators import number
from .types import BOOL, CPUMASK, CPUSET, DURATION, NOTHING, EnumType, FlagsType, Optional, TextType, TupleType, Type


@expression.register
def _(node: tree.IntLiteral, c: Checker, expected: Type | None = None) -> typed.Expr:
    return number(node.span, node.value)


@expression.register
def _(node: tree.DurationLiteral, c: Checker, expected: Type | None = None) -> typed.Expr:
    return typed.Literal(span=node.span, type=DURATION, value=node.value)


@expression.register
def _(node: tree.InfLiteral, c: Checker, expected: Type | None = None) -> typed.Expr:
    return typed.Literal(span=node.span, type=DURATION, value=(1 << 64) - 1)


@expression.register
def _(node: tree.BoolLiteral, c: Checker, expected: Type | None = None) -> typed.Expr:
    return typed.Literal(span=node.span, type=BOOL, value=node.value)


@expression.register
def _(node: tree.StringLiteral, c: Checker, expected: Type | None = None) -> typed.Expr:
    if node.plain is None:
        c.report(TextWithValues(node.span))
        return broken(node.span)
    if expected == CPUSET or isinstance(expected, Optional) and expected.of == CPUSET:
        return cpusets.written(node.span, node.plain, c)
    return typed.Literal(span=node.span, type=TextType(len(node.plain.encode()) + 1), value=node.plain)


@expression.register
def _(node: tree.Range, c: Checker, expected: Type | None = None) -> typed.Expr:
    c.report(RangeIsNoValue(node.span))
    return broken(node.span)


@expression.register
def _(node: tree.NoneLiteral, c: Checker, expected: Type | None = None) -> typed.Expr:
    if isinstance(expected, Optional):
        return typed.Absent(span=node.span, type=expected)
    c.report(WrongType(node.span, str(expected) if expected else "a value", "none"))
    return broken(node.span)


@expression.register
def _(node: tree.EmptySet, c: Checker, expected: Type | None = None) -> typed.Expr:
    if isinstance(expected, FlagsType) or expected == CPUSET:
        return typed.Literal(span=node.span, type=expected, value=0)
    if expected == CPUMASK:
        return typed.EmptyMask(span=node.span, type=CPUMASK)
    return typed.BlockValue(span=node.span, type=NOTHING, statements=[], value=None)


@expression.register
def _(node: tree.TupleExpr, c: Checker, expected: Type | None = None) -> typed.Expr:
    inner = expected.of if isinstance(expected, Optional) else expected
    wanted = inner.items if isinstance(inner, TupleType) and len(inner.items) == len(node.items) else None
    items = []
    for i, item in enumerate(node.items):
        value = expression(item, c, wanted[i] if wanted else None)
        items.append(fit(value, wanted[i], c) if wanted else settle(value))
    return typed.TupleValue(span=node.span, type=TupleType(tuple(i.type for i in items)), items=items)


@expression.register
def _(node: tree.ErrorExpr, c: Checker, expected: Type | None = None) -> typed.Expr:
    return broken(node.span)


@expression.register
def _(node: tree.DotName, c: Checker, expected: Type | None = None) -> typed.Expr:
    if isinstance(expected, Optional):
        expected = expected.of
    if isinstance(expected, FlagsType):
        return kernel_constant(node.span, node.name.text, expected, c)
    if isinstance(expected, EnumType):
        return variant_value(node.span, node.name, (), expected, c)
    c.report(ConstantWithoutType(node.span, node.name.text))
    return broken(node.span)


def kernel_constant(span: Span, name: str, flags: FlagsType, c: Checker) -> typed.Expr:
    """`.idle` among the kick flags: SCX_KICK_IDLE, on whichever declared kernel has it."""
    values = c.target.constants(flags.enum)
    full = flags.prefix + name.upper()
    if full not in values:
        known = tuple(k.removeprefix(flags.prefix).lower() for k in values if k.startswith(flags.prefix))
        c.report(UnknownConstant(span, flags.title, name, known))
        return broken(span)
    return typed.KernelConstant(span=span, type=flags, enum=flags.enum, name=full, known=values[full])
