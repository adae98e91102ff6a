# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs: masks and their algebra, the kernel's live masks, idle CPUs."""

from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression
from .convert import fit
from .errors_cpumasks import NotASet
from .errors_types import MaybeNone, NoSuchOperator, NotAssignable, WrongArguments, WrongType
from .typed import FLAG_TYPES, Arithmetic, MaskOp, MaskQuestion, MaskRelation
from .types import BOOL, CPU, CPUMASK, CPUSET, NODE, U64, Broken, Optional, TaskType, Type
from .walking import ITERABLES, bound, looped

_LIVE = {
    "idle_cpus": ("get_idle_cpumask",),
    "idle_cores": ("get_idle_smtmask",),
    "online": (),
    "possible": (),
}
_OF_NODE = {"idle_cpus": ("get_idle_cpumask_node",), "idle_cores": ("get_idle_smtmask_node",)}
_OPS = {Arithmetic.AND: MaskOp.AND, Arithmetic.OR: MaskOp.OR, Arithmetic.XOR: MaskOp.XOR, Arithmetic.SUB: MaskOp.SUB}
_QUESTIONS: dict[str, Type] = {"len": U64, "empty": BOOL, "first": Optional(CPU), "any": Optional(CPU)}
_RELATIONS = {"subset_of": MaskRelation.SUBSET, "intersects": MaskRelation.INTERSECTS}
_CHANGES = ("add", "remove")
METHODS = (*_RELATIONS, *_CHANGES)
MEMBERS = (*_QUESTIONS, *METHODS)


# ---- names and members


def live(span: Span, name: str) -> typed.Expr | None:
    """`idle_cpus` and the like; None for any other name."""
    families = _LIVE.get(name)
    return None if families is None else typed.LiveMask(span=span, type=CPUMASK, name=name, families=families)


def member(node: tree.Member, base: typed.Expr) -> typed.Expr | None:
    """`p.cpus_allowed`, `c.is_idle`, `m.len` and the like; None for any other member."""
    name = node.name.text
    if isinstance(base.type, TaskType) and name == "cpus_allowed":
        return typed.AllowedMask(span=node.span, type=CPUMASK, base=base)
    if base.type == NODE and name in _OF_NODE:
        return typed.LiveMask(span=node.span, type=CPUMASK, name=name, node=base, families=_OF_NODE[name])
    if base.type == CPU and name == "is_idle":
        idle = live(node.span, "idle_cpus")
        assert idle is not None
        return typed.MaskTest(span=node.span, type=BOOL, cpu=base, mask=idle)
    if base.type == CPUMASK and name in _QUESTIONS:
        return typed.MaskAsk(span=node.span, type=_QUESTIONS[name], question=MaskQuestion(name), mask=base)
    return None


# ---- calls


def method(node: tree.Call, name: str, base: typed.Expr, c: Checker) -> typed.Expr | None:
    """A call on a mask that is typed already; None for any other name."""
    if base.type != CPUMASK or name not in METHODS:
        return None
    wanted = CPU if name in _CHANGES else CPUMASK
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        c.report(WrongArguments(node.span, f"`{name}` takes 1 argument", name, f"({wanted})"))
        return broken(node.span)
    argument = fit(expression(node.arguments[0].value, c, wanted), wanted, c)
    if isinstance(argument.type, Broken):
        return broken(node.span)
    if name in _RELATIONS:
        return typed.MaskCompare(span=node.span, type=BOOL, relation=_RELATIONS[name], left=base, right=argument)
    if not isinstance(base, typed.Read) or not changeable(base.place, c):
        if not isinstance(base, typed.Read):
            hint = f"copy it first: `let mut m = {base.span.text}`"
            c.report(NotAssignable(base.span, base.span.text, "the kernel's, or a value and no place", hint=hint))
        return broken(node.span)
    return typed.MaskChange(span=node.span, type=BOOL, place=base.place, cpu=argument, add=name == "add")


def changeable(where: typed.Place, c: Checker) -> bool:
    """Reports a set whose place may not be written."""
    match where:
        case typed.LocalPlace(variable=v) if not v.mutable and not v.reference:
            c.report(NotAssignable(where.span, v.name, "not declared `mut`", v.span, f"declare it `let mut {v.name}`"))
            return False
        case typed.ParamPlace(param=p):
            c.report(NotAssignable(where.span, p.name, "fixed when the policy is loaded", p.span, "use a `var`"))
            return False
        case typed.FieldPlace(base=base) | typed.IndexPlace(base=base):
            return changeable(base, c)
    return True


