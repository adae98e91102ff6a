# SPDX-License-Identifier: GPL-2.0-only
"""A CPU and its run queue. Source: kernel/sched/sched.h (struct rq, struct scx_rq)."""

from dataclasses import dataclass, field

from .dsq import Dsq
from .task import Task


@dataclass(slots=True)
class Insert:
    """One entry of the dispatch buffer (struct scx_dsp_buf_ent)."""

    task: Task
    qseq: int
    dsq_id: int
    flags: int


@dataclass(eq=False, slots=True)
class Cpu:
    """`curr` None: idle, unless `taken` names the higher scheduling class that runs here ("rt", "stop")."""

    id: int
    local: Dsq
    online: bool = True
    active: bool = True
    curr: Task | None = None
    taken: str = ""
    higher: str = ""  # a higher class that wants to run here
    need_resched: bool = False
    in_balance: bool = False
    in_wakeup: bool = False
    keep: bool = False  # SCX_RQ_BAL_KEEP
    released: bool = False  # cpu_released
    bypassing: bool = False
    runnable: list[Task] = field(default_factory=list)  # runnable_list
    deferred: list[Task] = field(default_factory=list)  # ddsp_deferred_locals
    buffer: list[Insert] = field(default_factory=list)  # this CPU's dispatch buffer
    dispatched: int = 0  # inserts of this round: dspc->nr_tasks
    direct: Task | None | bool = None  # direct_dispatch_task; True: already used
    distribute: int = 0  # distribute_cpu_mask_prev
    perf: int = 1024
    extra_flags: int = 0
    kicks: set[int] = field(default_factory=set)
    preempts: set[int] = field(default_factory=set)
    idle_kicks: set[int] = field(default_factory=set)
    kicking: bool = False


class RunQueue:
    """struct rq: what programs may see of it."""

    struct = "rq"

    def __init__(self, cpu: Cpu) -> None:
        self.cpu = cpu
