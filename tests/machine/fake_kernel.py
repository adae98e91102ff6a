# SPDX-License-Identifier: GPL-2.0-only
"""A kernel for tests: it answers plainly and logs every call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scxdsl.machine import Kernel, KernelObject, bind
from scxdsl.machine.formatting import format_text


@dataclass
class FakeTask:
    pid: int = 7
    weight: int = 100
    slice: int = 20_000_000
    vtime: int = 0
    comm: bytes = b"worker\0\0\0\0\0\0\0\0\0\0"
    cpus: Any = None


@dataclass
class FakeKernel:
    """`functions` adds kernel functions or replaces them; `log` is their calls in order."""

    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    current: int = 0
    time: int = 0
    task: Any = None
    timers: list[tuple[Any, int]] = field(default_factory=list)

    def cpus(self) -> int:
        return 4

    def has_memory(self, owner: Any) -> bool:
        return True

    def cpu(self) -> int:
        return self.current

    def now(self) -> int:
        return self.time

    def random(self) -> int:
        return 4

    def current_task(self) -> Any:
        return self.task

    def node(self) -> int:
        return 0

    def variable(self, name: str) -> Any:
        return self.variables.get(name)

    def timer_start(self, timer: Any, nanoseconds: int, flags: int) -> int:
        self.timers.append((timer, nanoseconds))
        return 0

    def timer_cancel(self, timer: Any) -> bool:
        armed = any(t is timer for t, _ in self.timers)
        self.timers = [(t, n) for t, n in self.timers if t is not timer]
        return armed

    def printk(self, text: str) -> None:
        self.log.append(("printk", text))

    def kfunc(self, name: str) -> Callable[..., Any] | None:
        if name in self.functions:
            return self.functions[name]
        if name == "scx_bpf_error_bstr":
            return lambda form, data, size: self.log.append((name, format_text(form, data, size)))
        if not name.startswith(("scx_", "__scx_")):
            return None

        def logged(*arguments: Any) -> int:
            self.log.append((name, *arguments))
            return 0

        return logged


def task_region(kernel: Kernel, task: FakeTask) -> KernelObject:
    """The task_struct of a task: what programs see of it."""
    layout = bind(
        kernel,
        "task_struct",
        {
            "pid": lambda t: t.pid,
            "comm": lambda t: t.comm,
            "cpus_ptr": lambda t: t.cpus,
            "scx.weight": lambda t: t.weight,
            "scx.slice": lambda t: t.slice,
            "scx.dsq_vtime": lambda t: t.vtime,
        },
        {"scx.slice": lambda t, v: setattr(t, "slice", v)},
    )
    return KernelObject(layout, task)
