# SPDX-License-Identifier: GPL-2.0-only
"""Sections that must be left again: RCU, preemption, interrupts, resilient locks."""

from typing import Any

from ..errors import BadArgument
from .registry import kfunc


def _enter(m: Any, what: str) -> None:
    m.sections[what] = m.sections.get(what, 0) + 1


def _leave(m: Any, what: str) -> None:
    if not m.sections.get(what):
        raise BadArgument(what, "it was not entered")
    m.sections[what] -= 1


@kfunc
def bpf_rcu_read_lock(m: Any) -> None:
    _enter(m, "bpf_rcu_read_lock")


@kfunc
def bpf_rcu_read_unlock(m: Any) -> None:
    _leave(m, "bpf_rcu_read_lock")


@kfunc
def bpf_preempt_disable(m: Any) -> None:
    _enter(m, "bpf_preempt_disable")


@kfunc
def bpf_preempt_enable(m: Any) -> None:
    _leave(m, "bpf_preempt_disable")


@kfunc
def bpf_local_irq_save(m: Any, flags: Any) -> None:
    _enter(m, "bpf_local_irq_save")
    flags.region.store64(flags.offset, 1)


@kfunc
def bpf_local_irq_restore(m: Any, flags: Any) -> None:
    _leave(m, "bpf_local_irq_save")


@kfunc
def bpf_res_spin_lock(m: Any, lock: Any) -> int:
    m.lock(lock)
    return 0


@kfunc
def bpf_res_spin_unlock(m: Any, lock: Any) -> None:
    m.unlock(lock)


@kfunc
def bpf_res_spin_lock_irqsave(m: Any, lock: Any, flags: Any) -> int:
    m.lock(lock)
    flags.region.store64(flags.offset, 1)
    return 0


@kfunc
def bpf_res_spin_unlock_irqrestore(m: Any, lock: Any, flags: Any) -> None:
    m.unlock(lock)
