# SPDX-License-Identifier: GPL-2.0-only
"""What the owners of a policy hold in the end, in one form for both engines: a task by its pid, a cgroup by its id, None where nothing is
held (lowering/owner_shape.py tells where they lie in an object)."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from scxdsl.interp import Interpreter
from scxdsl.lowering.owner_shape import IN_VALUE, of_global, of_rows
from scxdsl.machine.memory import Region
from scxdsl.model import Model, Task
from scxdsl.objects.layout import unpack
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import kinds
from scxdsl.typing.types import is_owner, owns

from .object_view import View
from .plain_values import plain, shaped
from .seen_rows import ENTRIES, rows_of

_POINTER_BYTES = 8


def of_interpreter(program: Interpreter, m: Model) -> dict[str, Any]:
    state, policy = program.state, program.policy
    out: dict[str, Any] = {}
    for g in _globals(policy):
        value = program.value(g.name)
        out[f"owned {g.name}"] = [[*_named_in(v, g.type)] for v in value] if g.percpu else [*_named_in(value, g.type)]
    for rows, name, owner in _rows(policy, m):
        found = state.rows[rows.kind].found
        if owner in found:
            values = zip(rows.fields, found[owner], strict=True)
            out[f"owned {rows.kind} {name}"] = [held for f, value in values for held in _named_in(value, f.type)]
    for of in _maps(policy):
        for symbol, store in zip(of.symbols, state.maps[policy.maps.index(of)], strict=True):
            entries = [(plain(k, of.key), _named(v)) for k, v in store.entries.items() if of.kind != "array" or k < ENTRIES]
            out[f"owned map {symbol}"] = sorted(entries, key=repr)
    return out


def of_bytecode(policy: typed.Policy, view: View, m: Model) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for g in _globals(policy):
        store, cpus = of_global(policy, g), range(len(m.cpus))
        entries = range(store.first, store.first + len(kinds(g.type)))
        found = view.map(store.name)
        if g.percpu:
            out[f"owned {g.name}"] = [[_held(found.at(i, cpu)) for i in entries] for cpu in cpus]
        else:
            out[f"owned {g.name}"] = [_held(found.at(i)) for i in entries]
    for rows, name, owner in _rows(policy, m):
        if view.row(rows.kind, owner) is not None:
            out[f"owned {rows.kind} {name}"] = [*_of_row(rows, owner, view)]
    for of in _maps(policy):
        assert of.key is not None
        for symbol in of.symbols:
            keys, most = view.layout(symbol, key=True), ENTRIES if of.kind == "array" else None
            found = islice(view.map(symbol).entries(), most)
            entries = [(shaped(unpack(keys, data), of.key), _held(region)) for data, region in found]
            out[f"owned map {symbol}"] = sorted(entries, key=repr)
    return out


def _globals(policy: typed.Policy) -> Iterator[typed.Global]:
    return (g for g in policy.globals if owns(g.type))


def _rows(policy: typed.Policy, m: Model) -> Iterator[tuple[typed.Rows, int, Any]]:
    return (row for row in rows_of(policy, m) if any(owns(f.type) for f in row[0].fields))


def _maps(policy: typed.Policy) -> Iterator[typed.MapObject]:
    return (of for of in policy.maps if is_owner(of.value))


# ---- interpreter


def _named_in(value: Any, t: lang.Type) -> Iterator[int | None]:
    """What the owners in a value hold, in their order."""
    match t:
        case lang.StructType(_, fields):
            for f, inner in zip(fields, value, strict=True):
                yield from _named_in(inner, f.type)
        case lang.ArrayType(of):
            for inner in value:
                yield from _named_in(inner, of)
        case _ if is_owner(t):
            yield _named(value)


def _named(found: Any) -> int | None:
    return None if found is None else found.pid if isinstance(found, Task) else found.id


# ---- bytecode


def _of_row(rows: typed.Rows, owner: Any, view: View) -> Iterator[int | None]:
    store = of_rows(rows)
    assert store is not None
    for number in range(len(store.kinds)):
        if store.place in ("task", "cgroup"):
            chunk, member = divmod(number, IN_VALUE)
            region = view.stored(f"{store.name}{chunk}", owner)
            yield None if region is None else _held(region, member * _POINTER_BYTES)
        elif store.place == "percpu_array":
            yield _held(view.map(store.name).at(number, owner))
        else:
            yield _held(view.map(store.name).at(owner * len(store.kinds) + number))


def _held(region: Region, offset: int | None = None) -> int | None:
    """What the pointer at that offset leads to, or where none is given the only one that there can be."""
    found = next(iter(region.pointers.values()), None) if offset is None else region.pointers.get(offset)
    return None if found is None else _named(found.region.source)
