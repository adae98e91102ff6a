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
    for callback in policy.callbacks:
        for node in walk_all(callback.body):
            if isinstance(node, typed.Waker) and callback.name not in WAKEUPS:
                diagnostics.add(NotHere(node.span, "waker()", callback.name, "select_cpu, enqueue and runnable"))
