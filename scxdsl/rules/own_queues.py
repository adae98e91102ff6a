# SPDX-License-Identifier: GPL-2.0-only
"""Tasks are moved out of queues of the policy; the kernel looks into its own by itself.

Source: kernel/sched/ext.c, scx_bpf_consume (from 6.16 scx_bpf_dsq_move_to_local, from 7.1 scx_bpf_dsq_move_to_local___v2): "invalid DSQ ID"
ends the scheduler. Data: condition user_queue_moved. Walks and looks into such a queue are refused with the types (E0707).
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .bodies import nodes


@dataclass(frozen=True)
class KernelsOwnQueue(Diagnostic):
    """Before it calls `dispatch`, and after it, the kernel itself looks into LOCAL and GLOBAL. Asked to move a task from one of them, it
    ends the scheduler."""

    code = "E0512"
    title = "the kernel moves tasks from its own queues by itself, and ends a scheduler that asks for it"
    label = "one of the kernel's own"
    help = "leave the call out: tasks of GLOBAL run without it"
    bad = "scheduler s\ndsq q\non dispatch(cpu, prev) { if !q.move_to_local() { GLOBAL.move_to_local() } }\n"
    good = "scheduler s\ndsq q\non dispatch(cpu, prev) { q.move_to_local() }\n"


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for node in nodes(policy):
        match node:
            case typed.KernelCall(operation=operation, receiver=typed.DsqValue(dsq=None) as queue) if operation.key == "dsq.move_to_local":
                diagnostics.add(KernelsOwnQueue(queue.span))
