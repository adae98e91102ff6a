# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups in the typed tree. What is acquired is held to the end of the block around it."""

from scxdsl.source.records import dataclass

from .typed_base import Expr, Stmt
from .typed_declarations import Variable
from .typed_expressions import BlockValue


@dataclass(eq=False, kw_only=True)
class TaskCgroup(Expr):
    """`p.cgroup`: the one whose weight and limits count for the task; only of the task that the callback is about."""

    base: Expr
    families: tuple[str, ...] = ("task_cgroup",)


@dataclass(eq=False, kw_only=True)
class CgroupById(Expr):
    """`cgroup(id)`: `cgroup?`."""

    id: Expr


@dataclass(eq=False, kw_only=True)
class CgroupAncestor(Expr):
    """`cg.ancestor(n)`: the ancestor at level n, 0 for the root, the cgroup itself at its own level, none below; `cg.parent` with
    `level` None."""

    base: Expr
    level: Expr | None


@dataclass(eq=False, kw_only=True)
class CgroupId(Expr):
    """`cg.id`."""

    base: Expr


@dataclass(eq=False, kw_only=True)
class CgroupName(Expr):
    """`cg.name`: the last part of its path, cut to what the type holds; empty for the root."""

    base: Expr


PATH_SIZE, PART_SIZE = 128, 64  # bytes, with the end: a path, and one name in it; what is longer is cut


@dataclass(eq=False, kw_only=True)
class CgroupPath(Expr):
    """`cg.path`: `/` and the names from below the root to the cgroup, `str[128]`. A name is cut to 63 bytes, the whole to 127."""

    base: Expr


@dataclass(eq=False, kw_only=True)
class ForCgroup(Stmt):
    """`for g in cg.descendants`: all below it, each before those below it; one that goes away meanwhile is left out."""

    variable: Variable | None
    base: Expr
    body: BlockValue
    otherwise: BlockValue | None
