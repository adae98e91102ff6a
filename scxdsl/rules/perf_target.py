# SPDX-License-Identifier: GPL-2.0-only
"""A CPU's performance target is a share of 1024.

Source: kernel/sched/ext.c, scx_bpf_cpuperf_set (7.3: scx_cpuperf_set): "Invalid cpuperf target %u for CPU %d" ends the scheduler.
Data: condition perf_target, limit cpuperf_one. Only numbers that the text shows are seen.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .bodies import nodes


@dataclass(frozen=True)
class PerfTooHigh(Diagnostic):
    """`c.perf` is a share of the CPU's full performance, which is {most}: the kernel ends a scheduler that asks for more."""

    code = "E0513"
    title = "`perf` goes up to {most}, the CPU's full performance: the kernel ends the scheduler"
    label = "more than all"
    bad = "scheduler s\non tick(p) {\n    let c = this_cpu\n    c.perf = 2048\n}\n"
    good = "scheduler s\non tick(p) {\n    let c = this_cpu\n    c.perf = 1024\n}\n"
    most: int

    def helps(self):
        yield Help(f"full performance is {self.most}", (Edit(self.span, str(self.most)),))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    most = min(target.facts.limit("cpuperf_one").within(target.kernels).values())
    for node in nodes(policy):
        match node:
            case typed.Assign(place=typed.PropertyPlace(property=p), value=typed.Literal(value=number) as value) if p.key == "cpu.perf":
                if number > most:
                    diagnostics.add(PerfTooHigh(value.span, most))
