# SPDX-License-Identifier: GPL-2.0-only
"""A built object as a `Program` of the model."""

from collections.abc import Callable, Mapping
from typing import Any

from ...kernel.ctype import Kind
from ...model import Cgroup, KernelOps, Settings, Task
from ...objects.object import Object
from ..kernel import kernel as kernel_of
from ..machine import Machine
from .calls import Calls
from .objects import Objects


class Bytecode:
    """One object on one modelled kernel. `params` gives globals of .rodata other bytes, by name.

        model.attach(lambda kernel: Bytecode(obj, kernel))

    Raises LoadError where libbpf would refuse the object on that kernel.
    """

    def __init__(self, obj: Object, ops: KernelOps, params: Mapping[str, bytes] = {}, coverage: bool = False) -> None:
        self.model = ops.m
        self.kernel = kernel_of(ops.m.series)
        self.objects = Objects(ops.m, self.kernel)
        calls = Calls(ops.m, self.kernel, self.objects)
        self.machine = calls.machine = Machine(obj, self.kernel, calls, params, coverage)
        self.callbacks = frozenset(self.machine.callbacks)
        self._takers = {name: self._taker(name) for name in self.callbacks}
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
            elif isinstance(value, Cgroup) and name == "cgroup_exit":
                self._gone(value)
        return result

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
