# SPDX-License-Identifier: GPL-2.0-only
"""From types as they are written to types."""

from scxdsl.syntax import tree

from . import modules, owners, typed
from .c_names import TYPES
from .checker import Checker, declare, expression
from .errors_cpumasks import MaskInside
from .errors_names import UnknownType, close_to
from .errors_types import NotConstant
from .types import BROKEN, CPUMASK, SIMPLE_NAMES, ArrayType, LiteralInt, Optional, TextType, TupleType, Type


FLAG_NAMES = {f"{'idle' if short == 'pick' else short}_flags": t for short, t in typed.FLAG_TYPES.items() if short != "ops"}


def resolve(node: tree.TypeExpr, c: Checker) -> Type:
    """The type that is written; reports and gives BROKEN where there is none."""
    match node:
        case tree.NamedType(module=tree.Name()):
            return modules.type_of(node, c)
        case tree.NamedType(name=name, module=None):
            simple = SIMPLE_NAMES.get(name.text) or FLAG_NAMES.get(name.text)
            if simple is not None:
                return simple
            if name.text in c.pending and name.text not in c.policy.types:
                declare(c.pending[name.text], c)
            if name.text in c.policy.types:
                return c.policy.types[name.text]
            if name.text in c.pending:
                return BROKEN  # it contains itself, which was reported
            known = [*SIMPLE_NAMES, *FLAG_NAMES, *c.policy.types]
            c.report(UnknownType(name.span, name.text, TYPES.get(name.text) or close_to(name.text, known)))
            return BROKEN
        case tree.OptionalType(inner=inner):
            of = resolve(inner, c)
            return of if of == BROKEN else Optional(bare(of, inner, "an optional", c))
        case tree.TupleType(items=items):
            return TupleType(tuple(bare(resolve(item, c), item, "a tuple", c) for item in items))
        case tree.ArrayType(element=element, length=length, bounded=bounded):
            what = "an array of varying length" if bounded else "an array"
            of, n = bare(resolve(element, c), element, what, c), constant_number(length, c, "the length of an array")
            return BROKEN if of == BROKEN or n is None else ArrayType(of, n, bounded)
        case tree.SizedType(name=name, size=size) if name.text == "str":
            n = constant_number(size, c, "the size of a text")
            return BROKEN if n is None else TextType(n)
        case tree.GenericType(name=name):  # the kinds of maps are no types; a slot is one, of whatever tree
            c.report(UnknownType(node.span, node.span.text, "slot" if name.text == "slot" else None))
    return BROKEN


def bare(t: Type, node: tree.TypeExpr, what: str, c: Checker) -> Type:
    """The type of a part of something that is copied as plain bytes."""
    if t == CPUMASK:
        c.report(MaskInside(node.span, what))
        return BROKEN
    return owners.part(t, node.span, what, c)


def constant_number(node: tree.Expr, c: Checker, what: str) -> int | None:
    """A number known when the policy is compiled; reports where it is none."""
    value = expression(node, c)
    if value.type == BROKEN:
        return None
    if isinstance(value, typed.Literal) and not isinstance(value.value, str):
        return int(value.value) if not isinstance(value.type, LiteralInt) else value.type.value
    c.report(NotConstant(node.span, what))
    return None
