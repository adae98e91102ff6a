# SPDX-License-Identifier: GPL-2.0-only
"""Where state lies: task and cgroup storage, a slot per CPU, or an array.

| rows of | map | grows with the machine |
|---|---|---|
| task, cgroup | task_storage, cgrp_storage | yes |
| cpu, core, llc | percpu_array of one entry: a core or llc is named by a CPU of it, and its row is that CPU's slot | yes |
| the same with a lock, up to 64 bytes | array of as many rows as there may be CPUs, for per-CPU arrays take no locks | no |
| node | array of 128 rows | no |
| a table | array of as many rows as it may have | no |
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.typing import typed
from scxdsl.typing.owner_types import all_owner, keeps
from scxdsl.typing.walk import walk

from .layout import memory_type
from .tree_shape import Shape

NODES = 128
MOST_CPUS = 8192  # of any kernel for x86 (arch/x86/Kconfig: NR_CPUS_RANGE_END)
SPIN_LOCK = ir.Struct("bpf_spin_lock", (ir.Field("val", ir.U32),))
NO_PREALLOC = 1  # include/uapi/linux/bpf.h: BPF_F_NO_PREALLOC, which storage maps demand
PER_CPU = ("cpu", "core", "llc")
_SMALL = 64  # bytes of a row of which there is one for each CPU that any kernel may have
STORAGE = {"task": "task_storage", "cgroup": "cgrp_storage"}


def map_name(kind: str) -> str:
    return f"{kind}_state"


def row_struct(rows: typed.Rows) -> ir.Struct:
    """One row. Rows without fields, of which only the existence matters, hold a mark."""
    fields = _plain(rows)
    if locked_within(rows):
        fields += tuple(ir.Field(lock.name, SPIN_LOCK) for lock in rows.locks)
    fields += tuple(ir.Field(t.name, Shape(t).whole) for t in rows.trees)
    return ir.Struct(map_name(rows.kind), fields or (ir.Field("there", ir.U32),))


def _plain(rows: typed.Rows) -> tuple[ir.Field, ...]:
    return tuple(ir.Field(f.name, memory_type(f.type)) for f in rows.fields if not all_owner(f.type))


def locked_within(rows: typed.Rows) -> bool:
    """Whether the lock of a row lies in it, so that one lookup finds both. A value of a map has at most one (kernel/bpf/btf.c, btf_parse_fields)."""
    if rows.kind in PER_CPU:
        return len(rows.locks) == 1 and not rows.trees and ir.Struct("", (*_plain(rows), ir.Field("", SPIN_LOCK))).size <= _SMALL
    return rows.kind in STORAGE or len(rows.locks) == 1


def row_map(rows: typed.Rows) -> irm.Map:
    """The map that holds all rows of a kind."""
    name, struct = map_name(rows.kind), row_struct(rows)
    if rows.kind in STORAGE:
        kind = STORAGE[rows.kind]
        return irm.Map(name=name, kind=kind, key=ir.I32, value=struct, max_entries=0, span=rows.span, flags=NO_PREALLOC)
    if slotted(rows):
        return irm.Map(name=name, kind="percpu_array", key=ir.U32, value=struct, max_entries=1, span=rows.span)
    return irm.Map(name=name, kind="array", key=ir.U32, value=struct, max_entries=capacity(rows), span=rows.span)


def slotted(rows: typed.Rows) -> bool:
    """Whether a row is the slot of a CPU."""
    return rows.kind in PER_CPU and not locked_within(rows)


def capacity(rows: typed.Rows) -> int:
    """How many rows an array of them has."""
    return MOST_CPUS if rows.kind in PER_CPU else rows.capacity or NODES


def lock_maps(policy: typed.Policy) -> list[irm.Map]:
    """The locks that do not lie in their rows: per-CPU arrays take none (kernel/bpf/syscall.c, map_check_btf)."""
    return [_lock_map(lock, lock.rows) for lock in policy.locks if lock.rows and not locked_within(lock.rows)]


def _lock_map(lock: typed.Lock, rows: typed.Rows) -> irm.Map:
    struct = lock_struct(lock)
    return irm.Map(name=lock_name(lock), kind="array", key=ir.U32, value=struct, max_entries=capacity(rows), span=lock.span)


def lock_name(lock: typed.Lock) -> str:
    assert lock.rows is not None
    return f"{lock.rows.kind}_{lock.name}"


def lock_struct(lock: typed.Lock) -> ir.Struct:
    return ir.Struct(lock_name(lock), (ir.Field("lock", SPIN_LOCK),))


def task_rows(policy: typed.Policy) -> typed.Rows | None:
    """The rows of tasks, also where only their existence is asked for: by `task(pid)`, `ours(t)`, `waker()`."""
    rows = policy.rows.get("task")
    if rows is not None and (rows.fields or rows.locks or rows.trees):
        return rows
    return typed.Rows("task", policy.span) if _asks(policy) or keeps("task", policy) else None


def _asks(policy: typed.Policy) -> bool:
    return any(isinstance(node, typed.TaskByPid | typed.Ours | typed.Waker) for body in policy.bodies() for node in walk(body))


def stored(policy: typed.Policy) -> list[typed.Rows]:
    """All rows that have a map."""
    tasks = task_rows(policy)
    others = [rows for kind, rows in policy.rows.items() if kind != "task" and (rows.fields or rows.locks or rows.trees)]
    return ([tasks] if tasks is not None else []) + others
