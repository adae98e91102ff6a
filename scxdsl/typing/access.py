# SPDX-License-Identifier: GPL-2.0-only
"""Names and members: reading them, and the places that they are."""

from scxdsl.syntax import tree

from . import cgroups, cpumasks, cpusets, kernel_constants, maps, modules, owners, rings, state, timers, trees, typed, view
from .c_names import ANSWERED
from .checker import Checker, broken, expression, place
from .data import element_of, element_place
from .errors_maps import MapRow
from .errors_names import NotAValue, UnknownMember, UnknownName, close_to
from .errors_state import QueueIndex
from .errors_types import MaybeNone, NotConstant
from .convert import unchecked
from .kernel_names import event_count, field_names, field_of
from .left_out import left_out
from .scope import Constant
from .surface import Receiver
from .types import BROKEN, DSQ, DURATION, U64, ArrayType, Broken, Optional, StructType, TupleType, Type, is_owner

_BUILTIN_QUEUES = {"LOCAL": "local", "GLOBAL": "global"}


@expression.register
def _(node: tree.NameExpr, c: Checker, expected: Type | None = None) -> typed.Expr:
    found = place(node, c)
    if found is not None:
        return owners.read(found)
    name = node.name.text
    if name in _BUILTIN_QUEUES:
        return typed.DsqValue(span=node.span, type=DSQ, dsq=None, builtin=_BUILTIN_QUEUES[name])
    if name == "SLICE":
        return default_slice(node.span, c)
    live = cpumasks.live(node.span, name)
    if live is not None:
        return live
    free = view.PROPERTIES.get((Receiver.NONE, name))
    if free is not None:
        nothing = typed.Literal(span=node.span, type=U64, value=0)
        return typed.GetProperty(span=node.span, type=free.type, base=nothing, property=free)
    declared = c.names.known.get(name)
    if isinstance(declared, typed.Dsq) and declared.row:
        c.report(QueueIndex(node.span, name, "a row of queues: say which one"))
        return broken(node.span)
    if isinstance(declared, typed.MapObject) and declared.count is not None:
        c.report(MapRow(node.span, name, "a row of maps: say which one", f"write `{name}[i]`"))
        return broken(node.span)
    if isinstance(declared, Constant):
        return typed.Literal(span=node.span, type=declared.type, value=declared.value)
    if isinstance(declared, typed.Dsq):
        return typed.DsqValue(span=node.span, type=DSQ, dsq=declared)
    constant = kernel_constants.by_name(node.span, name, c, expected) if declared is None else None
    if constant is not None:
        return constant
    if name in c.later:
        c.report(NotConstant(node.span, f"`{name}` is not known yet: this"))
    elif declared is not None:
        kinds = {typed.Rows: "table", typed.MapObject: "map"}
        what = kinds.get(type(declared)) or type(declared).__name__.lower()
        c.report(NotAValue(node.span, name, what))
    elif name not in ANSWERED:
        c.report(UnknownName(node.span, name, c.locals.similar(name)))
    return broken(node.span)


def default_slice(span, c: Checker) -> typed.Expr:
    """SCX_SLICE_DFL, as the running kernel has it."""
    known = c.target.constant("SCX_SLICE_DFL")
    return typed.KernelConstant(
        span=span, type=DURATION, enum="scx_public_consts", name="SCX_SLICE_DFL", known=known
    )


@place.register
def _(node: tree.NameExpr, c: Checker) -> typed.Place | None:
    name = node.name.text
    local = c.locals.find(name)
    if local is not None:
        c.locals.used.add(local)
        return typed.LocalPlace(span=node.span, type=local.type, variable=local)
    match c.names.known.get(name):
        case typed.Param() as param:
            return typed.ParamPlace(span=node.span, type=param.type, param=param)
        case typed.Global() as variable:
            return typed.GlobalPlace(span=node.span, type=variable.type, declaration=variable)
        case typed.Stat() as stat:
            return typed.StatPlace(span=node.span, type=U64, stat=stat)
        case typed.Table() as table:
            return typed.TablePlace(span=node.span, type=table.type, table=table)
    return None


@expression.register
def _(node: tree.Member, c: Checker, expected: Type | None = None) -> typed.Expr:
    found_tree = trees.tree_named(node.object, c)
    if found_tree is not None:
        return trees.member(node, *found_tree, c)
    of_module = modules.value_of(node, c, expected)
    if of_module is not None:
        return of_module
    whole = place(node, c)
    if whole is not None:
        if isinstance(whole.type, Broken):
            return broken(node.span)
        return _value_in(whole)
    ring = rings.ring_named(node.object, c)
    if ring is not None:
        return rings.pending(node, ring, c)
    timer = timers.timer_named(node.object, c)
    if timer is not None and (is_armed := timers.armed(node, timer)) is not None:
        return is_armed
    event = event_count(node, c)
    if event is not None:
        return event
    base = expression(node.object, c)
    return member_of(base, node, c)


