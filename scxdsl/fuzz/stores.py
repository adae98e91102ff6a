# SPDX-License-Identifier: GPL-2.0-only
"""What a policy leaves in histograms, maps, trees, masks, inboxes, the marks of timers, and the rows of tasks, CPUs and the like, in one form for both engines (states.py).

Owners, which are no plain data, are in owner_stores.py.
"""

from collections.abc import Iterator
from typing import Any

from scxdsl.interp import Interpreter
from scxdsl.interp.maps import MapStore
from scxdsl.interp.state import row_count
from scxdsl.lowering.atomics import HISTS_MAP
from scxdsl.machine.maps.array import Array
from scxdsl.machine.maps.queue import Queue
from scxdsl.model import Model
from scxdsl.objects.layout import unpack
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner
from scxdsl.typing.storable import not_storable

from . import tree_stores
from .object_view import View, mask
from .plain_values import plain, shaped
from .seen_rows import ENTRIES, rows_of


def of_interpreter(program: Interpreter, m: Model) -> dict[str, Any]:
    state, policy = program.state, program.policy
    out: dict[str, Any] = {f"hist {h.name}": [[*row] for row in found] for h, found in zip(policy.hists, state.hists, strict=True)}
    out |= {f"mask {g.name}": program.value(g.name) for g in policy.globals if g.type == lang.CPUMASK}
    for rows, name, owner in rows_of(policy, m):
        found = state.rows[rows.kind].found
        if owner not in found:
            continue
        for f, value in zip(rows.fields, found[owner], strict=True):
            if f.type == lang.CPUMASK or _is_plain(f.type):
                out[f"{rows.kind} {name}.{f.name}"] = plain(value, f.type)
        for tree in rows.trees:
            out[f"tree {rows.kind} {name}.{tree.name}"] = tree_stores.of_interpreter(tree, state.trees.get((tree, owner)))
    for tree in _own_trees(policy):
        out[f"tree {tree.name}"] = tree_stores.of_interpreter(tree, state.trees.get((tree, None)))
    for of in _maps(policy):
        for symbol, store in zip(of.symbols, state.maps[policy.maps.index(of)], strict=True):
            out[f"map {symbol}"] = _kept(of, store)
    out |= {f"silent {ring.name}": 0 for ring in policy.rings}  # each element wakes who waits for it
    out |= {f"inbox {box.name}": list(store.messages) for box, store in zip(policy.inboxes, state.inboxes, strict=True)}
    out |= {f"timer {t.name}": [one.armed for one in found[:ENTRIES]] for t, found in zip(policy.timers, state.timers, strict=True)}
    return out


def of_bytecode(policy: typed.Policy, view: View, m: Model) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if policy.hists:
        counted = view.per_cpu(HISTS_MAP)
        out |= {f"hist {h.name}": [row[h.name] for row in counted] for h in policy.hists}
    for g in policy.globals:
        if g.type == lang.CPUMASK:
            regions = [view.map(g.name).at(0, cpu) for cpu in range(len(m.cpus))] if g.percpu else [view.variable(g.name)]
            masks = [mask(region) for region in regions]
            out[f"mask {g.name}"] = masks if g.percpu else masks[0]
    for rows, name, owner in rows_of(policy, m):
        row = view.row(rows.kind, owner)
        if row is None:
            continue
        for f in rows.fields:
            if f.type == lang.CPUMASK:
                out[f"{rows.kind} {name}.{f.name}"] = mask(row, view.offset(rows.kind, f.name)[0])
            elif _is_plain(f.type):
                at, layout = view.offset(rows.kind, f.name)
                out[f"{rows.kind} {name}.{f.name}"] = shaped(unpack(layout, row.data[at : at + layout.size]), f.type)
        for tree in rows.trees:
            at, layout = view.offset(rows.kind, tree.name)
            out[f"tree {rows.kind} {name}.{tree.name}"] = tree_stores.of_bytecode(tree, layout, row.data[at : at + layout.size])
    for tree in _own_trees(policy):
        out[f"tree {tree.name}"] = tree_stores.of_bytecode(tree, view.layout_of_variable(tree.name), view.variable(tree.name).data)
    for of in _maps(policy):
        for symbol in of.symbols:
            out[f"map {symbol}"] = _entries(of, symbol, view)
    out |= {f"silent {ring.name}": view.map(ring.name).silent for ring in policy.rings}
    out |= {f"inbox {box.name}": view.map(box.name).waiting() for box in policy.inboxes}
    for timer in policy.timers:
        layout, count = view.layout(timer.name), row_count(timer.rows, len(m.cpus))
        out[f"timer {timer.name}"] = [bool(unpack(layout, view.map(timer.name).get(i))["armed"]) for i in range(min(count, ENTRIES))]
    return out


def _own_trees(policy: typed.Policy) -> Iterator[typed.Tree]:
    return (tree for tree in policy.trees if tree.rows is None)


def _maps(policy: typed.Policy) -> Iterator[typed.MapObject]:
    return (of for of in policy.maps if _is_plain(of.value) and (of.key is None or _is_plain(of.key)))


def _is_plain(t: lang.Type) -> bool:
    """Whether it can be compared when its owners are taken out."""
    return not all_owner(t) and not_storable(t) is None


def _kept(of: typed.MapObject, store: MapStore) -> Any:
    if of.key is None:
        return [plain(v, of.value) for v in store.items]
    entries = [(plain(k, of.key), plain(v, of.value)) for k, v in store.entries.items() if of.kind != "array" or k < ENTRIES]
    return sorted(entries, key=repr)


def _entries(of: typed.MapObject, symbol: str, view: View) -> Any:
    found, layout = view.map(symbol), view.layout(symbol)
    if isinstance(found, Queue):
        return [shaped(unpack(layout, data), of.value) for data in found.items()]
    if isinstance(found, Array):
        entries = [(i, found.get(i)) for i in range(min(of.capacity, ENTRIES))]
    else:
        assert of.key is not None
        keys = view.layout(symbol, key=True)
        entries = [(shaped(unpack(keys, key), of.key), data) for key, data in found.items()]
    return sorted(((key, shaped(unpack(layout, data), of.value)) for key, data in entries), key=repr)