def call(node: tree.Call, name: str, c: Checker) -> typed.Expr | None:
    """`idle_cpu(m)`, `idle_cpu(m, .core)`; None for any other name."""
    if name != "idle_cpu":
        return None
    if not 1 <= len(node.arguments) <= 2 or any(a.name is not None for a in node.arguments):
        c.report(WrongArguments(node.span, "`idle_cpu` takes a mask, and flags", name, "(m: cpumask, flags: idle flags …)"))
        return broken(node.span)
    mask = fit(expression(node.arguments[0].value, c, CPUMASK), CPUMASK, c)
    flags = FLAG_TYPES["pick"]
    chosen: typed.Expr = typed.Literal(span=node.span, type=flags, value=0)
    if len(node.arguments) == 2:
        chosen = fit(expression(node.arguments[1].value, c, flags), flags, c)
    return typed.IdleCpu(span=node.span, type=Optional(CPU), mask=mask, flags=chosen)


# ---- operators


def algebra(span: Span, op: Arithmetic, left: typed.Expr, right: typed.Expr, c: Checker) -> typed.Expr:
    """`a & b`, `a | b`, `a ^ b`, `a - b`, where one side is a mask."""
    if op not in _OPS:
        c.report(NoSuchOperator(span, str(op), str(CPUMASK)))
        return broken(span)
    left, right = (typed.MaskOfSet(span=s.span, type=CPUMASK, set=s) if s.type == CPUSET else s for s in (left, right))
    for side, other in ((left, right), (right, left)):
        if side.type != CPUMASK:
            c.report(WrongType(side.span, str(CPUMASK), str(side.type), other.span, "because this is a cpumask"))
            return broken(span)
    return typed.MaskAlgebra(span=span, type=CPUMASK, op=_OPS[op], left=left, right=right)


def complement(span: Span, value: typed.Expr) -> typed.Expr:
    """`~m`."""
    possible = live(span, "possible")
    assert possible is not None
    return typed.MaskAlgebra(span=span, type=CPUMASK, op=MaskOp.SUB, left=possible, right=value)


def equal(span: Span, same: bool, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`a == b` and `a != b`."""
    out: typed.Expr = typed.MaskCompare(span=span, type=BOOL, relation=MaskRelation.EQUAL, left=left, right=right)
    return out if same else typed.Not(span=span, type=BOOL, value=out)


def contains(node: tree.Binary, c: Checker) -> typed.Expr:
    """`c in m`."""
    cpu = expression(node.left, c, CPU)
    mask = expression(node.right, c)
    if isinstance(cpu.type, Broken) or isinstance(mask.type, Broken):
        return broken(node.span)
    if isinstance(mask.type, Optional):
        c.report(MaybeNone(mask.span, str(mask.type)))
        return broken(node.span)
    if mask.type not in (CPUMASK, CPUSET):
        c.report(NotASet(mask.span, str(mask.type)))
        return broken(node.span)
    cpu = fit(cpu, CPU, c, mask.span, "because this is a set of CPUs")
    if isinstance(cpu.type, Broken):
        return broken(node.span)
    if mask.type == CPUSET:
        return typed.SetTest(span=node.span, type=BOOL, cpu=cpu, set=mask)
    return typed.MaskTest(span=node.span, type=BOOL, cpu=cpu, mask=mask)


# ---- statements


def let(span: Span, variable: typed.Variable, value: typed.Expr | None) -> list[typed.Stmt]:
    empty = typed.EmptyMask(span=span, type=CPUMASK)
    return [typed.LetMask(span=span, variable=variable, value=value or empty)]


def assign(node: tree.Assign, where: typed.Place, value: typed.Expr, op: Arithmetic | None, c: Checker) -> list[typed.Stmt]:
    """`m = e` and `m op= e`; that m may be written was shown."""
    if op is not None and op not in _OPS:
        c.report(NoSuchOperator(node.span, f"{op}=", str(CPUMASK)))
        return []
    value = fit(value, CPUMASK, c, node.target.span, "because this is a cpumask")
    if isinstance(value.type, Broken):
        return []
    return [typed.AssignMask(span=node.span, place=where, op=None if op is None else _OPS[op], value=value)]


def _for(loop: tree.For, value: typed.Expr, c: Checker) -> list[typed.Stmt]:
    variable = bound(loop.pattern, CPU, c)
    body, otherwise = looped(loop, c)
    return [typed.ForMask(span=loop.span, variable=variable, mask=value, body=body, otherwise=otherwise)]


ITERABLES[type(CPUMASK)] = _for


def names_of(t: Type) -> list[str]:
    """The members of a mask, or masks of a node, for suggestions."""
    return list(MEMBERS) if t == CPUMASK else list(_OF_NODE) if t == NODE else ["is_idle"] if t == CPU else []