def _value_in(where: typed.Place) -> typed.Expr:
    """Reading a place."""
    if isinstance(where, typed.PropertyPlace):
        return typed.GetProperty(span=where.span, type=where.type, base=where.base, property=where.property)
    return owners.read(where)


def member_of(base: typed.Expr, node: tree.Member, c: Checker) -> typed.Expr:
    """A property of a value, or a field of a kernel struct by its kernel name."""
    if isinstance(base.type, Broken):
        return broken(node.span)
    if isinstance(base.type, Optional) and left_out("optionals"):
        base = unchecked(base)
    if isinstance(base.type, Optional):
        c.report(MaybeNone(node.object.span, str(base.type)))
        return broken(node.span)
    receiver = view.receiver_of(base.type)
    name = node.name.text
    special = cpumasks.member(node, base) or cpusets.member(node, base) or cgroups.member(node, base)
    if special is not None:
        return special
    found = state.property_of(base.type, name, c)
    if found is not None:
        return typed.GetProperty(span=node.span, type=found.type, base=base, property=found)
    added = state.member_value(node, base, c)
    if added is not None:
        return added
    kernel = field_of(base, node, c)
    if kernel is not None:
        return kernel
    known = [*view.members(receiver), *field_names(base, c)] if receiver else list(field_names(base, c))
    known += [*state.names_of(base.type, c), *cpumasks.names_of(base.type), *cgroups.names_of(base.type)]
    if isinstance(base.type, StructType):
        inner = base.type.field(name)
        if inner is not None:
            return typed.FieldOf(span=node.span, type=inner.type, value=base, field=name)
        known = [f.name for f in base.type.fields]
    if isinstance(base.type, ArrayType) and name == "len":
        return typed.Literal(span=node.span, type=U64, value=base.type.length)
    c.report(UnknownMember(node.name.span, f"a {base.type}", name, close_to(name, known), tuple(known)))
    return broken(node.span)


@place.register
def _(node: tree.Member, c: Checker) -> typed.Place | None:
    of_module = modules.place_of(node, c)
    if of_module is not None:
        return of_module[0]
    outer = place(node.object, c)
    if outer is not None and isinstance(outer.type, StructType):
        found = outer.type.field(node.name.text)
        if found is None:
            similar = close_to(node.name.text, [f.name for f in outer.type.fields])
            c.report(UnknownMember(node.name.span, f"a {outer.type}", node.name.text, similar))
            return typed.FieldPlace(span=node.span, type=BROKEN, base=outer, field=node.name.text)
        return typed.FieldPlace(span=node.span, type=found.type, base=outer, field=found.name)
    if outer is None:
        return _writable_property(node, c) or state.value_place(node, c)
    if isinstance(outer.type, Broken | Optional):
        return None
    found_property = state.property_of(outer.type, node.name.text, c)
    base = _value_in(outer)
    if found_property is None:
        return state.field_place(node, base, c)
    return typed.PropertyPlace(span=node.span, type=found_property.type, base=base, property=found_property)


_WRITABLE = {p.name for p in view.PROPERTIES.values() if p.writable}


def _writable_property(node: tree.Member, c: Checker) -> typed.Place | None:
    """`this_cpu.perf`: a property of what is no place itself."""
    if node.name.text not in _WRITABLE or isinstance(node.object, tree.NameExpr) and node.object.name.text not in ("this_cpu",):
        return None
    base = expression(node.object, c)
    found = state.property_of(base.type, node.name.text, c)
    return None if found is None else typed.PropertyPlace(span=node.span, type=found.type, base=base, property=found)


@expression.register
def _(node: tree.Index, c: Checker, expected: Type | None = None) -> typed.Expr:
    queue = state.indexed_queue(node, c)
    if queue is not None:
        return queue
    m = maps.map_named(node.object, c)
    if m is not None and not is_owner(m.map.value):
        return maps.get(node, m, c)
    if m is None and maps.map_named(node, c) is not None:
        c.report(NotAValue(node.span, node.span.text, "map"))
        return broken(node.span)
    found = place(node, c)
    if found is None:
        return element_of(node, expression(node.object, c), c)
    return owners.read(found)


@place.register
def _(node: tree.Index, c: Checker) -> typed.Place | None:
    m = maps.map_named(node.object, c)
    if m is not None:
        return maps.owner_place(node, m, c)
    outer = place(node.object, c)
    if outer is None or not isinstance(outer.type, ArrayType):
        return None
    return element_place(node, outer, c)


@expression.register
def _(node: tree.TupleIndex, c: Checker, expected: Type | None = None) -> typed.Expr:
    base = expression(node.object, c)
    if isinstance(base.type, TupleType) and node.index < len(base.type.items):
        return typed.TupleItem(span=node.span, type=base.type.items[node.index], value=base, index=node.index)
    if not isinstance(base.type, Broken):
        c.report(UnknownMember(node.span, f"a {base.type}", str(node.index), None))
    return broken(node.span)

