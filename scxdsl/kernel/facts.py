# SPDX-License-Identifier: GPL-2.0-only
"""The door to the kernel facts: loads the index once and answers questions from it.

    facts = Facts.load()
    kernels = facts.choose("6.12..").kernels
    facts.permission("scx_bpf_dsq_insert", "running", kernels).oldest     # "6.16"
    facts.field("task_struct.scx.slice").where <= …

Loading reads one JSON file; dataclasses are made when they are asked for.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any, TypeVar

from . import families
from .ctype import CType, Kind, Proto, parse_proto, parse_type
from .items import Condition, Constant, Field, FieldType, Helper, Kernel, Kfunc, Op, Setting, Struct
from .permissions import Permission, permission
from .versioned import Versioned
from .versions import Choice, Kernels, choose, parse_ranges

T = TypeVar("T")


def _data(name: str) -> Any:
    with open(os.path.join(os.path.dirname(__file__), "facts", name), "rb") as file:
        return json.load(file)


class Facts:
    """Facts of a set of kernels, oldest first. Unknown names give None, never an exception."""

    def __init__(self, index: Mapping[str, Any]) -> None:
        self._index = index
        self._source = index["source"]
        self._made: dict[tuple[str, str], Any] = {}
        self.kernels = tuple(Kernel(*row) for row in index["kernels"])
        self.names = tuple(k.series for k in self.kernels)
        self.all = Kernels.all(self.names)

    @staticmethod
    @cache
    def load() -> "Facts":
        """The kernels that the package knows."""
        return Facts(_data("merged.json"))

    @classmethod
    def with_kernels(cls, added: Iterable[Mapping[str, Any]]) -> "Facts":
        """The package's kernels and further ones, each as `facts_from_btf` gives it; one of a known series takes its place.

        Slower than `load` (some 0.1 s): it makes the index again.
        """
        from .make import FOLDER, series_files
        from .merge import merge

        kernels = {f["series"]: f for f in (json.loads(p.read_text()) for p in series_files(FOLDER))}
        kernels |= {f["series"]: f for f in added}
        return cls(merge(kernels.values(), _data("source.json")))

    # --- kernels

    def choose(self, ranges: str) -> Choice:
        """The known kernels that ranges such as "6.12..7.0" hold. Raises BadRange."""
        return choose(parse_ranges(ranges), self.names)

    def set_of(self, *series: str) -> Kernels:
        return Kernels.of(self.names, *series)

    def assumed(self, kernels: Kernels) -> tuple[Kernel, ...]:
        """Those whose source was not read: what BTF does not say is taken from an older series, and messages should say so."""
        return tuple(k for k in self.kernels if k.series in kernels and not k.source_read)

    # --- the ops table

    @property
    def op_names(self) -> tuple[str, ...]:
        """Every callback of every kernel, in the newest kernel's order."""
        return tuple(n for n, v in self._index["ops"].items() if _is_proto(v))

    def op(self, name: str) -> Op | None:
        return self._once("op", name, self._op)

    def _op(self, name: str) -> Op | None:
        data = self._index["ops"].get(name)
        if not _is_proto(data):
            return None
        contexts = self._versioned(self._source["contexts"].get(name, ""), _words)
        return Op(name, self._protos(data), contexts, self._mask("sleepable", name), self._mask("private_stack", name),
                  self._mask("deprecated", name), self._mask("refused", name))  # fmt: skip

    def setting(self, name: str) -> Setting | None:
        """A data member of the ops table."""
        data = self._index["ops"].get(name)
        if data is None or _is_proto(data):
            return None
        return Setting(name, self._types(data), self._mask("settable", name))

    # --- functions

    @property
    def kfunc_names(self) -> tuple[str, ...]:
        return tuple(self._index["kfuncs"])

    def kfunc(self, name: str) -> Kfunc | None:
        return self._once("kfunc", name, self._kfunc)

    def _kfunc(self, name: str) -> Kfunc | None:
        data = self._index["kfuncs"].get(name)
        if data is None:
            return None
        protos = self._protos(data["proto"])
        cut = protos.where
        flags = self._versioned(data.get("flags", ""), _words).within(cut)
        callers = self._versioned(data.get("from", "any" if "set" in data else ""), _words).within(cut)
        only = Kernels(self.names, data.get("cpu_form_only", 0))
        bit = lambda part: Kernels(self.names, self._index[part].get(name, 0))  # noqa: E731
        return Kfunc(name, protos, flags, self._programs(data.get("set")).within(cut), callers, bit("implicit"), bit("hidden"),
                     self._mask("under_lock", name) & cut, self._mask("deprecated", name) & cut, only)  # fmt: skip

    def _programs(self, sets: Any) -> Versioned[frozenset[str]]:
        """Program types of the sets that a kfunc is in: ops (struct_ops), syscall, tracing."""

        def types(names: str) -> frozenset[str]:
            found: set[str] = set()
            for rows in (self._source["sets"][n] for n in names.split()):
                for words in [rows] if isinstance(rows, str) else [v for _, v in rows]:
                    found |= {"ops", "syscall", "tracing"} if words == "unspec" else {w.removeprefix("struct_") for w in words.split()}
            return frozenset(found & {"ops", "syscall", "tracing"})

        return self._versioned(sets, types)

    def helper(self, name: str) -> Helper | None:
        """A helper by its name with or without `bpf_`."""
        short = name.removeprefix("bpf_")
        rows = self._source["helpers"].get(short)
        number = self.constant(f"BPF_FUNC_{short}")
        if rows is None or number is None:
            return None
        capability = self._versioned(rows, str)
        lock = self._mask("under_lock", f"bpf_{short}")
        return Helper(f"bpf_{short}", number.values.values()[0], capability.where, capability, lock)

    @property
    def tracepoint_names(self) -> tuple[str, ...]:
        return tuple(self._index["tracepoints"])

    @property
    def function_names(self) -> tuple[str, ...]:
        return tuple(self._index["functions"])

    def tracepoint(self, name: str) -> Versioned[Proto] | None:
        """Arguments of a tp_btf program on that tracepoint."""
        return self._proto_in("tracepoints", name)

    def function(self, name: str) -> Versioned[Proto] | None:
        """A kernel function that fentry and fexit programs hook."""
        return self._proto_in("functions", name)

    def _proto_in(self, part: str, name: str) -> Versioned[Proto] | None:
        data = self._index[part].get(name)
        return None if data is None else self._protos(data)

    def permission(self, kfunc: str, context: str, kernels: Kernels | None = None, sleepable: bool | None = None) -> Permission:
        """Whether a callback (or `timer`, `syscall`, `tracing`) may call a kfunc, kernel by kernel; see `permissions`."""
        return permission(self, kfunc, context, self.all if kernels is None else kernels, sleepable)

    def family(self, name: str) -> families.Family | None:
        """All forms of a renamed function by its family's name ("dsq_insert"); a kfunc outside all families is one of its own."""
        return self._once("family", name, lambda n: families.family(self, n))

    def contexts(self, name: str) -> Versioned[frozenset[str]] | None:
        """The groups of kfuncs open to a callback, to `timer`, `syscall` or `tracing`; None for an unknown name."""
        data = self._source["contexts"].get(name)
        return None if data is None else self._versioned(data, _words)

    @property
    def at_load(self) -> Kernels:
        """The kernels whose verifier refuses a kfunc in the wrong callback; the others end the scheduler when it is called."""
        return self._versioned(self._source["enforcement"], str).where_is(lambda how: how == "load")

    def conditions(self, kfunc: str) -> tuple[Condition, ...]:
        """What the kernel checks of calls of this kfunc beside the callback."""
        return tuple(c for c in self._conditions if kfunc in c.kfuncs)

    def condition_on(self, rule: str) -> Kernels:
        """The kernels that make a check, by its short name (Condition.rule)."""
        found = self.all - self.all
        for condition in self._conditions:
            if condition.rule == rule:
                found = found | condition.kernels
        return found

    @cached_property
    def _conditions(self) -> tuple[Condition, ...]:
        return tuple(
            Condition(c["rule"], tuple(c["kfuncs"]), tuple(c["contexts"].split()), Kernels(self.names, c["kernels"]), c["message"],
                      c["where"], c["about"])
            for c in self._source["conditions"]
        )  # fmt: skip

    # --- data

    def struct(self, name: str) -> Struct | None:
        data = self._index["structs"].get(name)
        if data is None:
            return None
        return Struct(name, data["kind"], self._versioned(data["size"], int), tuple(data["fields"]), data.get("typedef", False))

    def field(self, path: str) -> Field | None:
        """A field by its path from a struct, "task_struct.cgroups.dfl_cgrp"; None where no kernel has it."""
        return self._once("field", path, self._field)

    def inside(self, path: str) -> bool:
        """Whether the field lies in the struct itself, not behind a pointer."""
        steps = path.split(".")
        outer = (self.field(".".join(steps[:i])) for i in range(2, len(steps)))
        embedded = all(f is not None and f.type.newest is not None and f.type.newest.type.kind is not Kind.POINTER for f in outer)
        return embedded and self.field(path) is not None

    def _field(self, path: str) -> Field | None:
        struct, *steps = path.split(".")
        found: dict[FieldType, int] = {}
        trust: dict[str, int] = {}
        for i, series in enumerate(self.names):
            owner, last = struct, None
            for step in steps:
                last = self._member(owner, step, i, series) if owner else None
                if last is None:
                    break
                inner = last.type.target if last.type.kind is Kind.POINTER else last.type
                key, owner = f"{owner}.{step}", inner.name if inner and inner.kind in (Kind.STRUCT, Kind.UNION) else ""
            if last is None:
                continue
            found[last] = found.get(last, 0) | 1 << i
            if last.type.kind is Kind.POINTER:
                worth = self._versioned(self._source["rcu_fields"].get(key), str).on(series) or "untrusted"
                trust[worth] = trust.get(worth, 0) | 1 << i
        if not found:
            return None
        rows = tuple((Kernels(self.names, mask), value) for value, mask in found.items())
        worth_rows = tuple((Kernels(self.names, mask), value) for value, mask in trust.items())
        writable = self._versioned(self._source["writable"].get(path), str).within(Versioned(rows, self.names).where)
        return Field(path, Versioned(rows, self.names), writable, Versioned(worth_rows, self.names))

    def _member(self, struct: str, name: str, place: int, series: str) -> FieldType | None:
        data = self._index["structs"].get(struct)
        text = _at(data["fields"].get(name), place) if data else None
        if text is None:
            return None
        spelled, _, bits = text.partition(":")
        return FieldType(self._type(spelled, series), int(bits or 0))

    def constant(self, name: str) -> Constant | None:
        """An enumerator of the kernel by its name (SCX_…, BPF_MAP_TYPE_…, BPF_FUNC_…)."""
        enums = self._enums_of.get(name)
        if enums is None:
            return None
        rows, owners = [], []
        for enum in enums:  # SCX_TASK_ENABLED moved from one enum to another, with another value
            own = self._versioned(self._index["enums"][enum]["values"][name], int)
            rows += own.rows
            owners.append((own.where, enum))
        return Constant(name, Versioned(tuple(owners), self.names), Versioned(tuple(rows), self.names))

    def constants_of(self, enum: str) -> tuple[str, ...]:
        """The enumerators of an enum on any kernel; empty when unknown."""
        return tuple(self._index["enums"].get(enum, {"values": ()})["values"])

    @property
    def enum_names(self) -> tuple[str, ...]:
        return tuple(self._index["enums"])

    @cached_property
    def _enums_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, enum in self._index["enums"].items():
            for value in enum["values"]:
                found.setdefault(value, []).append(name)
        return found

    def macro(self, name: str) -> int | None:
        """A constant that the kernel #defines (PF_KTHREAD, CLOCK_MONOTONIC, …): the same on every kernel."""
        value = self._source["constants"].get(name)
        return value if isinstance(value, int) else None

    def limit(self, name: str) -> Versioned[int]:
        """A limit of the verifier or of sched_ext by its short name: stack, frames, special_fields, timeout_ms, … (source.json).

        Raises KeyError for a name that is not there.
        """
        return self._versioned(self._source["limits"][name], int)

    def interrupt_bits(self, kind: str) -> Versioned[int]:
        """Where the preemption count says that a "softirq", "hardirq" or "nmi" is being served. Raises KeyError for other kinds."""
        return self._versioned(self._source["preempt_count"][kind], int)

    @property
    def interrupt_layout(self) -> Versioned[str]:
        """The per-CPU variable by which a program that is loaded finds that the count has that kernel's bits; nothing for those of the oldest."""
        return self._versioned(self._source["preempt_count"]["shown_by"], str)

    def variable(self, name: str) -> Versioned[CType] | None:
        """A per-CPU variable of the kernel that programs reach by bpf_per_cpu_ptr."""
        data = self._index["variables"].get(name)
        return None if data is None else self._types(data)

    # --- reading the index

    def _once(self, kind: str, name: str, make: Callable[[str], T]) -> T:
        if (kind, name) not in self._made:
            self._made[kind, name] = make(name)
        return self._made[kind, name]

    def _versioned(self, data: Any, make: Callable[[Any], T]) -> Versioned[T]:
        return Versioned.read(data, self.names, lambda value, _: make(value))

    def _mask(self, part: str, name: str) -> Kernels:
        return Kernels(self.names, self._source[part].get(name, 0))

    def _protos(self, data: Any) -> Versioned[Proto]:
        return Versioned.read(data, self.names, lambda text, kernels: parse_proto(text, self._typedef(kernels), self._width(kernels)))

    def _types(self, data: Any) -> Versioned[CType]:
        return Versioned.read(data, self.names, lambda text, kernels: parse_type(text, self._typedef(kernels), self._width(kernels)))

    def _type(self, text: str, series: str) -> CType:
        kernels = self.set_of(series)
        return parse_type(text, self._typedef(kernels), self._width(kernels))

    def _typedef(self, kernels: Kernels) -> Callable[[str], str | None]:
        place = self.names.index(kernels.newest or self.names[-1])
        return lambda name: _at(self._index["typedefs"].get(name), place)

    def _width(self, kernels: Kernels) -> Callable[[str], tuple[int, bool]]:
        place = self.names.index(kernels.newest or self.names[-1])

        def width(name: str) -> tuple[int, bool]:
            enum = self._index["enums"].get(name)
            bits, signed = (_at(enum["width"], place) if enum else None) or (32, False)
            return bits, signed

        return width


def _is_proto(data: Any) -> bool:
    text = data[0][1] if isinstance(data, list) else data
    return isinstance(text, str) and text.startswith("(")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _at(data: Any, place: int) -> Any:
    """The value of the kernel at a place of the index, in any of its three shapes."""
    if not isinstance(data, list):
        return data
    return next((value for mask, value in data if mask >> place & 1), None)
