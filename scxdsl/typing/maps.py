# SPDX-License-Identifier: GPL-2.0-only
"""`map` declarations and what can be done with maps."""

from scxdsl.syntax import tree

from . import owners, typed
from .checker import Checker, broken, declare, expression
from .convert import fit
from .errors_maps import BadMap, NotOnThisMap
from .errors_owners import KeepWanted
from .errors_types import NotYet, WrongArguments
from .type_names import constant_number, resolve
from .types import (
    BOOL,
    BROKEN,
    U64,
    ArrayType,
    BoolType,
    Broken,
    DsqType,
    EnumType,
    FlagsType,
    IndexType,
    IntType,
    Optional,
    StructType,
    TupleType,
    Type,
    UnitType,
    is_owner,
    owns,
)

_KINDS = {"hash": 2, "lru": 2, "array": 1, "queue": 1, "stack": 1}
_PLAIN = (ArrayType, BoolType, DsqType, EnumType, FlagsType, IndexType, IntType, Optional, StructType, TupleType, UnitType)


@declare.register
def _(node: tree.MapDecl, c: Checker) -> None:
    kind = node.kind.text
    if kind not in _KINDS:
        c.report(BadMap(node.kind.span, f"there is no map of kind `{kind}`", "known are " + ", ".join(_KINDS)))
        return
    if len(node.arguments) != _KINDS[kind]:
        c.report(BadMap(node.kind.span, f"`{kind}` is made for {_KINDS[kind]} types", f"not {len(node.arguments)}"))
        return
    if node.indices:
        c.report(NotYet(node.span, what="rows of maps"))
    types = [resolve(t, c) for t in node.arguments]
    for i, (t, where) in enumerate(zip(types, node.arguments, strict=True)):
        if owns(t) and not (is_owner(t) and i == len(types) - 1 and kind in ("hash", "lru", "array")):
            types[i] = owners.forbidden(t, where.span, "a key" if i < len(types) - 1 else f"a {kind}", c)
            continue
        if not isinstance(t, (*_PLAIN, Broken)):
            c.report(BadMap(where.span, f"a {t} cannot lie in a map", "not plain data"))
    capacity = constant_number(node.capacity, c, "the capacity of a map")
    if capacity is not None and not 0 < capacity <= 1 << 30:
        c.report(BadMap(node.capacity.span, "a map holds 1 entry or more", "out of range"))
    key = types[0] if len(types) == 2 else (U64 if kind == "array" else None)
    made = typed.MapObject(node.name.text, kind, key, types[-1], capacity or 1, node.name.span)
    if c.names.declare(node.name, made):
        c.policy.maps.append(made)


def map_named(node: tree.Expr, c: Checker) -> typed.MapObject | None:
    """The map that an expression names."""
    if isinstance(node, tree.NameExpr) and c.locals.find(node.name.text) is None:
        found = c.names.known.get(node.name.text)
        return found if isinstance(found, typed.MapObject) else None
    return None


def _key(node: tree.Expr, m: typed.MapObject, c: Checker) -> typed.Expr:
    assert m.key is not None
    return fit(expression(node, c, m.key), m.key, c, m.span, f"because the keys are {m.key}")


def owner_place(node: tree.Index, m: typed.MapObject, c: Checker) -> typed.Place | None:
    """`m[k]` where the values are owners; of other maps it is no place."""
    if m.key is None or not is_owner(m.value):
        return None
    return typed.MapPlace(span=node.span, type=m.value, map=m, key=_key(node.index, m, c))


def get(node: tree.Index, m: typed.MapObject, c: Checker) -> typed.Expr:
    """`m[k]`."""
    if m.key is None:
        c.report(NotOnThisMap(node.span, m.kind, "[…]"))
        return broken(node.span)
    key = _key(node.index, m, c)
    return typed.MapGet(span=node.span, type=BROKEN if m.value == BROKEN else Optional(m.value), map=m, key=key)


def put(node: tree.Assign, target: tree.Index, m: typed.MapObject, c: Checker) -> list[typed.Stmt]:
    """`m[k] = v`."""
    if is_owner(m.value):
        c.report(KeepWanted(target.span, target.span.text))
        return []
    if m.key is None or node.op is not None:
        c.report(NotOnThisMap(node.span, m.kind, f"[…] {node.op or ''}="))
        return []
    key = _key(target.index, m, c)
    value = fit(expression(node.value, c, m.value), m.value, c, m.span, f"because the values are {m.value}")
    call = typed.MapPut(span=node.span, type=BOOL, map=m, key=key, value=value)
    return [typed.Evaluate(span=node.span, value=call)]


def has(node: tree.Binary, m: typed.MapObject, c: Checker) -> typed.Expr:
    """`k in m`."""
    if m.key is None:
        c.report(NotOnThisMap(node.span, m.kind, "in"))
        return broken(node.span)
    return typed.MapHas(span=node.span, type=BOOL, map=m, key=_key(node.left, m, c))


_WITH_KEYS = {"put": 2, "add": 2, "remove": 1}
_WITHOUT = {"push": 1, "pop": 0, "peek": 0}


def method(node: tree.Call, member: tree.Member, m: typed.MapObject, c: Checker) -> typed.Expr:
    """`m.put(k, v)`, `q.push(v)`, …"""
    name = member.name.text
    counts = _WITHOUT if m.key is None else _WITH_KEYS
    if is_owner(m.value) and name in ("put", "add"):
        c.report(KeepWanted(node.span, f"{m.name}[…]"))
        return broken(node.span)
    if name not in counts:
        c.report(NotOnThisMap(member.name.span, m.kind, name))
        return broken(node.span)
    if len(node.arguments) != counts[name] or any(a.name for a in node.arguments):
        signature = {"put": "(k, v)", "add": "(k, v)", "remove": "(k)", "push": "(v)"}.get(name, "()")
        c.report(WrongArguments(node.span, f"`{name}` takes {counts[name]} arguments", name, signature, m.span))
        return broken(node.span)
    given = [a.value for a in node.arguments]

    def value(at: int) -> typed.Expr:
        return fit(expression(given[at], c, m.value), m.value, c, m.span, f"because the values are {m.value}")

    match name:
        case "put" | "add":
            key = _key(given[0], m, c)
            return typed.MapPut(span=node.span, type=BOOL, map=m, key=key, value=value(1), only_new=name == "add")
        case "remove":
            return typed.MapRemove(span=node.span, type=BOOL, map=m, key=_key(given[0], m, c))
        case "push":
            return typed.MapPush(span=node.span, type=BOOL, map=m, value=value(0))
    held: Type = BROKEN if m.value == BROKEN else Optional(m.value)
    return typed.MapPop(span=node.span, type=held, map=m, peek=name == "peek")
