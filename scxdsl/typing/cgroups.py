# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups: where they come from, their members, walks through those below one."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, broken, expression
from .convert import fit, settle
from .errors_types import MaybeNone, WrongArguments
from .types import CGROUP, I64, U64, Broken, CgroupType, IntType, Optional, TaskType, TextType, Type
from .walking import bound, looped, walked

NAME = TextType(64)
MEMBERS = ("id", "level", "name", "path", "parent", "ancestor", "descendants")


def member(node: tree.Member, base: typed.Expr) -> typed.Expr | None:
    """`p.cgroup`, `cg.id`, `cg.parent`, `cg.name`; None for any other."""
    name = node.name.text
    if base.type == TaskType() and name == "cgroup":
        return typed.TaskCgroup(span=node.span, type=CGROUP, base=base)
    if not isinstance(base.type, CgroupType):
        return None
    match name:
        case "id":
            return typed.CgroupId(span=node.span, type=U64, base=base)
        case "name":
            return typed.CgroupName(span=node.span, type=NAME, base=base)
        case "path":
            return typed.CgroupPath(span=node.span, type=TextType(typed.PATH_SIZE), base=base)
        case "parent":
            return typed.CgroupAncestor(span=node.span, type=Optional(CGROUP), base=base, level=None)
    return None


def names_of(t: Type) -> list[str]:
    """The members of a cgroup, for suggestions."""
    return list(MEMBERS) if isinstance(t, CgroupType) else []


def _number(node: tree.Call, name: str, c: Checker) -> typed.Expr | None:
    """The one argument, a number; reports and gives None where it is none."""
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        c.report(WrongArguments(node.span, f"`{name}` takes 1 argument", name, "(n: u64)"))
        return None
    value = settle(expression(node.arguments[0].value, c))
    if isinstance(value.type, IntType):
        to = I64 if value.type.signed else U64
        return value if value.type == to else typed.Convert(span=value.span, type=to, value=value)
    value = fit(value, U64, c)
    return None if isinstance(value.type, Broken) else value


def method(node: tree.Call, name: str, base: typed.Expr, c: Checker) -> typed.Expr | None:
    """`cg.ancestor(n)`; None for any other."""
    if not isinstance(base.type, CgroupType) or name != "ancestor":
        return None
    level = _number(node, name, c)
    if level is None:
        return broken(node.span)
    return typed.CgroupAncestor(span=node.span, type=Optional(CGROUP), base=base, level=level)


def call(node: tree.Call, name: str, c: Checker) -> typed.Expr | None:
    """`cgroup(id)`; None for any other."""
    if name != "cgroup":
        return None
    id = _number(node, name, c)
    return broken(node.span) if id is None else typed.CgroupById(span=node.span, type=Optional(CGROUP), id=id)


@walked.register
def _(node: tree.Member, loop: tree.For, c: Checker) -> list[typed.Stmt]:
    """`for g in cg.descendants`; any other member is a value to walk through."""
    if node.name.text != "descendants":
        return walked.dispatch(object)(node, loop, c)
    base = expression(node.object, c)
    if isinstance(base.type, Optional):
        c.report(MaybeNone(node.object.span, str(base.type)))
    else:
        base = fit(base, CGROUP, c)
    variable = bound(loop.pattern, CGROUP, c)
    body, otherwise = looped(loop, c)
    return [typed.ForCgroup(span=loop.span, variable=variable, base=base, body=body, otherwise=otherwise)]
