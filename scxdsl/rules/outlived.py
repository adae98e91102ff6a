# SPDX-License-Identifier: GPL-2.0-only
"""A task that exits outlives its cgroup, whose queue must be empty when the cgroup is removed.

Source: up to 6.18 kernel/exit.c, do_exit: cgroup_exit takes the task out of its cgroup, which may be removed from then on, while the task has
still to run. With SCX_OPS_ENQ_EXITING kernel/sched/ext.c, do_enqueue_task, gives it to `enqueue` all the same, and destroy_dsq ends the
scheduler ("attempting to destroy in-use dsq"). From 6.19 a task leaves its cgroup after its last switch (kernel/cgroup/cgroup.c:
cgroup_task_dead). Data: condition exit_outlives_cgroup. No kernel refuses it, and it takes thousands of exits to happen.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Label, Severity
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed


@dataclass(frozen=True)
class OutlivesCgroup(Diagnostic):
    """The queue of a cgroup goes with the cgroup. On older kernels a task that exits is no longer of its cgroup while it runs for the
    last time. If it is preempted then, a policy with `.enq_exiting` gets it once more, and may put it into that queue just as somebody
    removes the cgroup: the kernel ends a scheduler that gives up a queue with a task in it. Without the flag the kernel puts
    such tasks on their CPU's own queue."""

    code = "W0506"
    severity = Severity.WARNING
    title = "with `.enq_exiting` a task may stand in the queue of a cgroup that is removed, which ends the scheduler on {kernels}"
    label = "a task that exits comes to `enqueue`"
    help = "leave the flag out, or declare newer kernels"
    bad = (
        "scheduler s { flags: .enq_exiting }\nper cgroup { dsq waiting }\non enqueue(p, flags) { p.cgroup.waiting.insert(p) }\n"
        "on dispatch(cpu, prev) {\n    let cg = cgroup(1) else { return }\n    cg.waiting.move_to_local()\n}\n"
    )
    good = (
        "scheduler s\nper cgroup { dsq waiting }\non enqueue(p, flags) { p.cgroup.waiting.insert(p) }\n"
        "on dispatch(cpu, prev) {\n    let cg = cgroup(1) else { return }\n    cg.waiting.move_to_local()\n}\n"
    )
    queue: Span
    kernels: str

    def labels(self) -> Iterator[Label]:
        yield Label(self.queue, "goes with its cgroup")


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    kernels = target.kernels & target.facts.condition_on("exit_outlives_cgroup")
    exiting = next((f for f in policy.flags if f.constant == "SCX_OPS_ENQ_EXITING"), None)
    queue = next((d for d in policy.dsqs if d.owner == "cgroup"), None)
    if kernels and exiting is not None and queue is not None:
        diagnostics.add(OutlivesCgroup(exiting.span, queue.span, str(kernels)))
