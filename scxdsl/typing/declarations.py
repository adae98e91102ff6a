# SPDX-License-Identifier: GPL-2.0-only
"""Declarations: names first, so that the order of the text does not matter, then values and bodies."""

from scxdsl.syntax import tree

from . import owners, typed
from .checker import Checker, declare, expression
from .convert import fit
from .errors_declarations import NotData, SecondScheduler
from .errors_state import AtomicSize
from .errors_types import MissingValue, NotConstant
from .plain import plain
from .scope import Constant, once
from .state import atomic_size, queue
from .statements import block, for_its_effect
from .storable import not_storable
from .type_names import resolve
from .types import (
    BROKEN,
    CPUMASK,
    NEVER,
    NOTHING,
    ArrayType,
    Broken,
    EnumType,
    IntType,
    LiteralInt,
    StructType,
    TupleType,
    Type,
)

_IN_TABLES = (ArrayType, StructType, EnumType, TupleType)  # constants that lie in .rodata


@declare.register
def _(node: tree.SchedulerDecl, c: Checker) -> None:
    if c.policy.name:
        c.report(SecondScheduler(node.name.span, c.policy.span))
        return
    c.policy.name = node.name.text
    c.policy.span = node.name.span


@declare.register
def _(node: tree.ConstDecl, c: Checker) -> None:
    declared = resolve(node.type, c) if node.type is not None else None
    value = expression(node.value, c, declared)
    if declared is not None and node.type is not None:
        value = fit(value, declared, c, node.type.span, "because of this type")
    if isinstance(value.type, Broken):
        c.names.declare(node.name, Constant(node.name.text, BROKEN, 0, node.name.span))
    elif isinstance(value, typed.Literal):
        c.names.declare(node.name, Constant(node.name.text, value.type, value.value, node.name.span))
    elif isinstance(value.type, _IN_TABLES) and (values := plain(value)) is not None:
        table = typed.Table(node.name.text, value.type, node.name.span, values)
        if c.names.declare(node.name, table):
            c.policy.tables.append(table)
    else:
        c.report(NotConstant(node.value.span, f"`{node.name.text}`"))
        c.names.declare(node.name, Constant(node.name.text, BROKEN, 0, node.name.span))


@declare.register
def _(node: tree.VarDecl, c: Checker) -> None:
    declared = resolve(node.type, c) if node.type is not None else None
    initial: object = None
    t: Type = declared or BROKEN
    if node.value is not None:
        value = expression(node.value, c, declared)
        if declared is not None and node.type is not None:
            value = fit(value, declared, c, node.type.span, "because of this type")
        elif isinstance(value.type, LiteralInt):
            value = fit(value, IntType(64, value.type.value < 0), c)
        t = declared or value.type
        initial = plain(value)
        if initial is None and not isinstance(value.type, Broken):
            c.report(NotConstant(node.value.span, f"the first value of `{node.name.text}`"))
    if t != CPUMASK and (wrong := not_storable(t)) is not None:
        c.report(NotData((node.type or node).span, str(wrong), "a `var`"))
        t = BROKEN
    if node.atomic and not isinstance(t, Broken) and not atomic_size(t):
        c.report(AtomicSize((node.type or node).span, str(t)))
    variable = typed.Global(node.name.text, t, node.name.span, initial, node.atomic, node.percpu)
    if c.names.declare(node.name, variable):
        c.policy.globals.append(variable)


@declare.register
def _(node: tree.StatDecl, c: Checker) -> None:
    stat = typed.Stat(node.name.text, node.name.span)
    if c.names.declare(node.name, stat):
        c.policy.stats.append(stat)


@declare.register
def _(node: tree.DsqDecl, c: Checker) -> None:
    dsq = queue(node, c)
    if c.names.declare(node.name, dsq):
        c.policy.dsqs.append(dsq)


@declare.register
def _(node: tree.FnDecl, c: Checker) -> None:
    params = []
    for p in node.parameters:
        t = resolve(p.type, c) if p.type is not None else BROKEN
        if p.type is not None and not p.mutable:
            owners.by_value(t, p.type.span, c)
        params.append(typed.Variable(p.name.text, t, p.name.span, reference=p.mutable))
    result = resolve(node.result, c) if node.result is not None else NOTHING
    if node.result is not None:
        owners.by_value(result, node.result.span, c)
    function = typed.Function(node.name.text, params, result, node.name.span, node.pure)
    if c.names.declare(node.name, function):
        c.policy.functions.append(function)


@declare.register
def _(node: tree.CallbackDecl, c: Checker) -> None:
    """Callbacks have no name in the policy's own space."""


@declare.register
def _(node: tree.TestDecl, c: Checker) -> None:
    """Tests are no part of the object."""


# ---- bodies


def function_body(node: tree.FnDecl, function: typed.Function, outer: Checker) -> None:
    what = f"`{function.name}`"
    c = outer.inside(result=function.result, result_of=what, function=function)
    names = [p.name for p in node.parameters]
    function.body = body_of(node.body, list(zip(names, function.params, strict=True)), c)


def body_of(body: tree.Block, params: list[tuple[tree.Name, typed.Variable]], c: Checker) -> typed.BlockValue:
    """A body whose last value is its result."""
    once((name for name, _ in params), c.diagnostics)
    for name, variable in params:
        c.locals.declare(name, variable)
        c.locals.used.add(variable)  # parameters may stand unused: the kernel or a caller gives them
    wanted = None if c.result == NOTHING else c.result
    checked = block(body, c, wanted)
    if wanted is not None and checked.type != NEVER:
        if checked.value is None:
            if not isinstance(wanted, Broken):
                c.report(MissingValue(body.span, c.result_of, str(wanted)))
        else:
            checked.value = fit(checked.value, wanted, c)
            checked.type = wanted
    elif wanted is None and checked.value is not None:
        stmt = for_its_effect(checked.value, c)
        checked = typed.BlockValue(span=checked.span, type=NOTHING, statements=[*checked.statements, stmt], value=None)
    return checked

