# SPDX-License-Identifier: GPL-2.0-only
"""Structs, enums, arrays and constant tables: their declarations, values and elements."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, declare, expression, place
from .convert import fit, settle
from .errors_data import EndlessType, MissingField, MixedElements, NotAnArray
from .errors_names import UnknownConstant
from .errors_types import NotAssignable, NotATuple, NotConstant, OutOfRange, WrongArguments
from .plain import plain, written
from .scope import once
from .type_names import bare, constant_number, resolve
from .types import (
    BROKEN,
    U64,
    ArrayType,
    Broken,
    EnumType,
    StructField,
    StructType,
    TupleType,
    Type,
    Variant,
    is_owner,
)
from .walking import ITERABLES, bound, looped

# ---- declarations


@declare.register
def _(node: tree.StructDecl, c: Checker) -> None:
    name = node.name.text
    if name in c.policy.types:
        return  # declared already, because another type needed it
    if name in c.opening:
        c.report(EndlessType(node.name.span, name))
        return
    c.opening.add(name)
    once((f.name for f in node.fields), c.diagnostics)
    fields = tuple(StructField(f.name.text, bare(resolve(f.type, c), f.type, "a struct", c), _default(f, c), f.atomic) for f in node.fields)
    c.opening.discard(name)
    made = StructType(c.prefix + name, fields)
    c.policy.types[name] = made
    if c.names.declare(node.name, made):
        c.policy.structs.append(made)


def _default(node: tree.FieldDecl, c: Checker) -> object:
    """The plain value that a field has where none is given."""
    if node.value is None:
        return None
    t = resolve(node.type, c)
    value = fit(expression(node.value, c, t), t, c)
    if isinstance(value.type, Broken):
        return None
    found = plain(value)
    if found is None:
        c.report(NotConstant(node.value.span, "the default of a field"))
    return found


@declare.register
def _(node: tree.EnumDecl, c: Checker) -> None:
    name = node.name.text
    if name in c.policy.types:
        return
    if name in c.opening:
        c.report(EndlessType(node.name.span, name))
        return
    c.opening.add(name)
    variants = []
    once((v.name for v in node.variants), c.diagnostics)
    for v in node.variants:
        once((p.name for p in v.payload if p.name), c.diagnostics)
        fields = tuple(
            StructField(p.name.text if p.name else str(i), bare(resolve(p.type, c), p.type, "a variant", c)) for i, p in enumerate(v.payload)
        )
        variants.append(Variant(v.name.text, fields))
    c.opening.discard(name)
    made = EnumType(c.prefix + name, tuple(variants))
    c.policy.types[name] = made
    if c.names.declare(node.name, made):
        c.policy.enums.append(made)


# ---- values


def struct_value(node: tree.Call, t: StructType, c: Checker) -> typed.Expr:
    """`S(x: 1, y: 2)`, or the fields in order."""
    fields: list[typed.Expr | None] = [None] * len(t.fields)
    order: list[int] = []
    for position, argument in enumerate(node.arguments):
        at = position
        if argument.name is not None:
            at = next((i for i, f in enumerate(t.fields) if f.name == argument.name.text), -1)
            if at < 0:
                c.report(MissingField(argument.name.span, t.name, argument.name.text, tuple(f.name for f in t.fields)))
                continue
        if at >= len(t.fields) or fields[at] is not None:
            problem = f"`{t.name}` has {len(t.fields)} fields" if at >= len(t.fields) else "a field is given twice"
            c.report(WrongArguments(argument.span, problem, t.name, ", ".join(f.name for f in t.fields)))
            continue
        want = t.fields[at].type
        fields[at] = fit(expression(argument.value, c, want), want, c, node.function.span, f"a field of type {want}")
        order.append(at)
    for i, f in enumerate(t.fields):
        if fields[i] is None and f.default is not None:
            fields[i] = written(f.default, f.type, node.span)
            order.append(i)
    return typed.StructValue(span=node.span, type=t, fields=fields, order=order)


def variant_value(span: Span, name: tree.Name, arguments: tuple[tree.Argument, ...], t: EnumType, c: Checker) -> typed.Expr:
    """`.pid(3)`, or `.idle` without a payload."""
    variant = t.variant(name.text)
    if variant is None:
        c.report(UnknownConstant(name.span, f"values of {t.name}", name.text, tuple(v.name for v in t.variants)))
        return broken(span)
    if len(arguments) != len(variant.fields):
        signature = "(" + ", ".join(f"{f.name}: {f.type}" for f in variant.fields) + ")"
        c.report(WrongArguments(span, f"`.{variant.name}` takes {len(variant.fields)} values", variant.name, signature))
        return broken(span)
    payload: list[typed.Expr] = []
    for argument, f in zip(arguments, variant.fields, strict=True):
        if argument.name is not None and argument.name.text != f.name:
            known = tuple(x.name for x in variant.fields)
            c.report(MissingField(argument.name.span, f".{variant.name}", argument.name.text, known))
        payload.append(fit(expression(argument.value, c, f.type), f.type, c))
    return typed.VariantValue(span=span, type=t, variant=variant.name, payload=payload)


@expression.register
def _(node: tree.ArrayExpr, c: Checker, expected: Type | None = None) -> typed.Expr:
    of = expected.of if isinstance(expected, ArrayType) else None
    items = [expression(item, c, of) for item in node.items]
    if of is None:
        items = [settle(item) for item in items]
        of = items[0].type if items else BROKEN
    items = [fit(item, of, c, items[0].span, "because of the first element") for item in items]
    length = len(items)
    if isinstance(expected, ArrayType) and (length > expected.length or length < expected.length and not expected.bounded):
        c.report(MixedElements(node.span, f"{expected} expected", f"{length} elements"))
        return broken(node.span)
    if any(isinstance(item.type, Broken) for item in items):
        return broken(node.span)
    t = expected if isinstance(expected, ArrayType) else ArrayType(of, length)
    return typed.ArrayValue(span=node.span, type=t, items=items, repeat=None)


@expression.register
def _(node: tree.ArrayRepeat, c: Checker, expected: Type | None = None) -> typed.Expr:
    of = expected.of if isinstance(expected, ArrayType) else None
    item = expression(node.value, c, of)
    item = fit(item, of, c) if of is not None else settle(item)
    count = constant_number(node.length, c, "the number of elements")
    if count is None or isinstance(item.type, Broken):
        return broken(node.span)
    return typed.ArrayValue(span=node.span, type=ArrayType(item.type, count), items=[item], repeat=count)


def element_place(node: tree.Index, outer: typed.Place, c: Checker) -> typed.Place:
    """An element of an array that is a place."""
    t = outer.type
    assert isinstance(t, ArrayType)
    index, checked = index_of(node.index, t, c)
    return typed.IndexPlace(span=node.span, type=t.of, base=outer, index=index, checked=checked)


def index_of(node: tree.Expr, t: ArrayType, c: Checker) -> tuple[typed.Expr, bool]:
    """An index, and whether it has to be checked where it runs."""
    index = fit(expression(node, c, U64), U64, c)
    if isinstance(index, typed.Literal) and not isinstance(index.type, Broken):
        if int(index.value) >= t.length:
            c.report(OutOfRange(index.span, int(index.value), f"an index of {t}", 0, t.length - 1))
        return index, t.bounded
    return index, True


def element_of(node: tree.Index, base: typed.Expr, c: Checker) -> typed.Expr:
    """An element of an array that is no place."""
    if not isinstance(base.type, ArrayType):
        if not isinstance(base.type, Broken):
            c.report(NotAnArray(node.object.span, str(base.type)))
        return broken(node.span)
    index, checked = index_of(node.index, base.type, c)
    return typed.ElementOf(span=node.span, type=base.type.of, value=base, index=index, checked=checked)


# ---- statements


def let_ref(node: tree.Let, target: tree.Ref, c: Checker) -> list[typed.Stmt]:
    where = place(target.place, c)
    if where is None:
        c.report(NotAssignable(target.place.span, target.place.span.text, "`ref` names a place, this is a value"))
        return []
    variable = bound(node.pattern, where.type, c, mutable=node.mutable)
    if variable is None:
        return []
    variable.reference = node.mutable or is_owner(where.type)
    return [typed.LetRef(span=node.span, variable=variable, place=where)]


def assign_tuple(node: tree.Assign, target: tree.TupleExpr, assignable, c: Checker) -> list[typed.Stmt]:
    """`(a, b) = e`."""
    places: list[typed.Place | None] = []
    for item in target.items:
        if isinstance(item, tree.NameExpr) and item.name.text == "_":
            places.append(None)
            continue
        where = place(item, c)
        if where is None:
            c.report(NotAssignable(item.span, item.span.text, "a value, not a place"))
            return []
        if not assignable(where, c):
            return []
        places.append(where)
    expected = TupleType(tuple(BROKEN if p is None else p.type for p in places))
    value = expression(node.value, c, None if None in places else expected)
    if not isinstance(value.type, TupleType) or len(value.type.items) != len(places):
        if not isinstance(value.type, Broken):
            c.report(NotATuple(node.value.span, len(places), str(value.type)))
        return []
    for p, t in zip(places, value.type.items, strict=True):
        if p is not None and p.type != t:
            fit(typed.Literal(span=node.value.span, type=t, value=0), p.type, c, p.span, f"because this is {p.type}")
    return [typed.AssignTuple(span=node.span, places=places, value=value)]


def _for_array(loop: tree.For, value: typed.Expr, c: Checker) -> list[typed.Stmt]:
    assert isinstance(value.type, ArrayType)
    if not isinstance(value, typed.Read):
        c.report(NotAssignable(loop.iterable.span, loop.iterable.span.text, "give the array a name first"))
        return []
    variable = bound(loop.pattern, value.type.of, c)
    body, otherwise = looped(loop, c)
    return [typed.ForArray(span=loop.span, variable=variable, array=value.place, body=body, otherwise=otherwise)]


ITERABLES[ArrayType] = _for_array
