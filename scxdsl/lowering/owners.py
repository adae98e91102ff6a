# SPDX-License-Identifier: GPL-2.0-only
"""Owners: `keep` exchanges what a place owns, `take` empties it, reading gets a reference of its own.

Where they lie is in owner_shape.py. Source: kernel/bpf/helpers.c, bpf_kptr_xchg, bpf_task_acquire, bpf_cgroup_acquire; kernel/bpf/verifier.c,
process_kptr_func: "doesn't have constant offset".
"""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import kind_of
from scxdsl.typing.types import is_owner

from .array_maps import array_entry
from .builder import number
from .context import FunctionContext
from .dispatch import expression, locate, statement, value
from .kernel_text import raise_text
from .kfuncs import owned, plain_kfunc, section
from .layout import register_type
from .maps import key_address, map_of
from .moves import scalar
from .owner_shape import IN_VALUE, Store, of_map, of_rows
from .places import NOWHERE, MemoryTarget, SlotTarget
from .row_shape import map_name
from .tasks import hold_ours
from .values import Lowered, Owner, SlotAlias

_CREATE = 1  # BPF_LOCAL_STORAGE_GET_F_CREATE
_NOEXIST = 1  # include/uapi/linux/bpf.h: BPF_NOEXIST
_NULL = Const(ir.Pointer(ir.VOID), 0)
_ENOMEM = 12
_GET = {"task": "task_storage_get", "cgroup": "cgrp_storage_get"}
_DELETE = {"task": "task_storage_delete", "cgroup": "cgrp_storage_delete"}


@locate.register
def _(place: typed.MapPlace, f: FunctionContext) -> MemoryTarget:
    where = map_of(f, place.map, place.row)
    return MemoryTarget(NOWHERE, place.type, True, Owner(place.map, 0, key_address(f, place.map, place.key), map=where))


def owner_of(place: typed.Place, f: FunctionContext) -> Owner:
    """Where an owner is, its parts evaluated."""
    match locate(place, f):
        case MemoryTarget(_, _, _, Owner() as owner) | SlotTarget(SlotAlias(_, _, Owner() as owner)):
            return owner
    raise TypeError(f"{place} is no owner")


# ---- what is done with them


@expression.register
def _(node: typed.Borrow, f: FunctionContext) -> Lowered:
    return borrow(f, owner_of(node.place, f), node.type)


def borrow(f: FunctionContext, owner: Owner, t: lang.Type) -> Operand:
    """A reference to what an owner holds, to the end of the block; NULL where it is empty."""
    out = Local(f.name("borrowed"), register_type(t.of))  # type: ignore[union-attr]
    f.build.set(out, _null(out))
    with section(f):

        def found(address: Operand) -> None:
            there = f.build.load(address, out.type, volatile=True)
            with f.build.when(f.build.compare(CompareOp.NE, there, _null(out))):
                f.build.set(out, _acquire(f, kind_of(t), there))

        _at(f, owner, t, found)
    return _held(f, kind_of(t), f.build.get(out))


@expression.register
def _(node: typed.Take, f: FunctionContext) -> Lowered:
    out = Local(f.name("taken"), register_type(node.type.of))  # type: ignore[union-attr]
    owner = owner_of(node.place, f)
    f.build.set(out, _null(out))
    _at(f, owner, node.type, lambda address: f.build.set(out, _exchange(f, address, _null(out))))
    return _held(f, kind_of(node.type), f.build.get(out))


@statement.register
def _(node: typed.Keep, f: FunctionContext) -> None:
    with f.scope():
        _keep(f, node)


def _keep(f: FunctionContext, node: typed.Keep) -> None:
    owner, t = owner_of(node.place, f), node.place.type
    holder = _moved(f, node)
    kind = kind_of(t)

    def exchange(address: Operand) -> None:
        nothing = Const(register_type(t.of), 0)  # type: ignore[union-attr]
        if holder is None:
            before = _exchange(f, address, nothing)
        else:
            before = _exchange(f, address, _or_nothing(f, f.build.get(holder)))
            f.build.set(holder, _null(holder))
        with f.build.when(f.build.compare(CompareOp.NE, before, Const(before.type, 0))):
            plain_kfunc(f, f"bpf_{kind}_release", before)

    _at(f, owner, t, exchange, makes_for=holder)


