# SPDX-License-Identifier: GPL-2.0-only
"""Which CPUs are idle, and the default choice of a CPU. Source: kernel/sched/ext.c of 6.12, ext_idle.c since."""

from .constants import PF_EXITING
from .state import State
from .task import Task
from .topology import bits


def reset(m: State) -> None:
    """reset_idle_masks: all online CPUs count as idle until they show otherwise."""
    m.idle_cpus = m.online
    m.idle_cores = m.online


def update(m: State, cpu: int, idle: bool, notify: bool) -> None:
    """__scx_update_idle: `notify` when a task gives way to the idle thread, or the other way round."""
    if notify and "update_idle" in m.has and not m.cpus[cpu].bypassing:
        m.call("update_idle", cpu, idle)
    if m.builtin_idle and (notify or m.cpus[cpu].curr is None):
        _update_masks(m, cpu, idle)


def _update_masks(m: State, cpu: int, idle: bool) -> None:
    """update_builtin_idle."""
    bit = 1 << cpu
    m.idle_cpus = m.idle_cpus | bit if idle else m.idle_cpus & ~bit
    if m.topology.smt:
        core = m.topology.core_mask(cpu)
        if not idle:
            m.idle_cores &= ~core
        elif core & ~m.idle_cpus == 0:
            m.idle_cores |= core


def claim(m: State, cpu: int) -> bool:
    """test_and_clear_cpu_idle. A core is not wholly idle either way."""
    if m.topology.smt:
        core = m.topology.core_mask(cpu)
        if core & m.idle_cores:
            m.idle_cores &= ~core
        else:
            m.idle_cores &= ~(1 << cpu)
    bit = 1 << cpu
    was = bool(m.idle_cpus & bit)
    m.idle_cpus &= ~bit
    return was


def any_distributed(m: State, mask: int) -> int:
    """cpumask_any_and_distribute: the next one after that which this CPU took last, so that choices spread. -1 for none."""
    if not mask:
        return -1
    here = m.cpus[m.this]
    after = mask >> here.distribute + 1 << here.distribute + 1
    chosen = after or mask
    here.distribute = (chosen & -chosen).bit_length() - 1
    return here.distribute


def pick(m: State, allowed: int, core: bool) -> int:
    """scx_pick_idle_cpu: claims an idle CPU of the mask, a wholly idle core's first. -1 (-EBUSY) for none."""
    while True:
        cpu = -1
        if m.topology.smt:
            cpu = any_distributed(m, m.idle_cores & allowed)
            if cpu < 0 and core:
                return -1
        if cpu < 0:
            cpu = any_distributed(m, m.idle_cpus & allowed)
            if cpu < 0:
                return -1
        if claim(m, cpu):
            return cpu


def pick_by_node(m: State, allowed: int, core: bool, near: int) -> int:
    """The same, by node: that of `near` first where the kernel looks there first (from 6.15, per-node idle masks)."""
    return pick(m, allowed, core)


def select_default(m: State, p: Task, prev: int, wake_flags: int, allowed: int | None = None) -> tuple[int, bool]:
    """scx_select_cpu_dfl: the CPU, and whether it was idle and now is claimed. From 6.16 it looks near `prev` first."""
    mask = p.cpus_allowed if allowed is None else p.cpus_allowed & allowed
    here = m.cpus[m.this]
    modern = m.version >= (6, 16)
    prev_allowed = bool(mask >> prev & 1)
    waker_leaves = here.curr is not None and bool(here.curr.flags & PF_EXITING)
    if wake_flags & m.k.wake_sync:
        if modern and prev_allowed and m.topology.llcs[here.id] == m.topology.llcs[prev] and claim(m, prev):
            return prev, True
        idle = m.idle_cpus & m.topology.node_mask(here.id) if modern and m.version < (6, 15) else m.idle_cpus
        if idle and not waker_leaves and not here.local.tasks and mask >> here.id & 1:
            return here.id, True
    if not modern:
        return _by_priority(m, p, prev, [mask], True)
    near = []
    if p.nr_cpus_allowed >= m.topology.cpus:
        if len(set(m.topology.llcs)) > 1:
            near.append(mask & m.topology.llc_mask(prev))
        if len(set(m.topology.nodes)) > 1 and m.topology.node_mask(prev) != m.topology.llc_mask(prev):
            near.append(mask & m.topology.node_mask(prev))
    return _by_priority(m, p, prev, [*near, mask], prev_allowed)


def _by_priority(m: State, p: Task, prev: int, masks: list[int], prev_allowed: bool) -> tuple[int, bool]:
    """Whole cores before single threads, `prev` before others, near masks before far ones."""
    if m.topology.smt:
        if prev_allowed and m.idle_cores >> prev & 1 and claim(m, prev):
            return prev, True
        for mask in masks:
            cpu = pick(m, mask, True)
            if cpu >= 0:
                return cpu, True
    if prev_allowed and claim(m, prev):
        return prev, True
    for mask in masks:
        cpu = pick(m, mask, False)
        if cpu >= 0:
            return cpu, True
    return prev, False


def fallback_cpu(m: State, p: Task, cpu: int) -> int:
    """kernel/sched/core.c, select_fallback_rq: near the task's CPU first, then anywhere allowed, then anywhere at all."""
    near = m.topology.node_mask(p.cpu) & m.online & p.cpus_allowed
    found = near or m.online & p.cpus_allowed or m.online
    return bits(found)[0]
