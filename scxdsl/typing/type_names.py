# SPDX-License-Identifier: GPL-2.0-only
"""From types as they are written to types."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, expression
from .errors_names import UnknownType, close_to
from .errors_types import NotConstant, NotYet
from .types import BROKEN, SIMPLE_NAMES, ArrayType, EnumType, LiteralInt, Optional, StructType, TextType, TupleType, Type


def resolve(node: tree.TypeExpr, c: Checker) -> Type:
    """The type that is written; reports and gives BROKEN where there is none."""
    match node:
        case tree.NamedType(name=name, module=None):
            if name.text in SIMPLE_NAMES:
                return SIMPLE_NAMES[name.text]
            found = c.names.known.get(name.text)
            if isinstance(found, StructType | EnumType):
                return found
            known = [*SIMPLE_NAMES, *(n for n, d in c.names.known.items() if isinstance(d, StructType | EnumType))]
            habit = {"int": "i32", "long": "i64", "unsigned": "u32", "float": None, "size_t": "u64"}.get(name.text)
            c.report(UnknownType(name.span, name.text, habit or close_to(name.text, known)))
            return BROKEN
        case tree.OptionalType(inner=inner):
            of = resolve(inner, c)
            return of if of == BROKEN else Optional(of)
        case tree.TupleType(items=items):
            return TupleType(tuple(resolve(item, c) for item in items))
        case tree.ArrayType(element=element, length=length, bounded=bounded):
            of, n = resolve(element, c), constant_number(length, c, "the length of an array")
            return BROKEN if of == BROKEN or n is None else ArrayType(of, n, bounded)
        case tree.SizedType(name=name, size=size) if name.text == "str":
            n = constant_number(size, c, "the size of a text")
            return BROKEN if n is None else TextType(n)
    c.report(NotYet(node.span, what="this type"))
    return BROKEN


def constant_number(node: tree.Expr, c: Checker, what: str) -> int | None:
    """A number known when the policy is compiled; reports where it is none."""
    value = expression(node, c)
    if value.type == BROKEN:
        return None
    if isinstance(value, typed.Literal) and not isinstance(value.value, str):
        return int(value.value) if not isinstance(value.type, LiteralInt) else value.type.value
    c.report(NotConstant(node.span, what))
    return None
