# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions for bytecode: each name that a kernel has leads to the model's function of its family
(kernel/facts/forms.json), with the arguments brought into the family's order."""

from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any

from ...kernel.ctype import Arg, CType, Kind
from ...kernel.forms import families
from ...model import Cgroup, Model, Task
from ..errors import BadArgument
from ..formatting import format_text
from ..kernel import Kernel
from ..memory import as_pointer
from . import cgroup_walks, references, staging, variables, walks
from .objects import Objects, mask_bits, source

_FAMILY_OF = {name: family for family in families().values() for name in family.names}


class Calls:
    """A `KernelCalls` on a model."""

    def __init__(self, model: Model, kernel: Kernel, objects: Objects) -> None:
        self.model, self.kernel, self.objects = model, kernel, objects
        self.machine: Any = None  # set once it is made
        self._special: dict[str, Callable[..., Any]] = {
            "scx_bpf_error_bstr": self._error,
            "scx_bpf_dump_bstr": self._dump,
            "scx_bpf_exit_bstr": self._exit,
            "scx_bpf_select_cpu_dfl": self._select_cpu_dfl,
            "bpf_cpumask_any_distribute": self._any_cpu,
            "bpf_cpumask_any_and_distribute": self._any_cpu,
            "scx_bpf_cpu_rq": lambda cpu: objects.region(model.ops.queue(cpu)),
            **walks.functions(self),
            **cgroup_walks.functions(self),
            **references.functions(self),
            **staging.functions(self),
        }

    # ---- what helpers ask

    def cpus(self) -> int:
        return len(self.model.cpus)

    def cpu(self) -> int:
        return self.model.this

    def now(self) -> int:
        return self.model.ops.now()

    def random(self) -> int:
        return self.model.ops.random()

    def has_memory(self, owner: Any) -> bool:
        value = getattr(owner, "source", None)
        if isinstance(value, Task):
            return not self.model.lacks_memory("task", value.pid)
        return not isinstance(value, Cgroup) or not self.model.lacks_memory("cgroup", value.id)

    def node(self) -> int:
        return self.model.topology.nodes[self.model.this]

    def current_ids(self) -> int:
        return self.model.ops.current_ids()

    def current_task(self) -> Any:
        return self.objects.region(self.model.ops.current() or self.model.ops.idle_task(self.model.this))

    def variable(self, name: str) -> Any:
        return variables.variable(self.model, self.objects, name)

    def printk(self, text: str) -> None:
        self.model.ops.print(text)

    # ---- timers

    def timer_start(self, timer: Any, nanoseconds: int, flags: int) -> int:
        """Flags: BPF_F_TIMER_ABS 1, BPF_F_TIMER_CPU_PIN 2 (the model runs every timer where it was started)."""

        def run() -> None:
            if timer.armed:
                self.machine.fire(timer)

        return self.model.ops.timer_start(timer, nanoseconds, run, bool(flags & 1))

    def timer_cancel(self, timer: Any) -> bool:
        self.model.ops.timer_cancel(timer)
        return bool(timer.armed)

    # ---- kernel functions

    def kfunc(self, name: str) -> Callable[..., Any] | None:
        if name in self._special:
            return self._special[name]
        family = _FAMILY_OF.get(name)
        proto = self.kernel.function(name)
        call = getattr(self.model.ops, family.name, None) if family is not None else None
        if family is None or proto is None or call is None:
            return None
        takes: list[Callable[[tuple[Any, ...]], Any]] = []
        for param in family.params:
            take = self._taker(param, proto.args, name)
            if take is not None:
                takes.append(take)
        gives = self._giver(proto.returns)
        return lambda *given: gives(call(*[take(given) for take in takes]))

    def _taker(self, param: str, args: tuple[Arg, ...], call: str) -> Callable[[tuple[Any, ...]], Any] | None:
        """How one parameter of a family is found among the arguments; None where this form has none for it."""
        for i, arg in enumerate(args):
            if param in (arg.name, arg.name + arg.suffix):
                convert = self._converter(arg.type, call)
                return lambda given: convert(given[i])
        for i, arg in enumerate(args):
            t = arg.type.target
            if arg.name == "args" and t is not None and t.kind is Kind.STRUCT:
                at, size, signed = self._member(t.name, param)
                return lambda given: _load(given[i], at, size, signed)
        return None

    def _converter(self, t: CType, call: str) -> Callable[[Any], Any]:
        if t.points_to("task_struct"):
            return lambda v: source(v, Task, call)
        if t.points_to("cgroup"):
            return lambda v: source(v, Cgroup, call)
        if t.points_to("cpumask"):
            return lambda v: mask_bits(v, len(self.model.cpus))
        return lambda v: v

    def _giver(self, t: CType) -> Callable[[Any], Any]:
        if t.kind is Kind.POINTER:
            if t.target is not None and t.target.name == "cpumask":
                return lambda bits: self.objects.mask(lambda: bits)
            return self.objects.region
        return lambda v: v

    def _member(self, struct: str, name: str) -> tuple[int, int, bool]:
        """Offset, size and sign of a member, as a C compiler lays the struct out."""
        facts = self.kernel.facts
        known = facts.struct(struct)
        at = 0
        for member in known.fields if known else ():
            field = facts.field(f"{struct}.{member}")
            assert field is not None and field.type.newest is not None
            t = field.type.newest.type
            size = self.kernel.size_of(t)
            at = -(-at // size) * size
            if member == name:
                return at, size, t.signed
            at += size
        raise BadArgument(struct, f"it has no member {name}")

    def _any_cpu(self, *masks: Any) -> int:
        """Both functions remember the last choice in one place (lib/cpumask.c, distribute_cpu_mask_prev)."""
        count = len(self.model.cpus)
        found = self.model.ops.any_cpu(reduce(and_, (mask_bits(m, count) for m in masks)))
        return found if found >= 0 else len(self.model.cpus)

    def _select_cpu_dfl(self, p: Any, prev: int, wake_flags: int, is_idle: Any) -> int:
        cpu, found = self.model.ops.select_cpu_dfl(source(p, Task, "scx_bpf_select_cpu_dfl"), prev, wake_flags)
        where = as_pointer(is_idle)
        where.region.store8(where.offset, int(found))
        return cpu

    def _error(self, form: Any, data: Any, size: int) -> None:
        self.model.ops.error(format_text(form, data, size))

    def _dump(self, form: Any, data: Any, size: int) -> None:
        self.model.ops.dump(format_text(form, data, size))

    def _exit(self, code: int, form: Any, data: Any, size: int) -> None:
        self.model.ops.exit(code, format_text(form, data, size))


def _load(pointer: Any, at: int, size: int, signed: bool) -> int:
    p = as_pointer(pointer)
    value = getattr(p.region, f"load{size * 8}")(p.offset + at)
    return value - (1 << size * 8) if signed and value >> size * 8 - 1 else value