def _moved(f: FunctionContext, node: typed.Keep) -> Local | None:
    """The local that holds what is to be moved; None for `none`. What is only borrowed gets a reference of its own."""
    if typed.is_nothing(node.value):
        return None
    given = scalar(value(node.value, f))
    if typed.acquired(node.value) is not None:
        assert f.holder is not None
        return f.holder
    if node.moved is not None and node.moved in f.holders:
        return f.holders[node.moved]
    kind = kind_of(node.place.type)
    out = Local(f.name("own"), given.type)
    f.build.set(out, _null(out))
    with f.build.when(f.build.compare(CompareOp.NE, given, _null(out))):
        f.build.set(out, _acquire(f, kind, given))
    return owned(f, kind, f.build.get(out), lambda held: plain_kfunc(f, f"bpf_{kind}_release", held))


def _null(local: Local) -> Const:
    return Const(local.type, 0)


def _acquire(f: FunctionContext, kind: str, pointer: Operand) -> Value:
    out = plain_kfunc(f, f"bpf_{kind}_acquire", pointer)
    assert isinstance(out, Value)
    return out


def _exchange(f: FunctionContext, address: Operand, new: Operand) -> Value:
    out = f.build.helper("kptr_xchg", new.type, address, new)
    assert out is not None
    return out


def _or_nothing(f: FunctionContext, new: Value) -> Operand:
    """The same pointer, or 0: what the verifier thinks to be either is refused ("Possibly NULL pointer passed to helper arg2"). LLVM must not
    see that both are one."""
    out = Local(f.name("new"), new.type)
    nothing = Const(new.type, 0)
    with f.build.when(f.build.compare(CompareOp.NE, new, nothing)) as branch:
        f.build.set(out, new)
    with f.build.otherwise(branch):
        f.build.set(out, f.build.opaque(nothing))
    return f.build.get(out)


def _held(f: FunctionContext, kind: str, found: Value) -> Operand:
    """Held to the end of the block; a task that has left the scheduler is none."""
    if kind == "task":
        return hold_ours(f, found)
    owned(f, kind, found, lambda cgroup: plain_kfunc(f, "bpf_cgroup_release", cgroup))
    return found


# ---- where they are


def _at(f: FunctionContext, owner: Owner, t: lang.Type, use: Callable[[Operand], None], makes_for: Local | None = None) -> None:
    """Code with the address of one owner. Where there is no such row the invocation ends, as for its other members; where there is no such
    entry of a map nothing happens, unless `makes_for` holds something: then it is made, if there is room."""
    assert is_owner(t)
    if isinstance(owner.store, typed.MapObject):
        _in_map(f, owner, owner.store, use, makes_for)
    elif owner.store.place in _GET:
        use(_in_storage(f, owner, owner.store, kind_of(t)))
    else:
        use(f.build.member(_in_array(f, owner, owner.store), owner.store.value, kind_of(t)))


def _in_map(f: FunctionContext, owner: Owner, m: typed.MapObject, use: Callable[[Operand], None], makes_for: Local | None) -> None:
    struct, key, where = of_map(m), owner.row, owner.map
    assert key is not None and where is not None
    found = Local(f.name("entry"), ir.Pointer(struct))

    def look() -> None:
        entry = f.build.helper("map_lookup_elem", found.type, where, key)
        assert entry is not None
        f.build.set(found, entry)

    look()
    if makes_for is not None and m.kind != "array":
        missing = f.build.compare(CompareOp.EQ, f.build.get(found), _null(found))
        with f.build.when(missing), f.build.when(f.build.compare(CompareOp.NE, f.build.get(makes_for), _null(makes_for))):
            empty = f.build.local_address(Local(f.name("empty"), struct))
            f.build.clear(empty, struct)
            f.build.helper("map_update_elem", ir.I64, where, key, empty, number(_NOEXIST))
            look()
    entry = f.build.get(found)
    with f.build.when(f.build.compare(CompareOp.NE, entry, _null(found))):
        use(f.build.member(entry, struct, "owner"))


