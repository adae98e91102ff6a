# SPDX-License-Identifier: GPL-2.0-only
"""How one row of state is found (row_shape.py tells where it lies)."""

from collections.abc import Iterator
from contextlib import contextmanager

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.typing import typed

from .array_maps import array_entry
from .builder import number
from .context import FunctionContext
from .dispatch import value
from .kept import must_be
from .moves import scalar
from .row_shape import STORAGE, lock_name, lock_struct, locked_within, map_name, row_struct, slotted
from .values import Slot

_CREATE = 1  # BPF_LOCAL_STORAGE_GET_F_CREATE
_NULL = Const(ir.Pointer(ir.VOID), 0)
_GET = {"task": "task_storage_get", "cgroup": "cgrp_storage_get"}


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
    if rows.kind not in STORAGE:
        must_be(f, found, rows.kind, base)
        return found
    with f.build.when(f.build.compare(CompareOp.EQ, found, Const(found.type, 0))):
        f.abandon()
    return found


def lookup(f: FunctionContext, rows: typed.Rows, base: Operand, here: bool = False, create: bool = False) -> Value:
    """The row's address, or NULL."""
    name, struct = map_name(rows.kind), row_struct(rows)
    if rows.kind in STORAGE:
        out = f.build.helper(_GET[rows.kind], ir.Pointer(struct), f.build.global_address(name), base, _NULL, number(_CREATE if create else 0))
        assert out is not None
        return out
    if slotted(rows):
        return array_entry(f, name, struct, cpu=None if here else base)
    return array_entry(f, name, struct, base)
