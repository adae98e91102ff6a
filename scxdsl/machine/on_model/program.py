# SPDX-License-Identifier: GPL-2.0-only
"""A built object as a `Program` of the model."""

from collections.abc import Callable, Mapping
from typing import Any

from ...kernel.ctype import Kind
from ...model import Cgroup, KernelOps, Settings, Task
from ...objects.exchange import commands, hooks, inboxes
from ...objects.object import Object
from ..kernel import kernel as kernel_of
from ..machine import Machine
from ..memory import Region
from .calls import Calls
from .objects import Objects


class Bytecode:
    """One object on one modelled kernel. `params` gives globals of .rodata other bytes, by name.

        model.attach(lambda kernel: Bytecode(obj, kernel))

    Raises LoadError where libbpf would refuse the object on that kernel.
    """

    def __init__(self, obj: Object, ops: KernelOps, params: Mapping[str, bytes] = {}, coverage: bool = False) -> None:
        self.model = ops.m
        self.kernel = kernel_of(ops.m.series, ops.m.lacks)
        self.objects = Objects(ops.m, self.kernel)
        calls = Calls(ops.m, self.kernel, self.objects)
        self.machine = calls.machine = Machine(obj, self.kernel, calls, params, coverage)
        self.callbacks = frozenset(self.machine.callbacks)
        self._takers = {name: self._taker(name) for name in self.callbacks}
        self._hooks = self._hooks_of(obj)
        self.hooks = frozenset(self._hooks)
        self.commands = {c.name: c.context.size for c in commands(obj)}
        self.inboxes = {c.name: c.layout.size for c in inboxes(obj)}
        self.settings = settings_of(obj)

    def _taker(self, name: str) -> Callable[[tuple[Any, ...]], list[Any]]:
        proto = self.kernel.callback(name)
        assert proto is not None
        converters: list[Callable[[Any], Any]] = []
        for arg in proto.args:
            t = arg.type
            if t.points_to("cpumask"):
                converters.append(lambda bits: self.objects.mask(lambda: bits))
            elif t.kind is Kind.POINTER:
                converters.append(self.objects.region)
            else:
                converters.append(lambda v: v)
        return lambda args: [convert(a) for convert, a in zip(converters, args, strict=False)]

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        result = self.machine.callbacks[name](*self._takers[name](args))
        for value in args:
            if value.__class__ is Task:
                if name == "exit_task" and value.dead:
                    self._gone(value)
            elif hasattr(value, "struct"):
                self.objects.drop(value)
            elif isinstance(value, Cgroup) and name == "cgroup_exit" and value.dead:
                self._gone(value)
        return result

    def _hooks_of(self, obj: Object) -> dict[str, list[tuple[Any, int]]]:
        """The programs at each tracepoint with the count of its arguments, as a loader chooses them (docs/objects.md)."""
        out: dict[str, list[tuple[Any, int]]] = {}
        for hook in hooks(obj):
            kind, _, target = hook.section.removeprefix("?").partition("/")
            protos = self.kernel.facts.tracepoint(target) if kind == "tp_btf" else None
            proto = protos.on(self.kernel.series) if protos is not None else None
            if proto is not None and (not hook.condition or self.machine.globals.value(hook.condition)):
                out.setdefault(target, []).append((self.machine.programs[hook.program], len(proto.args)))
        return out

    def hook(self, tracepoint: str, args: tuple[Any, ...]) -> None:
        for program, count in self._hooks[tracepoint]:
            program(*[a if isinstance(a, int) else self.objects.region(a) for a in args[:count]])

    # ---- what user space does

    def command(self, name: str, context: bytes) -> tuple[int, bytes]:
        region = Region("the context of a command", context)
        status = self.machine.programs[name].on(region)
        return (status & 0xFFFFFFFF ^ 1 << 31) - (1 << 31), bytes(region.data)

    def post(self, inbox: str, message: bytes) -> bool:
        found: Any = self.machine.maps[inbox]
        return found.post(message)

    def take(self, ring: str) -> list[bytes]:
        found: Any = self.machine.maps[ring]
        return found.take()

    def _gone(self, value: Any) -> None:
        region = self.objects.region(value)
        assert region is not None
        self.machine.forget(region)
        if not self.machine.kept[region]:  # else it lives as long as somebody has a reference
            self.objects.forget(value)

    # ---- what observers see

    def value(self, name: str) -> Any:
        """A global variable, by its name."""
        return self.machine.globals.value(name)


def settings_of(obj: Object) -> Settings:
    """The plain members of the object's ops table."""
    ops = obj.ops
    if ops is None:
        return Settings()

    def number(name: str) -> int:
        value = ops.values.get(name, 0)
        return value if isinstance(value, int) else 0

    name = ops.values.get("name", ops.name)
    return Settings(str(name), number("flags"), number("dispatch_max_batch"), number("timeout_ms"))
