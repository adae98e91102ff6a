# SPDX-License-Identifier: GPL-2.0-only
"""`map` declarations and what can be done with maps."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import owners, typed
from .checker import Checker, broken, declare, expression
from .convert import fit, settle
from .errors_maps import BadMap, MapRow, NotOnThisMap
from .errors_owners import KeepWanted
from .errors_types import OutOfRange, WrongArguments
from .state import MEMBERS, rows_of
from .type_names import constant_number, resolve
from .types import (
    BOOL,
    BROKEN,
    U64,
    ArrayType,
    BoolType,
    Broken,
    CpusetType,
    DsqType,
    EnumType,
    FlagsType,
    IndexType,
    IntType,
    Optional,
    StructType,
    TextType,
    TupleType,
    Type,
    UnitType,
    is_owner,
    owns,
)

_KINDS = {"hash": 2, "lru": 2, "array": 1, "queue": 1, "stack": 1}
_PLAIN = (ArrayType, BoolType, CpusetType, DsqType, EnumType, FlagsType, IndexType, IntType, Optional, StructType, TextType, TupleType, UnitType)


MOST_MAPS = 48  # of all rows together


@declare.register
def _(node: tree.MapDecl, c: Checker) -> None:
    made = _made(node, node.name.text, c)
    if made is None:
        return
    if len(node.indices) > 1:
        c.report(MapRow(node.indices[1].span, node.name.text, "a row of maps has one index", "make it one number, `i * n + j`"))
    elif node.indices:
        made.count = constant_number(node.indices[0], c, "the number of maps")
        _countable(made, node.indices[0].span, c)
    if c.names.declare(node.name, made):
        c.policy.maps.append(made)


def _member(node: tree.MapDecl, rows: typed.Rows, c: Checker) -> None:
    """A map of each row of a table."""
    name = node.name.text
    if rows.capacity is None:
        kept = "an array field" if node.kind.text == "array" else "a `dsq`" if node.kind.text in ("queue", "stack") else "a field"
        edit = f"one map for all, with the {rows.kind} as a part of its key; or {kept} of the {rows.kind}"
        c.report(MapRow(node.name.span, name, f"how many there are of a {rows.kind} is not known when maps are made", edit))
        return
    if node.indices:
        c.report(MapRow(node.indices[0].span, name, "a row of a table has one map of that name, not a row of them", "give the table more rows"))
    made = _made(node, f"{rows.kind}_{name}", c)
    if made is None:
        return
    made.count = rows.capacity
    _countable(made, node.name.span, c)
    rows.maps[name] = made
    c.policy.maps.append(made)


MEMBERS[tree.MapDecl] = _member


def _countable(made: typed.MapObject, span: Span, c: Checker) -> None:
    total = sum(m.count or 0 for m in c.policy.maps) + (made.count or 1)
    if made.count is not None and not 1 <= made.count <= MOST_MAPS or total > MOST_MAPS:
        problem = f"{total} maps in rows: from 1 to {MOST_MAPS}"
        c.report(MapRow(span, made.name, problem, "one map for all, with the row as a part of its key"))
        made.count = 1


def _made(node: tree.MapDecl, name: str, c: Checker) -> typed.MapObject | None:
    kind = node.kind.text
    if kind not in _KINDS:
        c.report(BadMap(node.kind.span, f"there is no map of kind `{kind}`", "known are " + ", ".join(_KINDS)))
        return None
    if len(node.arguments) != _KINDS[kind]:
        c.report(BadMap(node.kind.span, f"`{kind}` is made for {_KINDS[kind]} types", f"not {len(node.arguments)}"))
        return None
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
    return typed.MapObject(name, kind, key, types[-1], capacity or 1, node.name.span)


def map_named(node: tree.Expr, c: Checker) -> typed.MapUse | None:
    """The map that an expression names: `m`, `m[i]` of a row, `d.m` of a table's row."""
    match node:
        case tree.NameExpr():
            m = _declared(node, c)
            return None if m is None or m.count is not None else typed.MapUse(m)
        case tree.Index(object=tree.NameExpr() as name, index=index):
            m = _declared(name, c)
            return None if m is None or m.count is None else typed.MapUse(m, _row(index, m, c))
        case tree.Member(object=object, name=name):
            if any(name.text in rows.maps for rows in c.policy.rows.values()):
                base = expression(object, c)
                rows = rows_of(base.type, c)
                found = rows.maps.get(name.text) if rows is not None else None
                if found is not None:
                    return typed.MapUse(found, typed.Convert(span=base.span, type=U64, value=base))
    return None


