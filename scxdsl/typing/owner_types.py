# SPDX-License-Identifier: GPL-2.0-only
"""What owners lie in a place, by its type."""

from typing import TYPE_CHECKING

from .types import ArrayType, Optional, StructType, TaskType, Type, is_owner

if TYPE_CHECKING:
    from .typed import Policy


def owners_in(t: Type) -> int:
    """How many owners lie in a place of that type."""
    match t:
        case ArrayType(of, length):
            return length * owners_in(of)
        case StructType(_, fields):
            return sum(owners_in(f.type) for f in fields)
    return int(is_owner(t))


def all_owner(t: Type) -> bool:
    """Whether nothing is left of a place once its owners are taken out."""
    match t:
        case ArrayType(of, _, False):
            return all_owner(of)
        case StructType(_, fields):
            return bool(fields) and all(all_owner(f.type) for f in fields)
    return is_owner(t)


def kind_of(t: Type) -> str:
    """What an owner of that type owns: "task" or "cgroup"."""
    assert isinstance(t, Optional)
    return "task" if isinstance(t.of, TaskType) else "cgroup"


def kinds(t: Type) -> tuple[str, ...]:
    """What the owners in a place of that type own, in their order."""
    match t:
        case ArrayType(of, length):
            return kinds(of) * length
        case StructType(_, fields):
            return tuple(kind for f in fields for kind in kinds(f.type))
    return (kind_of(t),) if is_owner(t) else ()


def keeps(kind: str, policy: "Policy") -> bool:
    """Whether a task or cgroup may be kept beyond its time in the scheduler: then its state must go by itself."""
    types = [g.type for g in policy.globals] + [m.value for m in policy.maps]
    types += [f.type for rows in policy.rows.values() for f in rows.fields]
    return any(kind in kinds(t) for t in types)
