# SPDX-License-Identifier: GPL-2.0-only
"""What is only there for the moment: the task that wakes another.

Source: `waker()` is the current task, which is the one that wakes only in the callbacks that the kernel calls for a wakeup
(kernel/sched/ext.c: select_task_rq_scx, enqueue_task_scx).
"""


from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing import typed
from scxdsl.typing.errors_declarations import NotHere
from scxdsl.typing.machine import WAKEUPS
from scxdsl.typing.walk import walk_all


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for context, body in policy.programs():
        for node in walk_all(body):
            if isinstance(node, typed.Waker) and context not in (*WAKEUPS, "tracing"):
                diagnostics.add(NotHere(node.span, "waker()", typed.CONTEXT_WORDS.get(context, context), "select_cpu, enqueue, runnable and hooks"))
