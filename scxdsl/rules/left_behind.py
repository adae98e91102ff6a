# SPDX-License-Identifier: GPL-2.0-only
"""A policy that outlives CPUs must not ask the kernel to stop at the last task of a CPU.

Source: kernel/sched/ext.c, balance_one and do_enqueue_task: with SCX_OPS_ENQ_LAST a CPU does not run on with its only task when the slice is
over; a CPU that comes or goes (scx_rq_online is false) gets that task back into its local queue, without `enqueue` and without a kick, and
idles. Where it is the CPU's thread cpuhp, the change never ends: `failed to run for` after the timeout. No kernel refuses it.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Label, Severity
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed

from .scheduler_flags import flag


@dataclass(frozen=True)
class LeftBehind(Diagnostic):
    """With `.enq_last` the kernel does not let a CPU run on with its only task when the slice is over: `enqueue` gets the task, and has to
    wake the CPU. While a CPU comes or goes the kernel asks nobody: it leaves the task in the CPU's queue and idles. If it is the
    thread that brings the CPU up or down, that never ends, and after the timeout the scheduler does. A policy without
    `cpu_offline` is ended when a CPU goes, so this concerns only those that go on."""

    code = "W0505"
    severity = Severity.WARNING
    title = "with `.enq_last` a CPU that comes or goes may leave its last task behind"
    label = "the kernel does not call `enqueue` for such a CPU"
    help = "leave the flag out, or the callbacks for CPUs that come and go"
    bad = (
        "scheduler s { flags: .enq_last }\nstat gone\non cpu_online(cpu) {}\non cpu_offline(cpu) { gone += 1 }\n"
        "on enqueue(p, flags) {\n    LOCAL.insert(p)\n    if flags has .last { p.cpu.kick() }\n}\n"
    )
    good = "scheduler s\nstat gone\non cpu_online(cpu) {}\non cpu_offline(cpu) { gone += 1 }\non enqueue(p, flags) { LOCAL.insert(p) }\n"
    callback: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.callback, "the scheduler goes on without it")


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    last, offline = flag(policy, "SCX_OPS_ENQ_LAST"), policy.callback("cpu_offline")
    if last is not None and offline is not None:
        diagnostics.add(LeftBehind(last.span, offline.name_span))
