# SPDX-License-Identifier: GPL-2.0-only
"""Dispatch queues. Source: kernel/sched/ext.c, struct scx_dispatch_q."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .task import Task


@dataclass(eq=False, slots=True)
class Dsq:
    """`tasks` in the order in which they are taken. `cpu` is set for local queues only. `seq` counts insertions, for
    iterators; `ordered` counts the tasks that were inserted by vtime."""

    id: int
    cpu: int | None = None
    node: int = -1
    tasks: "list[Task]" = field(default_factory=list)
    seq: int = 0
    ordered: int = 0
    destroyed: bool = False

    def __len__(self) -> int:
        return len(self.tasks)
