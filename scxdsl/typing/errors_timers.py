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
