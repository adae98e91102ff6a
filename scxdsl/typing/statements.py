# SPDX-License-Identifier: GPL-2.0-only
"""Statements and blocks."""

from scxdsl.syntax import tree
from scxdsl.syntax.errors_forms import VariableWithoutType

from . import cpumasks, maps, owners, typed
from .atomics import STEPS, is_atomic
from .blocks import block
from .checker import Checker, broken, expression, place, statement
from .control import conditions, let_else
from .convert import closed, common, fit, settle
from .data import assign_tuple, let_ref
from .errors_control import NoPattern
from .errors_declarations import NotHere
from .errors_owners import KeepWanted
from .errors_state import AtomicUpdate
from .errors_types import (
    DifferentBranches,
    MissingValue,
    MixedUnits,
    NotAssignable,
    NotATuple,
    UnwantedValue,
)
from .left_out import left_out
from .match import names_in
from .messages import parts_of
from .operators import ARITHMETIC, arithmetic
from .scope import once
from .type_names import resolve
from .typed import Arithmetic
from .types import (
    BROKEN,
    CPUMASK,
    NEVER,
    NOTHING,
    Broken,
    IntType,
    Never,
    Nothing,
    TupleType,
    Type,
    is_owner,
    widened,
)
from .walking import apart


@expression.register
def _(node: tree.If, c: Checker, expected: Type | None = None) -> typed.Expr:
    c.locals.open()
    tests = conditions(node.conditions, c)
    then = block(node.then, c, expected)
    c.locals.close()
    otherwise = _otherwise(node, c, expected)
    t, then, otherwise = joined(then, otherwise, c, expected)
    if len(tests) == 1 and not isinstance(tests[0], typed.Opens):
        return typed.IfValue(span=node.span, type=t, condition=tests[0], then=then, otherwise=otherwise)
    return typed.Chain(span=node.span, type=t, conditions=tests, then=then, otherwise=otherwise)


def _otherwise(node: tree.If, c: Checker, expected: Type | None) -> typed.BlockValue | None:
    match node.otherwise:
        case None:
            return None
        case tree.If() as inner:
            value = expression(inner, c, expected)
            if isinstance(value.type, Nothing | Never):
                stmt = typed.Evaluate(span=inner.span, value=value)
                return typed.BlockValue(span=inner.span, type=value.type, statements=[stmt], value=None)
            return typed.BlockValue(span=inner.span, type=value.type, statements=[], value=value)
        case body:
            return block(body, c, expected)


def joined(
    then: typed.BlockValue, otherwise: typed.BlockValue | None, c: Checker, expected: Type | None
) -> tuple[Type, typed.BlockValue, typed.BlockValue | None]:
    """The one type of both branches, each converted to it."""
    if otherwise is None:
        return NOTHING, _dropped(then), None
    t = common(then.type, otherwise.type)
    if t is None and (isinstance(then.type, Nothing) or isinstance(otherwise.type, Nothing)):
        return NOTHING, _dropped(then), _dropped(otherwise)
    if t is None:
        last = otherwise.value or otherwise
        c.report(DifferentBranches(last.span, str(then.type), str(otherwise.type), (then.value or then).span))
        return BROKEN, then, otherwise
    t = closed(t, expected)
    return t, _as(then, t, c), _as(otherwise, t, c)


def _as(body: typed.BlockValue, t: Type, c: Checker) -> typed.BlockValue:
    if body.value is None or isinstance(t, Nothing):
        return body
    value = fit(body.value, t, c)
    return typed.BlockValue(span=body.span, type=body.type if body.type == NEVER else t, statements=body.statements, value=value)


def _dropped(body: typed.BlockValue) -> typed.BlockValue:
    """A branch whose value nobody takes."""
    if body.value is None:
        return body
    stmt = typed.Evaluate(span=body.value.span, value=settle(body.value))
    return typed.BlockValue(span=body.span, type=NOTHING, statements=[*body.statements, stmt], value=None)


# ---- statements


