# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs and idle CPUs in the typed tree.

A mask is a value: names and places hold their own bits and `=` copies them. The kernel's masks (`p.cpus_allowed`, `idle_cpus`, a
callback's argument) are read where they stand. `families` of a node are the kernel functions it needs that not every
callback may call.
"""

from enum import StrEnum

from scxdsl.source.records import dataclass

from .typed_base import Expr, Place, Stmt
from .typed_declarations import Variable
from .typed_expressions import BlockValue


class MaskOp(StrEnum):
    AND = "&"
    OR = "|"
    XOR = "^"
    SUB = "-"  # the CPUs of the left side that are not in the right one


class MaskQuestion(StrEnum):
    LEN = "len"
    EMPTY = "empty"
    FIRST = "first"  # the lowest, `cpu?`
    ANY = "any"  # one of them, a different one each time as far as that goes, `cpu?`


class MaskRelation(StrEnum):
    EQUAL = "=="
    SUBSET = "subset_of"
    INTERSECTS = "intersects"


@dataclass(eq=False, kw_only=True)
class LiveMask(Expr):
    """`idle_cpus`, `idle_cores` (all CPUs of cores that are wholly idle), `online`, `possible`: as the kernel has it at the moment.
    With a `node` the idle ones of that node: `n.idle_cpus`."""

    name: str
    node: Expr | None = None
    families: tuple[str, ...] = ()


@dataclass(eq=False, kw_only=True)
class AllowedMask(Expr):
    """`p.cpus_allowed`; `p.cpus_mask` by its kernel name."""

    base: Expr
    field: str = "cpus_ptr"


@dataclass(eq=False, kw_only=True)
class EmptyMask(Expr):
    """`{}`."""


@dataclass(eq=False, kw_only=True)
class MaskAlgebra(Expr):
    """A mask of its own. `~m` is `possible - m`."""

    op: MaskOp
    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class MaskTest(Expr):
    """`c in m`."""

    cpu: Expr
    mask: Expr


@dataclass(eq=False, kw_only=True)
class MaskAsk(Expr):
    """`m.len` (u64), `m.empty` (bool), `m.first`, `m.any` (`cpu?`)."""

    question: MaskQuestion
    mask: Expr


@dataclass(eq=False, kw_only=True)
class MaskCompare(Expr):
    """`a == b`, `a.subset_of(b)`, `a.intersects(b)`."""

    relation: MaskRelation
    left: Expr
    right: Expr


@dataclass(eq=False, kw_only=True)
class MaskChange(Expr):
    """`m.add(c)`, `m.remove(c)`: one step that no other CPU can come between; true where it changed the mask."""

    place: Place
    cpu: Expr
    add: bool


@dataclass(eq=False, kw_only=True)
class LetMask(Stmt):
    """`let m = e`: a copy of the mask."""

    variable: Variable
    value: Expr


@dataclass(eq=False, kw_only=True)
class AssignMask(Stmt):
    """`m = e`, `m &= e`: place, then value, then the copy, which others may see half done."""

    place: Place
    op: MaskOp | None
    value: Expr


@dataclass(eq=False, kw_only=True)
class ForMask(Stmt):
    """`for c in m`: in increasing order; each CPU is looked for when its turn comes."""

    variable: Variable | None
    mask: Expr
    body: BlockValue
    otherwise: BlockValue | None


@dataclass(eq=False, kw_only=True)
class IdleCpu(Expr):
    """`idle_cpu(m, flags)`: claims an idle CPU of the mask, `cpu?`."""

    mask: Expr
    flags: Expr
    families: tuple[str, ...] = ("pick_idle_cpu",)


@dataclass(eq=False, kw_only=True)
class MaskOfSet(Expr):
    """A cpuset where a cpumask is wanted: the CPUs of it that there are."""

    set: Expr


@dataclass(eq=False, kw_only=True)
class SetTest(Expr):
    """`c in s` of a cpuset: false for a CPU past its room."""

    cpu: Expr
    set: Expr


@dataclass(eq=False, kw_only=True)
class SetAsk(Expr):
    """`s.len` (u64), `s.empty` (bool), `s.first` (`cpu?`) of a cpuset; the first of those that there are."""

    question: MaskQuestion
    set: Expr


@dataclass(eq=False, kw_only=True)
class SetChange(Expr):
    """`s.add(c)`, `s.remove(c)` of a cpuset: a load and a store; true where it changed the set. A CPU past its room changes nothing."""

    place: Place
    cpu: Expr
    add: bool


@dataclass(eq=False, kw_only=True)
class ForSet(Stmt):
    """`for c in s` of a cpuset: the CPUs of it that there are, in increasing order; each is looked for when its turn comes."""

    variable: Variable | None
    set: Expr
    body: BlockValue
    otherwise: BlockValue | None
