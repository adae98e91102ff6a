# SPDX-License-Identifier: GPL-2.0-only
"""What programs may ask of the kernel: one method for each family of kernel functions (kernel/facts/forms.json), with that
family's arguments in its order. Both engines come here, so that their calls can be compared.

Source: kernel/sched/ext.c and ext_idle.c, the functions named scx_bpf_<method>. Numbers are as the kernel's types have
them: unsigned ones 0 and up, s32 signed.
"""

from collections.abc import Callable

from scxdsl.kernel.facts import Facts

from . import findings
from .constants import constant
from .kernel_cpus import KernelCpus
from .kernel_queues import KernelQueues
from .kernel_tasks import KernelTasks
from .state import State


class KernelOps(KernelQueues, KernelCpus, KernelTasks):
    """The functions of one modelled kernel: of queues, CPUs and tasks, and here those of timers, clock, chance and text."""

    def __init__(self, model: State) -> None:
        super().__init__(model)
        self._timers: dict[int, int] = {}

    # ---- timers

    def timer_start(self, key: object, nanoseconds: int, run: Callable[[], None], absolute: bool = False) -> int:
        """bpf_timer_start: `run` after a delay, on the CPU that starts it. A timer that waits already waits anew."""
        m = self.m
        self.traced("timer_start", nanoseconds)
        number = self._timers[id(key)] = self._timers.get(id(key), 0) + 1
        m.at(nanoseconds if absolute else m.now + nanoseconds, self._expire, key, number, m.this, run, m.program)
        return 0

    def timer_cancel(self, key: object) -> None:
        self._timers[id(key)] = self._timers.get(id(key), 0) + 1

    def _expire(self, key: object, number: int, cpu: int, run: Callable[[], None], program: object) -> None:
        m = self.m
        if self._timers.get(id(key)) == number and m.program is program and not m.done:
            m.this = cpu
            m.enter("timer", run)

    # ---- clock, chance, text

    def now(self) -> int:
        self.traced("now", self.m.now)
        return self.m.now

    def random(self) -> int:
        """bpf_get_prandom_u32."""
        found = self.m.random.getrandbits(32)
        self.traced("random", found)
        return found

    def current_ids(self) -> int:
        """bpf_get_current_pid_tgid: the thread group above, the thread below; the idle task has 0 for both."""
        p = self.current()
        return 0 if p is None else p.tgid << 32 | p.pid

    def this_cpu(self) -> int:
        return self.m.this

    def constant(self, name: str) -> int | None:
        """A constant of this kernel by the kernel's name; None where it lacks it."""
        return constant(self.m.series, name)

    def has_kfunc(self, name: str) -> bool:
        """Whether programs of this kernel can call a function of that name. What a distribution's build hides by a fault of that
        build counts as there."""
        found = Facts.load().kfunc(name)
        return found is not None and found.proto.on(self.m.series) is not None

    def has_struct(self, name: str) -> bool:
        found = Facts.load().struct(name)
        return found is not None and found.size.on(self.m.series) is not None

    def has_field(self, path: str) -> bool:
        found = Facts.load().field(path)
        return found is not None and self.m.series in found.where

    def error(self, text: str) -> None:
        """scx_bpf_error with the message already put together."""
        self.traced("error", text)
        self.m.eject(findings.PolicyError(text))

    def exit(self, code: int, text: str) -> None:
        """scx_bpf_exit."""
        self.traced("exit", code, text)
        self.m.eject(findings.PolicyExit(text), code)

    def dump(self, text: str) -> None:
        self.traced("dump", text)
        if not self.m.in_dump:
            self.m.eject(findings.DumpOutside())

    def print(self, text: str) -> None:
        """bpf_trace_printk and its like: a line for the trace pipe."""
        self.traced("print", text)
        self.m.log.append(text)
