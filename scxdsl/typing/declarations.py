# SPDX-License-Identifier: GPL-2.0-only
"""Declarations: names first, so that the order of the text does not matter, then values and bodies."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, declare, expression
from .convert import fit
from .errors_declarations import BadParam, SecondScheduler
from .errors_state import AtomicSize
from .errors_types import MissingValue, NotConstant, NotYet
from .plain import plain
from .scope import Constant
from .state import atomic_size, queue
from .statements import block
from .type_names import resolve
from .types import (
    BROKEN,
    NEVER,
    NOTHING,
    ArrayType,
    BoolType,
    Broken,
    CpumaskType,
    EnumType,
    IndexType,
    IntType,
    LiteralInt,
    StructType,
    Type,
    UnitType,
)


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
    elif isinstance(value, typed.Literal) and not isinstance(value.value, str):
        c.names.declare(node.name, Constant(node.name.text, value.type, value.value, node.name.span))
    elif isinstance(value.type, ArrayType) and (values := plain(value)) is not None:
        table = typed.Table(node.name.text, value.type, node.name.span, values)
        if c.names.declare(node.name, table):
            c.policy.tables.append(table)
    else:
        c.report(NotConstant(node.value.span, f"`{node.name.text}`"))
        c.names.declare(node.name, Constant(node.name.text, BROKEN, 0, node.name.span))


@declare.register
def _(node: tree.ParamDecl, c: Checker) -> None:
    t = resolve(node.type, c)
    param = typed.Param(node.name.text, t, node.name.span, default=0)
    if isinstance(t, BoolType | IntType | UnitType | IndexType):
        if node.range is not None:
            param.low = _limit(node.range.low, t, c)
            param.high = _limit(node.range.high, t, c)
            if param.high is not None and not node.range.inclusive:
                param.high -= 1
            if param.low is not None and param.high is not None and param.low > param.high:
                c.report(BadParam(node.range.span, node.name.text, "its range is empty"))
        if node.default is None:
            c.report(BadParam(node.name.span, node.name.text, "it needs a default"))
        else:
            param.default = _limit(node.default, t, c) or 0
            _in_range(node.default, param, c)
    elif not isinstance(t, Broken):
        c.report(NotYet(node.type.span, what=f"parameters of type {t}"))
    if c.names.declare(node.name, param):
        c.policy.params.append(param)


def _limit(node: tree.Expr, t: Type, c: Checker) -> int | bool | None:
    """A plain value in the parameter's unit."""
    target: Type = IntType(32) if isinstance(t, IndexType) else t
    value = fit(expression(node, c, t), target, c)
    if isinstance(value.type, Broken):
        return None
    if isinstance(value, typed.Literal) and not isinstance(value.value, str):
        return value.value
    c.report(NotConstant(node.span, "the default or limit of a parameter"))
    return None


def _in_range(node: tree.Expr, param: typed.Param, c: Checker) -> None:
    value = param.default
    assert isinstance(value, int)
    if param.low is not None and value < param.low or param.high is not None and value > param.high:
        c.report(BadParam(node.span, param.name, "the default lies outside the range"))


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
    if not isinstance(t, BoolType | IntType | UnitType | IndexType | ArrayType | StructType | EnumType | CpumaskType | Broken):
        c.report(NotYet(node.span, what=f"a `var` of type {t}"))
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
        params.append(typed.Variable(p.name.text, t, p.name.span, reference=p.mutable))
    result = resolve(node.result, c) if node.result is not None else NOTHING
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
        stmt = typed.Evaluate(span=checked.value.span, value=checked.value)
        checked = typed.BlockValue(span=checked.span, type=NOTHING, statements=[*checked.statements, stmt], value=None)
    return checked

