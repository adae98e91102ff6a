# SPDX-License-Identifier: GPL-2.0-only
"""Numbers of the kernel that the model works with, those of one series from the facts.

A flag that the series lacks is 0, so that it never matches. Flags of the core scheduler that BTF does not name are from
kernel/sched/sched.h; their values are the same in every supported kernel.
"""

from dataclasses import dataclass, fields
from functools import cache

from scxdsl.kernel.facts import Facts

# kernel/sched/sched.h: ENQUEUE_* and DEQUEUE_*
ENQUEUE_RESTORE = DEQUEUE_SAVE = 0x02
ENQUEUE_MOVE = DEQUEUE_MOVE = 0x04
ENQUEUE_NOCLOCK = DEQUEUE_NOCLOCK = 0x08
ENQUEUE_INITIAL = 0x80
# include/linux/sched.h
PF_IDLE = 0x02
PF_EXITING = 0x04
PF_WQ_WORKER = 0x20
PF_KTHREAD = 0x00200000

DEFAULT_MAX_BATCH = 32  # kernel/sched/ext.c: SCX_DSP_DFL_MAX_BATCH
MAX_LOOPS = 32  # SCX_DSP_MAX_LOOPS
MAX_TIMEOUT_MS = 30_000  # SCX_WATCHDOG_MAX_TIMEOUT
TICK = 4_000_000  # ns; CONFIG_HZ=250, as Debian builds its kernels
CPUPERF_ONE = 1024  # SCX_CPUPERF_ONE
MAX_ERRNO = 4095
MESSAGE_LENGTH = 1024  # SCX_EXIT_MSG_LEN
M64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Constants:
    """Field `enq_head` is SCX_ENQ_HEAD, and so on."""

    series: str
    enq_wakeup: int
    enq_head: int
    enq_cpu_selected: int
    enq_preempt: int
    enq_reenq: int
    enq_last: int
    enq_dsq_priq: int
    deq_sleep: int
    deq_core_sched_exec: int
    deq_sched_change: int
    kick_idle: int
    kick_preempt: int
    kick_wait: int
    pick_idle_core: int
    slice_dfl: int
    slice_inf: int
    dsq_local: int
    dsq_local_on: int
    dsq_global: int
    dsq_flag_builtin: int
    dsq_invalid: int
    dsq_local_cpu_mask: int
    ops_keep_builtin_idle: int
    ops_enq_last: int
    ops_enq_exiting: int
    ops_enq_migration_disabled: int
    ops_switch_partial: int
    wake_fork: int
    wake_ttwu: int
    wake_sync: int
    task_queued: int
    task_reset_runnable_at: int
    task_state_shift: int
    exit_unreg: int
    exit_unreg_bpf: int
    exit_unreg_kern: int
    exit_sysrq: int
    exit_error: int
    exit_error_bpf: int
    exit_error_stall: int
    ecode_act_restart: int
    ecode_rsn_hotplug: int
    cpu_preempt_rt: int
    cpu_preempt_stop: int

    @property
    def enq_internal(self) -> int:
        """__SCX_ENQ_INTERNAL_MASK: bits that no program may pass."""
        return 0xFF << 56


def series_number(series: str) -> tuple[int, int]:
    """"6.12" as (6, 12), to compare by age."""
    major, minor = series.split(".")
    return int(major), int(minor)


@cache
def constants(series: str) -> Constants:
    """Raises KeyError for a series without facts."""
    facts = Facts.load()
    if series not in facts.names:
        raise KeyError(f"no facts of kernel {series}")

    def value(name: str) -> int:
        found = facts.constant(f"SCX_{name.upper()}")
        return (found.values.on(series) or 0) if found is not None else 0

    names = [f.name for f in fields(Constants) if f.name != "series"]
    return Constants(series, **{name: value(name) for name in names})


def constant(series: str, name: str) -> int | None:
    """Any enumerator by the kernel's name; None where the series lacks it."""
    found = Facts.load().constant(name)
    return found.values.on(series) if found is not None else None
