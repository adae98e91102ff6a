# SPDX-License-Identifier: GPL-2.0-only
"""Where state lies: task and cgroup storage, a slot per CPU, or an array; and how one row of it is found.

| rows of | map | grows with the machine |
|---|---|---|
| task, cgroup | task_storage, cgrp_storage | yes |
| cpu, core, llc | percpu_array of one entry: a core or llc is named by a CPU of it, and its row is that CPU's slot | yes |
| the same with a lock, up to 64 bytes | array of as many rows as there may be CPUs, for per-CPU arrays take no locks | no |
| node | array of 128 rows | no |
| a table | array of as many rows as it may have | no |
"""

from collections.abc import Iterator
from contextlib import contextmanager

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing.owner_types import all_owner, keeps
from scxdsl.typing.walk import walk

from .array_maps import array_entry
from .builder import number
from .context import FunctionContext
from .dispatch import value
from .kept import must_be
from .layout import memory_type
from .moves import scalar
from .tree_shape import Shape
from .values import Slot

NODES = 128
MOST_CPUS = 8192  # of any kernel for x86 (arch/x86/Kconfig: NR_CPUS_RANGE_END)
SPIN_LOCK = ir.Struct("bpf_spin_lock", (ir.Field("val", ir.U32),))
_NO_PREALLOC = 1  # include/uapi/linux/bpf.h: BPF_F_NO_PREALLOC, which storage maps demand
_CREATE = 1  # BPF_LOCAL_STORAGE_GET_F_CREATE
_NULL = Const(ir.Pointer(ir.VOID), 0)
PER_CPU = ("cpu", "core", "llc")
_SMALL = 64  # bytes of a row of which there is one for each CPU that any kernel may have
_STORAGE = {"task": "task_storage", "cgroup": "cgrp_storage"}
_GET = {"task": "task_storage_get", "cgroup": "cgrp_storage_get"}


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
    return rows.kind in _STORAGE or len(rows.locks) == 1


def row_map(rows: typed.Rows) -> irm.Map:
    """The map that holds all rows of a kind."""
    name, struct = map_name(rows.kind), row_struct(rows)
    if rows.kind in _STORAGE:
        kind = _STORAGE[rows.kind]
        return irm.Map(name=name, kind=kind, key=ir.I32, value=struct, max_entries=0, span=rows.span, flags=_NO_PREALLOC)
    if _slotted(rows):
        return irm.Map(name=name, kind="percpu_array", key=ir.U32, value=struct, max_entries=1, span=rows.span)
    return irm.Map(name=name, kind="array", key=ir.U32, value=struct, max_entries=capacity(rows), span=rows.span)


def _slotted(rows: typed.Rows) -> bool:
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


def lock_of(f: FunctionContext, use: typed.LockUse) -> Operand:
    """Address of the lock of one row. Where there is no such row the program ends, as `row_at` says."""
    lock, base = use.lock, use.base
    assert lock.rows is not None and base is not None
    if locked_within(lock.rows):
        return f.build.member(row_of(f, lock.rows, base), row_struct(lock.rows), lock.name)
    index = _owner(f, base)
    struct = lock_struct(lock)
    found = array_entry(f, lock_name(lock), struct, index)
    must_be(f, found, lock.rows.kind, index)
    return f.build.member(found, struct, "lock")


# ---- one row


def row_of(f: FunctionContext, rows: typed.Rows, base: typed.Expr) -> Operand:
    """Address of the row of a value. What was looked up for a name that cannot change is not looked up again."""
    name = _cache_name(f, rows, base)
    if name is not None:
        known = f.rows.get(name)
        if known is not None and any(block is known[1] for block in f.build.open):
            return known[0]
    with f.build.at(base.span):
        found = row_at(f, rows, _owner(f, base), is_here(base) and not (f.sleepable and f.one_cpu))
    if name is not None:
        f.rows[name] = (found, f.build.open[-1])
    return found


def _cache_name(f: FunctionContext, rows: typed.Rows, base: typed.Expr) -> tuple[str, Slot | str] | None:
    match base:
        case typed.Read(place=typed.LocalPlace(variable=v)) if not v.mutable and not v.reference:
            return rows.kind, f.slots[v]
        case typed.GetProperty() if is_here(base) and (f.one_cpu or not f.sleepable):
            return rows.kind, "this_cpu"
    return None


def _owner(f: FunctionContext, base: typed.Expr) -> Operand:
    """The task, cgroup or index whose row is meant."""
    if not (is_here(base) and f.one_cpu):
        return scalar(value(base, f))
    if f.here is None:
        f.here = scalar(value(base, f))
    return f.here


@contextmanager
def one_cpu(f: FunctionContext) -> Iterator[None]:
    """Code inside takes `this_cpu` for one CPU throughout, also where the kernel may move the program to another: a block under a lock looks its
    rows up before the lock is taken, and `under this_cpu.l` must lock the row that it then writes."""
    f.one_cpu = True
    yield
    f.one_cpu, f.here = False, None
    if f.sleepable:
        f.rows = {key: found for key, found in f.rows.items() if key[1] != "this_cpu"}


def is_here(base: typed.Expr) -> bool:
    """Whether a value is the CPU that the program runs on."""
    return isinstance(base, typed.GetProperty) and base.property.key == ".this_cpu"


def row_at(f: FunctionContext, rows: typed.Rows, base: Operand, here: bool = False) -> Operand:
    """Address of the row of a task, a cgroup or an index. Where there is none the program ends: silently for tasks and
    cgroups, which may be on their way out, with an error for an index that user space may have written."""
    found = lookup(f, rows, base, here)
    if rows.kind not in _STORAGE:
        must_be(f, found, rows.kind, base)
        return found
    with f.build.when(f.build.compare(CompareOp.EQ, found, Const(found.type, 0))):
        f.abandon()
    return found


def lookup(f: FunctionContext, rows: typed.Rows, base: Operand, here: bool = False, create: bool = False) -> Value:
    """The row's address, or NULL."""
    name, struct = map_name(rows.kind), row_struct(rows)
    if rows.kind in _STORAGE:
        out = f.build.helper(_GET[rows.kind], ir.Pointer(struct), f.build.global_address(name), base, _NULL, number(_CREATE if create else 0))
        assert out is not None
        return out
    if _slotted(rows):
        return array_entry(f, name, struct, cpu=None if here else base)
    return array_entry(f, name, struct, base)


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
