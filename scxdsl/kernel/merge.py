# SPDX-License-Identifier: GPL-2.0-only
"""One index over all kernels, made from the data file of each and from source.json: what the compiler loads.

Each value stands with the kernels that have it: a bare value is that of every kernel, else a list of [mask, value] rows, where
bit i of the mask is the kernel at place i of `kernels`.

    {"kernels": [["6.12", "6.12.107-scx", "6.12"], …],      series, release, series whose source-only data applies
     "ops": {"dispatch": "(cpu: s32, prev__nullable: struct task_struct *) -> void", …}, "ops_cid": {…},
     "kfuncs": {"scx_bpf_dsq_insert": {"proto": [[…]], "set": …, "flags": …, "from": …, "cpu_form_only": …}, …},
     "implicit": {name: mask}, "hidden": {name: mask},
     "structs": {"task_struct": {"size": …, "kind": "struct", "fields": {"pid": "pid_t", …}}, …},
     "enums": {"scx_enq_flags": {"width": [64, false], "values": {"SCX_ENQ_HEAD": [[15, 16], [496, 65536]], …}}, …},
     "typedefs": {…}, "variables": {…}, "tracepoints": {…}, "functions": {…},
     "source": the rest of source.json, its ranges as masks}
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .versions import Series, parse_ranges, standing_series

# Parts of source.json: tables of name -> rows, and tables of name -> range.
_ROWS = ("sets", "contexts", "rcu_fields", "writable", "helpers", "preempt_count")
_RANGES = ("sleepable", "private_stack", "settable", "under_lock", "deprecated", "refused")


def merge(facts: Iterable[Mapping[str, Any]], source: Mapping[str, Any]) -> dict[str, Any]:
    """The index over these kernels (as `facts_from_btf` gives them), oldest first whatever their order."""
    kernels = sorted(facts, key=lambda f: Series.parse(f["series"]))
    standing = [standing_series(f["series"], source["series"]) for f in kernels]
    every = (1 << len(kernels)) - 1

    def table(part: str) -> dict[str, Any]:
        return {name: _rows([(i, f[part][name]) for i, f in enumerate(kernels) if name in f[part]], every)
                for name in _names(f[part] for f in kernels)}  # fmt: skip

    names, nullable = source["argument_names"], source["nullable"]
    merged: dict[str, Any] = {
        "kernels": [[f["series"], f["release"], s] for f, s in zip(kernels, standing)],
        "ops": {n: _renamed(v, names.get(n), nullable.get(n)) for n, v in table("ops").items()},
        "ops_cid": {n: _renamed(v, names.get(f"cid:{n}", names.get(n)), nullable.get(n)) for n, v in table("ops_cid").items()},
    }
    protos = table("kfuncs")
    merged["kfuncs"] = {n: _kfunc(n, p, kernels, standing, source["kfuncs"].get(n), every) for n, p in protos.items()}
    for part in ("implicit", "hidden"):
        merged[part] = {n: _mask(i for i, f in enumerate(kernels) if n in f[part]) for n in _names(f[part] for f in kernels)}
    merged["structs"] = {n: _struct(n, kernels, every) for n in _names(f["structs"] for f in kernels)}
    merged["enums"] = {n: _enum(n, kernels, every) for n in _names(f["enums"] for f in kernels)}
    for part in ("typedefs", "variables", "tracepoints", "functions"):
        merged[part] = table(part)
    for name, argument in source["nullable_in_tracepoints"].items():
        merged["tracepoints"][name] = _marked(merged["tracepoints"][name], argument)
    merged["source"] = _source(source, standing, every)
    return merged


def _names(parts: Iterable[Iterable[str]]) -> list[str]:
    """All names in the newest kernel's order, then those that only older ones have."""
    found: dict[str, None] = {}
    for part in reversed(list(parts)):
        found |= dict.fromkeys(part)
    return list(found)


def _mask(places: Iterable[int]) -> int:
    return sum(1 << i for i in places)


def _rows(values: list[tuple[int, Any]], every: int) -> Any:
    """[mask, value] rows of (place, value) pairs, or the bare value where all kernels agree."""
    by_value: dict[str, list[int]] = {}
    for place, value in values:
        by_value.setdefault(json.dumps(value), []).append(place)
    rows = [[_mask(places), json.loads(text)] for text, places in by_value.items()]
    return rows[0][1] if len(rows) == 1 and rows[0][0] == every and not isinstance(rows[0][1], list) else rows


