# SPDX-License-Identifier: GPL-2.0-only
"""A kick is for an idle CPU, or it preempts or waits.

Source: kernel/sched/ext.c, scx_bpf_kick_cpu (from 6.18 scx_kick_cpu): "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE" ends the scheduler.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .bodies import constants, nodes


@dataclass(frozen=True)
class IdleAndMore(Diagnostic):
    """A kick with `.idle` is for a CPU that idles, so there is nothing there to preempt or to wait for: the kernel ends the scheduler
    ("PREEMPT/WAIT cannot be used with SCX_KICK_IDLE")."""

    code = "E0505"
    title = "a kick is `.idle`, or `.preempt` and `.wait`, but not both: the kernel ends the scheduler"
    label = "both"
    bad = "scheduler s\non tick(p) { this_cpu.kick(.idle | .preempt) }\n"
    good = "scheduler s\non tick(p) { this_cpu.kick(.preempt) }\n"
    others: str  # the flags without `.idle`

    def helps(self) -> Iterator[Help]:
        yield Help("kick with one of the two; `c.is_idle` or `c.claim()` tell which is wanted", (Edit(self.span, self.others),))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for node in nodes(policy):
        match node:
            case typed.KernelCall(operation=operation, arguments=[flags, *_]) if operation.key == "cpu.kick" and flags is not None:
                named = {constant.name: constant.span.text for constant in constants(flags)}
                if "SCX_KICK_IDLE" in named and named.keys() & {"SCX_KICK_PREEMPT", "SCX_KICK_WAIT"}:
                    others = " | ".join(text for name, text in named.items() if name != "SCX_KICK_IDLE")
                    diagnostics.add(IdleAndMore(flags.span, others))