@statement.register
def _(node: tree.Let, c: Checker) -> list[typed.Stmt]:
    if node.otherwise is not None:
        return let_else(node, c)
    if isinstance(node.value, tree.Ref):
        return let_ref(node, node.value, c)
    declared = resolve(node.type, c) if node.type is not None else None
    if isinstance(node.pattern, tree.TuplePattern) and all(isinstance(i, tree.NamePattern | tree.WildcardPattern) for i in node.pattern.items):
        return _destructure(node, node.pattern, declared, c)
    if declared is None and node.value is None:
        c.report(VariableWithoutType(node.pattern.span, node.pattern.span.text))
    value = None
    if node.value is not None:
        value = expression(node.value, c, declared)
        value = fit(value, declared, c, node.type.span, "because of this type") if declared and node.type else settle(value)
        if isinstance(value.type, Nothing):
            c.report(UnwantedValue(node.value.span, "nothing", "this gives no value to name"))
    t = declared or (value.type if value is not None else BROKEN)
    owners.by_value(t, node.type.span if node.type is not None else node.span, c)
    match node.pattern:
        case tree.NamePattern(name=name):
            variable = typed.Variable(name.text, t, name.span, mutable=node.mutable)
            c.locals.declare(name, variable)
            if t == CPUMASK:
                return cpumasks.let(node.span, variable, value)
            return [typed.Let(span=node.span, variable=variable, value=value)]
        case tree.WildcardPattern() if value is not None:
            return [typed.Evaluate(span=node.span, value=value)]
    if value is None:
        c.report(NoPattern(node.pattern.span))
        apart(node.pattern, BROKEN, c, node.mutable)  # the names are declared all the same
        return []
    return [typed.LetParts(span=node.span, value=value, test=apart(node.pattern, t, c, node.mutable))]


def _destructure(node: tree.Let, pattern: tree.TuplePattern, declared: Type | None, c: Checker) -> list[typed.Stmt]:
    count = len(pattern.items)
    if node.value is None:
        c.report(NotATuple(node.span, count, "no value"))
        value: typed.Expr = broken(node.span)
    else:
        value = expression(node.value, c, declared)
    found = value.type
    if not isinstance(found, TupleType) or len(found.items) != count:
        if not isinstance(found, Broken):
            c.report(NotATuple(value.span, count, str(found)))
        types: tuple[Type, ...] = (BROKEN,) * count
    else:
        types = found.items
    variables: list[typed.Variable | None] = []
    once(names_in(pattern), c.diagnostics)
    for item, t in zip(pattern.items, types, strict=True):
        if isinstance(item, tree.NamePattern):
            variable = typed.Variable(item.name.text, t, item.name.span, mutable=node.mutable)
            c.locals.declare(item.name, variable)
            variables.append(variable)
        else:
            variables.append(None)
    return [typed.Destructure(span=node.span, variables=variables, value=value)]


_KERNELS_OWN = "the kernel does not let schedulers write it"
_WRITABLE_FIELDS = "of a task `p.slice` and `p.vtime` may be written, and in `init_task` `p.disallow`"


def _assignable(where: typed.Place, c: Checker) -> bool:
    """Reports what may not be written."""
    match where:
        case _ if is_owner(where.type) and owners.owning(where):
            c.report(KeepWanted(where.span, where.span.text))
        case typed.LocalPlace(variable=v) if not v.mutable and not v.reference:
            c.report(NotAssignable(where.span, v.name, "not declared `mut`", v.span, f"declare it `let mut {v.name}`"))
        case typed.ParamPlace(param=p):
            c.report(NotAssignable(where.span, p.name, "fixed when the policy is loaded", p.span, "use a `var`"))
        case typed.PropertyPlace(property=p) if not p.writable and not (p.path and left_out("read_only")):
            c.report(NotAssignable(where.span, where.span.text, _KERNELS_OWN, hint=_WRITABLE_FIELDS))
        case typed.StatPlace(stat=s):
            c.report(NotAssignable(where.span, s.name, "a counter only counts up: `+= n`", s.span))
        case typed.StatePlace(field=f) if f.counter or f.hist:
            c.report(NotAssignable(where.span, f.name, "it only counts up: `+= n`" if f.counter else "use `add`", f.span))
        case typed.FieldPlace(base=base) | typed.IndexPlace(base=base):
            return _assignable(base, c)
        case typed.TablePlace(table=table):
            c.report(NotAssignable(where.span, table.name, "a constant", table.span, "use a `var`"))
        case _:
            return True
    return False