def _declared(node: tree.NameExpr, c: Checker) -> typed.MapObject | None:
    found = c.names.known.get(node.name.text) if c.locals.find(node.name.text) is None else None
    return found if isinstance(found, typed.MapObject) else None


def _row(node: tree.Expr, m: typed.MapObject, c: Checker) -> typed.Expr:
    """The number of a map in its row."""
    row = settle(expression(node, c))
    if isinstance(row.type, IndexType):  # any index is a number
        return typed.Convert(span=row.span, type=U64, value=row)
    row = fit(row, U64, c)
    if isinstance(row, typed.Literal) and not isinstance(row.type, Broken) and int(row.value) >= (m.count or 1):
        c.report(OutOfRange(row.span, int(row.value), f"the row {m.name}", 0, (m.count or 1) - 1))
    return row


def _key(node: tree.Expr, m: typed.MapObject, c: Checker) -> typed.Expr:
    assert m.key is not None
    return fit(expression(node, c, m.key), m.key, c, m.span, f"because the keys are {m.key}")


def owner_place(node: tree.Index, use: typed.MapUse, c: Checker) -> typed.Place | None:
    """`m[k]` where the values are owners; of other maps it is no place."""
    m = use.map
    if m.key is None or not is_owner(m.value):
        return None
    return typed.MapPlace(span=node.span, type=m.value, map=m, row=use.row, key=_key(node.index, m, c))


def get(node: tree.Index, use: typed.MapUse, c: Checker) -> typed.Expr:
    """`m[k]`."""
    m = use.map
    if m.key is None:
        c.report(NotOnThisMap(node.span, m.kind, "[…]"))
        return broken(node.span)
    key = _key(node.index, m, c)
    return typed.MapGet(span=node.span, type=BROKEN if m.value == BROKEN else Optional(m.value), map=m, row=use.row, key=key)


def put(node: tree.Assign, target: tree.Index, use: typed.MapUse, c: Checker) -> list[typed.Stmt]:
    """`m[k] = v`."""
    m = use.map
    if is_owner(m.value):
        c.report(KeepWanted(target.span, target.span.text))
        return []
    if m.key is None or node.op is not None:
        c.report(NotOnThisMap(node.span, m.kind, f"[…] {node.op or ''}="))
        return []
    key = _key(target.index, m, c)
    value = fit(expression(node.value, c, m.value), m.value, c, m.span, f"because the values are {m.value}")
    call = typed.MapPut(span=node.span, type=BOOL, map=m, row=use.row, key=key, value=value)
    return [typed.Evaluate(span=node.span, value=call)]


def has(node: tree.Binary, use: typed.MapUse, c: Checker) -> typed.Expr:
    """`k in m`."""
    m = use.map
    if m.key is None:
        c.report(NotOnThisMap(node.span, m.kind, "in"))
        return broken(node.span)
    return typed.MapHas(span=node.span, type=BOOL, map=m, row=use.row, key=_key(node.left, m, c))


_WITH_KEYS = {"put": 2, "add": 2, "remove": 1}
_WITHOUT = {"push": 1, "pop": 0, "peek": 0}


def method(node: tree.Call, member: tree.Member, use: typed.MapUse, c: Checker) -> typed.Expr:
    """`m.put(k, v)`, `q.push(v)`, …"""
    m = use.map
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
            return typed.MapPut(span=node.span, type=BOOL, map=m, row=use.row, key=key, value=value(1), only_new=name == "add")
        case "remove":
            return typed.MapRemove(span=node.span, type=BOOL, map=m, row=use.row, key=_key(given[0], m, c))
        case "push":
            return typed.MapPush(span=node.span, type=BOOL, map=m, row=use.row, value=value(0))
    held: Type = BROKEN if m.value == BROKEN else Optional(m.value)
    return typed.MapPop(span=node.span, type=held, map=m, row=use.row, peek=name == "peek")