def _renamed(value: Any, names: str | None, nullable: str | None) -> Any:
    """A callback's prototype with the argument names of the kernel's documentation instead of its stub's, `nullable` marked."""
    if names is None:
        return value
    if isinstance(value, list):
        rows: dict[str, int] = {}
        for mask, text in value:
            renamed = _renamed(text, names, nullable)
            rows[renamed] = rows.get(renamed, 0) | mask
        return [[mask, text] for text, mask in rows.items()]
    head, arrow, returns = value.rpartition(" -> ")
    parts, wanted = head[1:-1].split(", "), names.split()
    if len(parts) != len(wanted):
        return value
    named = []
    for part, name in zip(parts, wanted):
        old, _, type = part.partition(": ")
        suffix = "__nullable" if name == nullable else next((s for s in ("__nullable", "__arena") if old.endswith(s)), "")
        named.append(f"{name}{suffix}: {type}")
    return f"({', '.join(named)}){arrow}{returns}"


def _marked(value: Any, argument: str) -> Any:
    """A prototype, or rows of them, with an argument marked as one that may be NULL."""
    if isinstance(value, list):
        return [[mask, _marked(text, argument)] for mask, text in value]
    return value.replace(f"{argument}: ", f"{argument}__nullable: ")


def _kfunc(name: str, proto: Any, kernels: list, standing: list[str], rows: list | None, every: int) -> dict[str, Any]:
    """The prototype with what source.json says; a kernel that no row is for takes the nearest row."""
    found: dict[str, Any] = {"proto": proto}
    if rows is None:
        return found
    have = [i for i, f in enumerate(kernels) if name in f["kfuncs"]]
    taken = {i: _nearest(rows, standing[i]) for i in have}
    for key in ("set", "flags", "from"):
        if any(key in row for row in taken.values()):
            found[key] = _rows([(i, row.get(key, "")) for i, row in taken.items()], every)
    if only := _mask(i for i, row in taken.items() if row.get("cpu_form_only")):
        found["cpu_form_only"] = only
    return found


def _nearest(rows: list, series: str) -> Mapping[str, Any]:
    own = Series.parse(series)
    for text, value in rows:
        if any(own in r for r in parse_ranges(text)):
            return value
    later = [value for text, value in rows if parse_ranges(text)[0].low > own]
    return later[0] if later else rows[-1][1]


def _struct(name: str, kernels: list, every: int) -> dict[str, Any]:
    have = [(i, f["structs"][name]) for i, f in enumerate(kernels) if name in f["structs"]]
    fields = {field: _rows([(i, s["fields"][field]) for i, s in have if field in s["fields"]], every)
              for field in _names(s["fields"] for _, s in have)}  # fmt: skip
    kind = have[-1][1]["kind"]
    found = {"kind": kind, "size": _rows([(i, s["size"]) for i, s in have], every), "fields": fields}
    return found | ({"typedef": True} if have[-1][1].get("typedef") else {})


def _enum(name: str, kernels: list, every: int) -> dict[str, Any]:
    have = [(i, f["enums"][name]) for i, f in enumerate(kernels) if name in f["enums"]]
    values = {value: _rows([(i, e["values"][value]) for i, e in have if value in e["values"]], every)
              for value in _names(e["values"] for _, e in have)}  # fmt: skip
    return {"width": _rows([(i, [e["bits"], e["signed"]]) for i, e in have], every), "values": values}


def _source(source: Mapping[str, Any], standing: list[str], every: int) -> dict[str, Any]:
    at = [Series.parse(s) for s in standing]

    def mask(text: str) -> int:
        ranges = parse_ranges(text)
        return _mask(i for i, s in enumerate(at) if any(s in r for r in ranges))

    def rows(table: list) -> Any:
        found = [[m, value] for text, value in table if (m := mask(text))]
        return found[0][1] if len(found) == 1 and found[0][0] == every else found

    found: dict[str, Any] = {part: {n: rows(v) for n, v in source[part].items()} for part in _ROWS}
    found |= {part: {n: mask(v) for n, v in source[part].items()} for part in _RANGES}
    found["limits"] = {n: rows(v["values"]) for n, v in source["limits"].items()}
    found["enforcement"] = rows(source["enforcement"])
    found["conditions"] = [c | {"kernels": mask(c["kernels"])} for c in source["conditions"]]
    found["constants"] = source["constants"]
    return found


def dump(data: Any, depth: int = 2) -> str:
    """JSON with one line per entry down to `depth`: small and easy to compare."""
    return _dump(data, depth, "") + "\n"


def _dump(data: Any, depth: int, indent: str) -> str:
    if depth == 0 or not isinstance(data, (dict, list)) or not data:
        return json.dumps(data)
    inner = indent + " "
    if isinstance(data, dict):
        lines = [f"{inner}{json.dumps(k)}: {_dump(v, depth - 1, inner)}" for k, v in data.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _dump(v, depth - 1, inner) for v in data) + f"\n{indent}]"