@statement.register
def _(node: tree.Assign, c: Checker) -> list[typed.Stmt]:
    if isinstance(node.target, tree.TupleExpr) and node.op is None:
        return assign_tuple(node, node.target, _assignable, c)
    if isinstance(node.target, tree.Index) and (m := maps.map_named(node.target.object, c)) is not None:
        return maps.put(node, node.target, m, c)
    where = place(node.target, c)
    if where is None:
        target = expression(node.target, c)
        if isinstance(target.type, Broken) or isinstance(node.target, tree.Call):
            pass  # said already; of a call by the parser
        elif isinstance(target, typed.KernelField | typed.AllowedMask):
            short = {("scx", "slice"): "p.slice", ("scx", "dsq_vtime"): "p.vtime"}.get(getattr(target, "path", ()))
            hint = f"write `{short} = …`" if short else _WRITABLE_FIELDS
            c.report(NotAssignable(node.target.span, node.target.span.text, "has a short form that can be written" if short else _KERNELS_OWN, hint=hint))
        elif isinstance(target, typed.Literal) and isinstance(node.target, tree.NameExpr):
            c.report(NotAssignable(node.target.span, node.target.span.text, "a constant", hint="use a `var`"))
        else:
            c.report(NotAssignable(node.target.span, node.target.span.text, "a value, not a place"))
        expression(node.value, c, target.type)
        return []
    value = expression(node.value, c, where.type)
    if isinstance(where.type, Broken):
        return []
    counter = isinstance(where, typed.StatPlace) or isinstance(where, typed.StatePlace) and where.field.counter
    counts = counter and node.op is tree.BinaryOp.ADD
    if not counts and not _assignable(where, c):
        return []
    if where.type == CPUMASK:
        return cpumasks.assign(node, where, value, None if node.op is None else ARITHMETIC[node.op], c)
    if node.op is None:
        value = fit(value, where.type, c, node.target.span, f"because this is {where.type}")
        return [typed.Assign(span=node.span, place=where, value=value)]
    return _update(node, where, value, ARITHMETIC[node.op], c)


def _update(
    node: tree.Assign, where: typed.Place, value: typed.Expr, op: Arithmetic, c: Checker
) -> list[typed.Stmt]:
    """`place op= value`: as `place op value`, wrapped into the place's type."""
    before = typed.Read(span=node.target.span, type=where.type, place=where)
    result = arithmetic(node.span, op, before, value, c)
    if isinstance(result.type, Broken) or not isinstance(result, typed.Binary):
        return []
    fits = result.type == where.type or isinstance(where.type, IntType) and isinstance(result.type, IntType)
    if not fits:
        c.report(MixedUnits(node.span, f"{op}=", str(where.type), str(value.type), node.target.span, node.value.span))
        return []
    if is_atomic(where) and result.op not in STEPS:
        c.report(AtomicUpdate(node.span, str(op), str(where.type)))
        return []
    operand = widened(where.type) if isinstance(where.type, IntType) else where.type
    return [typed.Update(span=node.span, place=where, op=result.op, value=result.right, operand=operand)]


_DONE_FOR_ITS_EFFECT = (  # its answer may be left; a failure that nobody looks at counts (ignored.py)
    typed.KernelCall, typed.CallFunction, typed.MaskChange, typed.SetChange, typed.MoveTask, typed.MapPut, typed.MapPush, typed.MapRemove,
    typed.MapPop, typed.RingSend, typed.TimerStart, typed.TimerStop, typed.TreeExpr, typed.AtomicCall, typed.Under, typed.IfValue,
    typed.Chain, typed.Match, typed.BlockValue,
)  # fmt: skip


def for_its_effect(value: typed.Expr, c: Checker) -> typed.Stmt:
    """An expression that stands alone, or last where nothing is given."""
    if not isinstance(value.type, Nothing | Never | Broken) and not isinstance(value, _DONE_FOR_ITS_EFFECT):
        c.report(UnwantedValue(value.span, str(value.type), "nothing is done with it", True))
    return typed.Evaluate(span=value.span, value=settle(value))


@statement.register
def _(node: tree.ExprStmt, c: Checker) -> list[typed.Stmt]:
    return [for_its_effect(expression(node.value, c), c)]


@statement.register
def _(node: tree.Return, c: Checker) -> list[typed.Stmt]:
    if node.value is None:
        if not isinstance(c.result, Nothing):
            c.report(MissingValue(node.span, c.result_of, str(c.result)))
        return [typed.Return(span=node.span, value=None)]
    value = expression(node.value, c, c.result)
    if isinstance(c.result, Nothing):
        if not isinstance(value.type, Broken | Nothing):
            c.report(UnwantedValue(node.value.span, str(value.type), f"{c.result_of} gives nothing"))
        return [typed.Evaluate(span=node.value.span, value=value), typed.Return(span=node.span, value=None)]
    return [typed.Return(span=node.span, value=fit(value, c.result, c))]


@statement.register
def _(node: tree.Error, c: Checker) -> list[typed.Stmt]:
    return [typed.Error(span=node.span, parts=parts_of(node.message, c))]


@statement.register
def _(node: tree.Log, c: Checker) -> list[typed.Stmt]:
    return [typed.Log(span=node.span, parts=parts_of(node.message, c))]


@statement.register
def _(node: tree.Dump, c: Checker) -> list[typed.Stmt]:
    if c.callback not in ("dump", "dump_cpu", "dump_task") and not left_out("dump_place"):
        c.report(NotHere(node.span, "dump", c.callback or "a function", "dump, dump_cpu and dump_task"))
    return [typed.Dump(span=node.span, parts=parts_of(node.message, c))]

