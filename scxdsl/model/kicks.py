# SPDX-License-Identifier: GPL-2.0-only
"""Kicks: an interrupt makes a CPU choose again. Source: kernel/sched/ext.c, the functions named below."""

from . import findings
from .cpu import Cpu
from .state import State


def kick(m: State, cpu: int, flags: int) -> None:
    """scx_kick_cpu: an interrupt later, the CPU chooses again."""
    k = m.k
    here = m.cpus[m.this]
    if here.bypassing:
        return
    if flags & k.kick_idle:
        if flags & (k.kick_preempt | k.kick_wait):
            m.eject(findings.KickConflict())
        target = m.cpus[cpu]
        if (target.curr is not None or target.taken) and not target.in_balance:
            return
        here.idle_kicks.add(cpu)
    else:
        here.kicks.add(cpu)
        if flags & k.kick_preempt:
            here.preempts.add(cpu)
    if not here.kicking:
        here.kicking = True
        m.later(_deliver, m, here)


def _deliver(m: State, here: Cpu) -> None:
    """kick_cpus_irq_workfn."""
    here.kicking = False
    kicks, preempts, idles = sorted(here.kicks), set(here.preempts), sorted(here.idle_kicks)
    here.kicks.clear(), here.preempts.clear(), here.idle_kicks.clear()
    for number in kicks:
        cpu = m.cpus[number]
        if cpu.online:
            if number in preempts and cpu.curr is not None:
                cpu.curr.slice = 0
            m.resched(cpu)
    for number in idles:
        cpu = m.cpus[number]
        if cpu.online and cpu.curr is None and not cpu.taken:
            m.resched(cpu)