def _in_array(f: FunctionContext, owner: Owner, store: Store) -> Value:
    """The entry of an array: of the policy's own, of a CPU's, of a row's."""
    at = _number(f, owner, store.first)
    row = owner.row
    if store.rows is not None and row is not None:
        row = f.build.convert(f.build.convert(row, ir.U32), ir.U64)
        with f.build.when(f.build.compare(CompareOp.UGE, row, number(store.rows))):
            raise_text(f, f"there is no {_kind(store)} %llu", row)
        at = f.build.add(f.build.binary(BinaryOp.MUL, row, number(len(store.kinds))), at)
    if store.place == "percpu_array" and row is not None:
        out = array_entry(f, store.name, store.value, at, row)
    else:
        out = array_entry(f, store.name, store.value, at)
    with f.build.when(f.build.compare(CompareOp.EQ, out, Const(out.type, 0))):
        if store.place == "percpu_array" and row is not None:
            raise_text(f, f"there is no {_kind(store)} %lld", row)
        else:  # never: the entry is there since the map is
            f.end(None if f.fallback is None else Const(f.fallback.type, 0))
    return out


def _kind(store: Store) -> str:
    return store.name.removesuffix("_owned")


def _number(f: FunctionContext, owner: Owner, first: int) -> Operand:
    at = number(first + owner.first)
    return at if owner.index is None else f.build.add(owner.index, at)


def _in_storage(f: FunctionContext, owner: Owner, store: Store, kind: str) -> Operand:
    """The owner of a task or cgroup. The kernel wants a constant offset: a number known at run time only is compared with each that it can
    be, and each has code of its own; LLVM, which would make one sum of them, is kept from seeing through."""
    base = owner.row
    assert base is not None
    if owner.index is None:
        chunk, member = divmod(owner.first, IN_VALUE)
        return f.build.member(_chunk(f, store, chunk, base), store.chunk(chunk), f"owner{member}")
    wanted = f.build.opaque(_number(f, owner, 0))
    out = Local(f.name("owner"), ir.Pointer(ir.Pointer(register_of(kind), tag="kptr")))
    f.build.set(out, _null(out))
    for chunk in store.chunks:
        mine = [i for i, k in enumerate(store.kinds) if k == kind and i // IN_VALUE == chunk and i >= owner.first]
        if not mine:
            continue
        inside = f.build.compare(CompareOp.ULE, f.build.binary(BinaryOp.SUB, wanted, number(mine[0])), number(mine[-1] - mine[0]))
        with f.build.when(inside):
            found = _chunk(f, store, chunk, base)
            for i in mine:
                with f.build.when(f.build.compare(CompareOp.EQ, wanted, number(i))):
                    address = f.build.member(found, store.chunk(chunk), f"owner{i % IN_VALUE}")
                    f.build.set(out, f.build.opaque(address))
    address = f.build.get(out)
    with f.build.when(f.build.compare(CompareOp.EQ, address, _null(out))):
        f.abandon()
    return address


def register_of(kind: str) -> ir.Type:
    t = register_type(lang.TASK if kind == "task" else lang.CGROUP)
    assert isinstance(t, ir.Pointer)
    return t.to


def _chunk(f: FunctionContext, store: Store, chunk: int, base: Operand, create: bool = False) -> Value:
    """One storage of a task or cgroup. Where there is none it has left: the program ends silently."""
    where = f.build.global_address(f"{store.name}{chunk}")
    out = f.build.helper(_GET[store.place], ir.Pointer(store.chunk(chunk)), where, base, _NULL, number(_CREATE if create else 0))
    assert out is not None
    with f.build.when(f.build.compare(CompareOp.EQ, out, Const(out.type, 0))):
        if create:
            f.end(Const(ir.I32, -_ENOMEM))
        else:
            f.abandon()
    return out


# ---- what is derived


def created(f: FunctionContext, rows: typed.Rows, base: Value) -> None:
    """In init_task and cgroup_init: room for the owners of a task or cgroup."""
    store = of_rows(rows)
    for chunk in store.chunks if store is not None else ():
        _chunk(f, store, chunk, base, create=True)  # type: ignore[arg-type]


def gone(f: FunctionContext, rows: typed.Rows | None, base: Value) -> None:
    """At the end of exit_task and cgroup_exit: state goes at once, though somebody may keep the task or cgroup itself, and gives back what
    it owns. The kernel alone would free it with the last reference, and two that keep each other would never go."""
    if rows is None:
        return
    store = of_rows(rows)
    names = [f"{store.name}{i}" for i in store.chunks] if store is not None else []
    for name in (map_name(rows.kind), *names):
        f.build.helper(_DELETE[rows.kind], ir.I64, f.build.global_address(name), base)
