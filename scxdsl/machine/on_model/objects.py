# SPDX-License-Identifier: GPL-2.0-only
"""Objects of the model as memory that programs can read: tasks, cgroups, masks of CPUs, structs of callbacks."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ...kernel.ctype import CType, Kind
from ...model import Cgroup, Model, Task
from ...model.fields import READERS, WRITERS
from ..errors import BadArgument, Stale
from ..kernel import Kernel
from ..memory import Ptr, Region, as_pointer
from ..regions import KernelObject, ObjectLayout, bind


class Asked(Region):
    """Memory of the kernel that holds a number or a cpumask, which is asked for at each access."""

    __slots__ = ("value",)

    def __init__(self, name: str, size: int, value: Callable[[], int]) -> None:
        super().__init__(name, bytes(size), readonly=True)
        self.value = value

    def check(self, at: int, size: int, write: bool = False) -> None:
        self._refresh()
        super().check(at, size, write)

    def _refresh(self) -> None:
        self.data[:] = self.value().to_bytes(self.size, "little")


def _loader(size: int) -> Callable[[Asked, int], int]:
    plain = getattr(Region, f"load{size}")

    def load(self: Asked, at: int) -> int:
        self._refresh()
        return plain(self, at)

    return load


for _size in (8, 16, 32, 64):
    setattr(Asked, f"load{_size}", _loader(_size))


class Objects:
    """Regions for the objects of one model, each made once, so that pointers to one object are equal."""

    def __init__(self, model: Model, kernel: Kernel) -> None:
        self.model, self.kernel = model, kernel
        self._layouts: dict[str, ObjectLayout] = {}
        self._made: dict[int, tuple[Any, Region]] = {}
        self._texts: dict[str, Region] = {}

    def region(self, value: Any) -> Region | None:
        """The region of a task, cgroup or struct of a callback."""
        if value is None:
            return None
        found = self._made.get(id(value))
        if found is None:
            struct = self._struct(value)
            made = KernelObject(self._layout(struct), value, str(value) if isinstance(value, Task) else struct)
            found = self._made[id(value)] = (value, made)
        return found[1]

    @staticmethod
    def _struct(value: Any) -> str:
        if isinstance(value, Task):
            return "task_struct"
        return "cgroup" if isinstance(value, Cgroup) else value.struct

    def cpu_info(self, cpu: int) -> Region:
        """cpu_info of arch/x86: of interest is where the CPU stands."""
        topology = self.model.topology
        readers = {
            "topo.pkg_id": lambda c: topology.nodes[c], "topo.die_id": lambda c: 0, "topo.core_id": lambda c: topology.cores[c],
        }  # fmt: skip
        return KernelObject(bind(self.kernel, "cpuinfo_x86", readers), cpu, "cpu_info")

    def hot(self, cpu: int) -> Region:
        """pcpu_hot of kernels up to 6.14: of interest is what interrupt is being served."""
        return KernelObject(bind(self.kernel, "pcpu_hot", {"preempt_count": self.preempt_count}), cpu, "pcpu_hot")

    def preempt_count(self, cpu: int) -> int:
        """Of interest is what interrupt is being served."""
        if cpu != self.model.this:
            return 0
        bits = [self.kernel.facts.interrupt_bits(kind).on(self.model.series) for kind in self.model.interrupts]
        return sum(found & -found for found in bits if found is not None)  # one is served of each kind

    def forget(self, value: Any) -> Region | None:
        """The object is gone; what points to it points to nothing."""
        found = self._made.pop(id(value), None)
        if found is None:
            return None
        found[1].free()
        return found[1]

    def drop(self, value: Any) -> None:
        """An argument of a callback that has returned."""
        self.forget(value)

    def mask(self, bits: Callable[[], int], name: str = "a cpumask") -> Region:
        return Asked(name, -(-len(self.model.cpus) // 64) * 8, bits)

    def text(self, value: str) -> Region:
        if value not in self._texts:
            self._texts[value] = Region("a text of the kernel", value.encode() + b"\0", True)
        return self._texts[value]

    def _layout(self, struct: str) -> ObjectLayout:
        if struct not in self._layouts:
            readers = {path: self._reader(struct, path, get) for path, get in READERS[struct].items()}
            writers = {path: partial(_write, self.model, put) for path, put in WRITERS.get(struct, {}).items()}
            self._layouts[struct] = bind(self.kernel, struct, readers, writers)
        return self._layouts[struct]

    def _reader(self, struct: str, path: str, get: Callable[[Model, Any], Any]) -> Callable[[Any], Any]:
        """What the field's bytes or pointer are, by its C type."""
        model = self.model
        field = self.kernel.locate(struct, path)
        t = field.type if field else None
        if t is None or t.kind not in (Kind.POINTER, Kind.ARRAY, Kind.STRUCT):
            return lambda owner: get(model, owner)
        if t.kind is Kind.ARRAY:
            return lambda owner: get(model, owner).encode()[: t.length - 1].ljust(t.length, b"\0")
        if t.kind is Kind.STRUCT:  # a mask in place
            size = field.size if field else 8
            return lambda owner: get(model, owner).to_bytes(size, "little")
        return lambda owner: self._pointed(t, lambda: get(model, owner))

    def _pointed(self, t: CType, get: Callable[[], Any]) -> Region | None:
        target = t.target
        if target is not None and target.name == "cpumask":
            return self.mask(get)
        value = get()
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return Region("an array of the kernel", value.ljust(512, b"\0"), True)
        return self.region(value)


def _write(model: Model, put: Callable[[Model, Any, int], None], owner: Any, value: int) -> None:
    put(model, owner, value)


def source(value: Any, kind: type, call: str) -> Any:
    """The model's object at a pointer that a program passed. Raises BadArgument for another pointer."""
    if value is None:
        return None
    p = as_pointer(value)
    found = getattr(p.region, "source", None)
    if p.offset or not isinstance(found, kind):
        raise BadArgument(call, f"{p} is no {kind.__name__.lower()}")
    if p.region.gone:
        raise Stale(p.region.name)
    return found


def mask_bits(value: Any, cpus: int) -> int:
    """The bits of a cpumask that a program passed."""
    p: Ptr = as_pointer(value, "a cpumask")
    return int.from_bytes(p.region.read(p.offset, -(-cpus // 8)), "little") & (1 << cpus) - 1
