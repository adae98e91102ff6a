# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups and the callbacks about them. Source: kernel/sched/ext.c, scx_cgroup_*, scx_tg_*."""

from . import findings
from .arguments import CgroupInitArgs
from .aside import Aside
from .results import sanitized
from .state import State
from .task import Cgroup, Task


def add_cgroup(m: State, parent: Cgroup | None = None, *, weight: int = 100, name: str = "") -> Cgroup | None:
    """mkdir: cgroup_init, which may refuse (None)."""
    above = parent or m.root
    number = max(m.cgroups) + 1
    group = Cgroup(number, above, weight, above.level + 1, name or f"g{number}")
    if m.enabled and "cgroup_init" in m.has:
        error = sanitized(m, "cgroup_init", m.call("cgroup_init", group, CgroupInitArgs(weight)))
        if error:
            m.settle()
            return None
        group.inited = True
    m.cgroups[number] = group
    above.children.append(group)
    m.settle()
    return group


def init_cgroup(m: State, group: Cgroup) -> bool:
    """scx_cgroup_init for one that was there before the policy. True after an error."""
    if "cgroup_init" not in m.has:
        return False
    error = sanitized(m, "cgroup_init", m.call("cgroup_init", group, CgroupInitArgs(group.weight)))
    if error:
        m.eject(findings.CgroupInitFailed(error))
        return True
    group.inited = True
    return False


def remove_cgroup(m: State, group: Cgroup) -> bool:
    """rmdir of one without tasks and children."""
    if group is m.root or group.children or any(p.cgroup is group for p in m.tasks.values()):
        return False
    group.dead = True
    if m.enabled and group.inited and "cgroup_exit" in m.has:
        m.call("cgroup_exit", group)
    group.inited = False
    del m.cgroups[group.id]
    if group.parent is not None:
        group.parent.children.remove(group)
    m.settle()
    return True


def move_task(m: State, p: Task, to: Cgroup, *, by: int = 0) -> bool:
    """A task changes its cgroup: scx_cgroup_can_attach, then sched_move_task. False where the policy refused."""
    m.this = by
    source = p.cgroup
    if source is to:
        return True
    if m.enabled and "cgroup_prep_move" in m.has:
        error = sanitized(m, "cgroup_prep_move", m.call("cgroup_prep_move", p, source, to))
        if error:
            m.settle()
            return False
    with Aside(m, p, 0x02 | 0x04 | 0x08):
        p.cgroup = to
        if m.enabled and "cgroup_move" in m.has:
            m.call("cgroup_move", p, source, to)
    m.settle()
    return True


def set_cgroup_weight(m: State, group: Cgroup, weight: int) -> None:
    """cpu.weight is written: scx_group_set_weight."""
    if group.weight != weight and m.enabled and "cgroup_set_weight" in m.has:
        m.call("cgroup_set_weight", group, weight)
    group.weight = weight
    m.settle()


def cancel_move(m: State, p: Task, to: Cgroup, *, by: int = 0) -> bool:
    """A move that the policy had agreed to and another controller refused: scx_cgroup_cancel_attach."""
    m.this = by
    source = p.cgroup
    if source is to or not m.enabled:
        return False
    if "cgroup_prep_move" in m.has and sanitized(m, "cgroup_prep_move", m.call("cgroup_prep_move", p, source, to)):
        m.settle()
        return False
    if "cgroup_cancel_move" in m.has:
        m.call("cgroup_cancel_move", p, source, to)
    m.settle()
    return True


def set_cgroup_bandwidth(m: State, group: Cgroup, period_us: int, quota_us: int, burst_us: int) -> None:
    """cpu.max is written: scx_group_set_bandwidth."""
    if m.enabled and "cgroup_set_bandwidth" in m.has:
        m.call("cgroup_set_bandwidth", group, period_us, quota_us, burst_us)
    m.settle()


def set_cgroup_idle(m: State, group: Cgroup, idle: bool) -> None:
    """cpu.idle is written: scx_group_set_idle."""
    if m.enabled and "cgroup_set_idle" in m.has:
        m.call("cgroup_set_idle", group, idle)
    m.settle()


def exit_cgroups(m: State) -> None:
    """scx_cgroup_exit: children before parents."""
    for group in sorted(m.cgroups.values(), key=lambda g: -g.level):
        if group.inited:
            group.inited = False
            if "cgroup_exit" in m.has:
                m.call("cgroup_exit", group)
