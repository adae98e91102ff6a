# SPDX-License-Identifier: GPL-2.0-only
"""Owners in the typed tree: places in memory that hold a reference to a task or a cgroup.

An owner's type is an optional of what it owns, `task?` or `cgroup?`. Of a local the same type is a name for something that another owns.
"""

from scxdsl.source.records import dataclass

from .typed_base import Expr, Place, Stmt
from .typed_cgroups import CgroupAncestor, CgroupById, TaskCgroup
from .typed_declarations import Variable
from .typed_expressions import Absent, Read, Some
from .typed_maps import MapObject
from .typed_places import LocalPlace
from .typed_recording import Answer, Decision
from .typed_state import Ours, TaskByPid


@dataclass(eq=False, kw_only=True)
class MapPlace(Place):
    """`m[k]` of a map whose values are owners. Keeping something there makes the entry where it is missing and there is room."""

    map: MapObject
    row: Expr | None
    key: Expr


@dataclass(eq=False, kw_only=True)
class Borrow(Expr):
    """Reading an owner: what it holds, none where it is empty. What is read stays alive to the end of the block, whatever happens to
    the owner. A task that has left the scheduler meanwhile reads as none."""

    place: Place


@dataclass(eq=False, kw_only=True)
class Take(Expr):
    """`take x.f`: what the owner held, and it is empty. The value belongs to the block around. A task that has left the scheduler
    meanwhile is given back, and none comes."""

    place: Place


@dataclass(eq=False, kw_only=True)
class Keep(Stmt):
    """`keep x.f = v`: the place, then the value, then one exchange; what was there is given back. What the value owns moves (`moved` is
    the name that is gone then); what is only borrowed stays where it is, and the place gets a reference of its own."""

    place: Place
    value: Expr
    moved: Variable | None


ACQUIRES = (TaskByPid, Ours, TaskCgroup, CgroupById, CgroupAncestor, Take)


def acquired(value: Expr) -> Expr | None:
    """The expression inside that acquires what the value is; None where the value belongs to somebody else."""
    match value:
        case Some(value=inner) | Answer(value=inner) | Decision(value=inner):
            return acquired(inner)
    return value if isinstance(value, ACQUIRES) else None


def named(value: Expr) -> Variable | None:
    """The local that a value is."""
    match value:
        case Some(value=inner) | Answer(value=inner) | Decision(value=inner):
            return named(inner)
        case Read(place=LocalPlace(variable=variable)):
            return variable
    return None


def is_nothing(value: Expr) -> bool:
    """Whether a value is `none` as it is written."""
    return isinstance(value, Absent)
