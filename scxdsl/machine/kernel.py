# SPDX-License-Identifier: GPL-2.0-only
"""One kernel as the machine sees it: layouts, enumerators and functions from the facts, and what a program may call.

Offsets of kernel structs are the machine's own, laid out from the facts in the kernel's order: facts keep no offsets, since
CO-RE finds every field by name. A kernel not among the facts joins them by `Facts.with_kernels`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from ..kernel.ctype import CType, Kind, Proto
from ..kernel.facts import Facts


@dataclass(frozen=True)
class KernelField:
    """`offset` and `size` in bytes; `bits` is not 0 for a bitfield, which starts at the lowest bit of its own storage."""

    offset: int
    size: int
    type: CType
    bits: int = 0


@dataclass(frozen=True)
class KernelStruct:
    name: str
    kind: str
    size: int
    fields: dict[str, KernelField]


class Kernel:
    """A kernel of the facts, by its series ("6.18"). Unknown names give None. `lacks`: variables that its build leaves out."""

    def __init__(self, series: str, facts: Facts | None = None, lacks: frozenset[str] = frozenset()) -> None:
        self.facts = facts or Facts.load()
        self.lacks = lacks
        if series not in self.facts.names:
            raise KeyError(f"no facts of kernel {series}")
        self.series = series
        self._structs: dict[str, KernelStruct | None] = {}

    def struct(self, name: str) -> KernelStruct | None:
        if name not in self._structs:
            self._structs[name] = None  # a struct cannot hold itself
            self._structs[name] = self._layout(name)
        return self._structs[name]

    def _layout(self, name: str) -> KernelStruct | None:
        known = self.facts.struct(name)
        size = known.size.on(self.series) if known else None
        if known is None or size is None:
            return None
        fields: dict[str, KernelField] = {}
        at = 0
        for member in known.fields:
            found = self.facts.field(f"{name}.{member}")
            type_ = found.type.on(self.series) if found else None
            if type_ is None:
                continue
            room = self.size_of(type_.type)
            at = -(-at // 8) * 8
            fields[member] = KernelField(at, room, type_.type, type_.bits)
            at += room
        return KernelStruct(name, known.kind, max(size, at), fields)

    def size_of(self, type_: CType) -> int:
        """Bytes; those of structs that the facts only name are taken as 8."""
        match type_.kind:
            case Kind.INT | Kind.BOOL | Kind.ENUM | Kind.FLOAT:
                return max(1, type_.bits // 8)
            case Kind.POINTER:
                return 8
            case Kind.ARRAY:
                assert type_.target is not None
                return type_.length * self.size_of(type_.target)
            case Kind.STRUCT | Kind.UNION:
                found = self.struct(type_.name)
                return found.size if found else 8
        return 8

    def locate(self, struct: str, path: str) -> KernelField | None:
        """A field inside a struct, through nested structs but no pointers: `scx.slice` of `task_struct`."""
        at, found = 0, None
        for step in path.split("."):
            owner = self.struct(struct)
            found = owner.fields.get(step) if owner else None
            if found is None:
                return None
            at += found.offset
            struct = found.type.name
        assert found is not None
        return KernelField(at, found.size, found.type, found.bits)

    def field_at(self, struct: str, offset: int) -> str:
        """The path of the field that holds that byte; empty when there is none."""
        owner = self.struct(struct)
        for name, f in owner.fields.items() if owner else ():
            if f.offset <= offset < f.offset + f.size:
                inner = self.field_at(f.type.name, offset - f.offset) if f.type.kind in (Kind.STRUCT, Kind.UNION) else ""
                return f"{name}.{inner}" if inner else name
        return ""

    def has_enum(self, name: str) -> bool:
        return any(self.enumerator(name, c) is not None for c in self.facts.constants_of(name))

    def enumerator(self, enum: str, name: str) -> int | None:
        """The value of an enumerator of that enum."""
        found = self.facts.constant(name)
        if found is None or found.enum.on(self.series) != enum:
            return None
        return found.values.on(self.series)

    def function(self, name: str) -> Proto | None:
        """The prototype of a kfunc as programs call it. One that a distribution's build hides by a fault counts as there: the
        machine stands for the series, not for that build."""
        found = self.facts.kfunc(name)
        return found.proto.on(self.series) if found else None

    def variable(self, name: str) -> CType | None:
        found = self.facts.variable(name)
        return found.on(self.series) if found and name not in self.lacks else None

    def callback(self, name: str) -> Proto | None:
        """The prototype of a member of sched_ext_ops."""
        found = self.facts.op(name)
        return found.proto.on(self.series) if found else None


@cache
def kernel(series: str, lacks: frozenset[str] = frozenset()) -> Kernel:
    """The kernel of that series, from the package's facts; its layouts are made once. Raises KeyError."""
    return Kernel(series, lacks=lacks)


class KernelCalls(Protocol):
    """What a running kernel does for programs: implemented by the model of sched_ext.

    A kfunc gets ints (signed where its prototype says so), bools, pointers (`Ptr`; None for null), and opaque values of the
    machine (maps, functions); it returns an int, a bool, a pointer, a region or None. An exception that it raises leaves the machine as
    it is; a `Fault` gets the place of the call.
    """

    def cpus(self) -> int:
        """Number of possible CPUs."""
        ...

    def cpu(self) -> int:
        """The CPU that the program runs on."""
        ...

    def now(self) -> int:
        """Monotonic time, in nanoseconds."""
        ...

    def random(self) -> int:
        """32 random bits."""
        ...

    def current_task(self) -> Any:
        """The region of the task that runs on this CPU."""
        ...

    def has_memory(self, owner: Any) -> bool:
        """Whether there is memory for something of a task or cgroup, given by its region."""
        ...

    def node(self) -> int:
        """The NUMA node of this CPU."""
        ...

    def kfunc(self, name: str) -> Callable[..., Any] | None:
        """The function of that name; None when the model lacks it."""
        ...

    def variable(self, name: str) -> Any:
        """The address of a kernel variable: a region, or a `PerCpu`; None when the model lacks it."""
        ...

    def timer_start(self, timer: Any, nanoseconds: int, flags: int) -> int:
        """Arms a `Timer`, which `Machine.fire` later runs. Returns 0 or a negative error."""
        ...

    def timer_cancel(self, timer: Any) -> bool:
        """Disarms a timer. Returns whether it was armed."""
        ...

    def printk(self, text: str) -> None:
        """A line of bpf_trace_printk."""
        ...


class PerCpu:
    """The address of a per-CPU variable: one region a CPU."""

    __slots__ = ("name", "regions")

    def __init__(self, name: str, regions: list[Any]) -> None:
        self.name, self.regions = name, regions

    def __repr__(self) -> str:
        return f"the per-CPU variable {self.name}"
