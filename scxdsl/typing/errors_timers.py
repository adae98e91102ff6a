# SPDX-License-Identifier: GPL-2.0-only
"""Findings about timers."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class NoTimers(Diagnostic):
    """A timer lies in the value of an array (kernel/bpf/syscall.c, map_check_btf: hash, lru and array maps hold timers, the storage of tasks and
    cgroups does not). CPUs, cores, llcs, nodes and tables have rows by number, so they may have timers."""

    code = "E0643"
    title = "a {kind} has no timer of its own: `{name}`"
    label = "the kernel keeps none in the state of a {kind}"
    help = "one timer that looks through what is due, or a timer of each row of a `table`"
    bad = "scheduler s\nper task { timer late { } }\n"
    good = "scheduler s\nstat n\nper cpu { timer late { n += 1 } }\non running(p) { p.cpu.late.start(1ms) }\n"
    kind: str
    name: str


@dataclass(frozen=True)
class NoPause(Diagnostic):
    """The kernel runs a timer's body in the interrupt in which it expires (kernel/bpf/helpers.c, bpf_timer_cb; kernel/time/hrtimer.c,
    hrtimer_run_queues). One that is due again at once leaves its CPU no time for anything else."""

    code = "E0644"
    title = "timer `{name}` would run without a pause"
    label = "a period of 0"
    help = "give it a period, such as `every 1ms`"
    bad = "scheduler s\nstat n\ntimer beat every 0ms { n += 1 }\n"
    good = "scheduler s\nstat n\ntimer beat every 1ms { n += 1 }\n"
    name: str
