# SPDX-License-Identifier: GPL-2.0-only
"""CPUs go and come. Source: kernel/sched/ext.c (handle_hotplug, rq_offline_scx), kernel/sched/core.c (sched_cpu_deactivate)."""

from . import findings, idle
from .events import _requeue_on
from .state import State
from .schedule import schedule


def offline(m: State, number: int) -> bool:
    """The CPU goes: the policy hears of it, or ends if it has no callback for it; its tasks move away."""
    cpu = m.cpus[number]
    if not cpu.online or m.online == 1 << number:
        return False
    m.this = number
    cpu.active = False
    _tell(m, number, False)
    m.online &= ~(1 << number)
    cpu.higher = "stop"
    schedule(m, cpu)
    for p in list(cpu.runnable):
        if not p.migration_disabled:
            _requeue_on(m, p, idle.fallback_cpu(m, p, number))
    cpu.online = False
    cpu.higher = ""
    m.idle_cpus &= ~(1 << number)
    m.idle_cores &= ~m.topology.core_mask(number)
    m.this = (m.online & -m.online).bit_length() - 1
    m.settle()
    return True


def come_online(m: State, number: int) -> bool:
    cpu = m.cpus[number]
    if cpu.online:
        return False
    m.online |= 1 << number
    cpu.online = cpu.active = True
    cpu.taken = ""
    m.this = number
    _tell(m, number, True)
    m.resched(cpu)
    m.settle()
    return True


def _tell(m: State, number: int, here: bool) -> None:
    """handle_hotplug."""
    if not m.enabled:
        return
    op = "cpu_online" if here else "cpu_offline"
    if op in m.has:
        m.call(op, number)
    else:
        code = m.k.ecode_act_restart | m.k.ecode_rsn_hotplug
        m.eject(findings.Hotplug(number, "online" if here else "offline"), code)
