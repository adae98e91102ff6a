# SPDX-License-Identifier: GPL-2.0-only
"""Findings about walks over queues."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class NotWalked(Diagnostic):
    """A task is taken out of the middle of a queue by the walk that found it: the kernel checks that it is still in that queue
    (kernel/sched/ext.c, scx_dsq_move). A name given to the task elsewhere, or a parameter, has no walk."""

    code = "E0706"
    title = "`{name}` is not the task of a walk"
    label = "`move` belongs to the `t` of `for t in q {{ … }}`"
    help = "to give a task that was just enqueued a queue, use `q.insert`"
    bad = "scheduler s\ndsq q\non dispatch(cpu, prev) { if let t = prev { t.move(LOCAL) } }\n"
    good = "scheduler s\ndsq q\non dispatch(cpu, prev) { for t in q { if t.move(LOCAL) { break } } }\n"
    name: str


@dataclass(frozen=True)
class OwnQueuesOnly(Diagnostic):
    """The kernel lets a policy look into the queues that it made. LOCAL and GLOBAL are the kernel's own: of them only `len` is
    told (kernel/sched/ext.c, bpf_iter_scx_dsq_new)."""

    code = "E0707"
    title = "a policy cannot {what} the kernel's queue {name}"
    label = "not a queue of the policy"
    help = "keep the tasks in a `dsq` of your own, and move them from there"
    bad = "scheduler s\non dispatch(cpu, prev) { for t in GLOBAL { t.move(LOCAL) } }\n"
    good = "scheduler s\ndsq q\non dispatch(cpu, prev) { for t in q { t.move(LOCAL) } }\n"
    name: str
    what: str
