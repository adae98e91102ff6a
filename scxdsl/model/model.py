# SPDX-License-Identifier: GPL-2.0-only
"""The whole modelled kernel: its state, what programs may ask of it, and what it does when an event has left something to be done."""

from . import lifetime, moves
from .constants import TICK
from .cpu import Cpu
from .kernel import KernelOps
from .schedule import schedule, tick
from .state import State
from .topology import Topology


class Model(State):
    """A kernel of `series` on `topology`; see State. `ops` is what a policy is made with."""

    def __init__(self, series: str = "6.18", topology: Topology | None = None, seed: int = 0, start: int = 1_000_000_000) -> None:
        super().__init__(series, topology, seed, start)
        self.ops = KernelOps(self)

    def reschedule(self, cpu: Cpu) -> None:
        if cpu.need_resched and cpu.online:
            schedule(self, cpu)

    def run_deferred(self, cpu: Cpu) -> None:
        moves.run_deferred(self, cpu)

    def tick_all(self) -> None:
        self.at(self.now + TICK, self.tick_all)
        for cpu in self.cpus:
            if cpu.online and cpu.curr is not None:
                tick(self, cpu)

    def disable(self) -> None:
        lifetime.disable(self)
