# SPDX-License-Identifier: GPL-2.0-only
"""Checks the invariants of a module in IR: what codegen takes for granted. For tests and debug builds."""

from .definitions import Conflict, Definitions, key
from .findings import Disagreement, Finding, Incomplete, InvalidModule, Redefined, Undefined, Unfit, Unknown
from .map_kinds import MAP_KINDS
from .module import Function, Global, Linkage, Map, Module
from .ops import Kfunc, Value
from .types import Bool, Int, Type, Void
from .verify_flow import Flow
from .verify_ops import sized
from .walk import kfuncs_of, operands, operations, result

REGISTERS = 5  # of a call


def verify(module: Module) -> None:
    """Raises InvalidModule with all findings."""
    found = findings(module)
    if found:
        raise InvalidModule(found)


def findings(module: Module) -> list[Finding]:
    """All findings, in the order of the module."""
    try:
        definitions = Definitions(module)
    except Conflict as c:
        name = f"struct {c.name}" + (f", field {c.field}" if c.field else "")
        return [Disagreement("", None, name, c.first, c.second)]
    out: list[Finding] = list(_names(module))
    out += _kfuncs(module)
    for g in module.globals:
        out += _global(g, definitions)
    for m in module.maps:
        out += _map(m, definitions)
    for f in module.functions:
        out += _function(f)
        out += Flow(module, f, definitions).findings()
    out += _ops(module)
    return out


def _names(module: Module):
    seen: set[str] = set()
    for thing in (*module.globals, *module.maps, *module.functions):
        if thing.name in seen:
            yield Redefined("", thing.span, thing.name)
        seen.add(thing.name)


def _kfuncs(module: Module):
    known: dict[str, Kfunc] = {}
    for k in kfuncs_of(module):
        other = known.setdefault(k.symbol, k)
        if (key(other.proto), other.weak) != (key(k.proto), k.weak):
            first, second = ((" weak" if x.weak else "") + f" {x.proto}" for x in (other, k))
            yield Disagreement("", None, k.symbol, first.strip(), second.strip())
        if len(k.proto.params) > REGISTERS:
            yield Unfit("", None, k.symbol, f"{len(k.proto.params)} parameters, and {REGISTERS} registers")


def _global(g: Global, definitions: Definitions):
    if not sized(g.type, definitions.whole):
        yield Incomplete("", g.span, str(g.type))
        return
    size = definitions.whole(g.type).size
    if g.initial is not None and len(g.initial) > size:
        yield Unfit("", g.span, g.name, f"an initial value of {len(g.initial)} bytes in {size}")
    if g.initial is not None and any(g.initial) and g.section.startswith(".bss"):
        yield Unfit("", g.span, g.name, f"an initial value in {g.section}")


def _map(m: Map, definitions: Definitions):
    if m.kind not in MAP_KINDS:
        yield Unknown("", m.span, "kind of map", m.kind)
    for t in (m.key, m.value):
        if t is not None and not sized(t, definitions.whole):
            yield Incomplete("", m.span, str(t))


def _function(f: Function):
    if f.linkage is Linkage.PROGRAM:
        if not f.section:
            yield Unfit(f.name, f.span, f.name, "a program without a section")
    elif len(f.params) > REGISTERS:
        yield Unfit(f.name, f.span, f.name, f"{len(f.params)} parameters, and {REGISTERS} registers")
    if not _is_result(f.result):
        yield Unfit(f.name, f.span, f.name, f"a result of type {f.result}")
    defined: set[Value] = set()
    for v in (*f.params, *(r for op in operations(f.body) if (r := result(op)) is not None)):
        if v in defined:
            yield Redefined(f.name, f.span, f"%{v.name or 'value'}")
        defined.add(v)
    strangers = {x for op in operations(f.body) for x in operands(op) if isinstance(x, Value)} - defined
    for _ in strangers:
        yield Undefined(f.name, f.span, "a value of no operation of this function")
        return


def _is_result(t: Type) -> bool:
    return isinstance(t, (Void, Int, Bool)) or t.size == 8 or hasattr(t, "bits")


def _ops(module: Module):
    if module.ops is None:
        return
    programs = {f.name for f in module.functions if f.linkage is Linkage.PROGRAM}
    for name in module.ops.programs.values():
        if name not in programs:
            yield Unknown("", None, "program", name)
