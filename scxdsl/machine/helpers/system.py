# SPDX-License-Identifier: GPL-2.0-only
"""Time, CPUs, tasks, per-CPU variables."""

from typing import Any

from ..errors import NotAPointer
from ..kernel import PerCpu
from ..memory import Ptr
from ..regions import address
from .registry import helper

JIFFY = 4_000_000
"""Nanoseconds: CONFIG_HZ of Debian's kernels is 250."""


@helper("ktime_get_ns")
def ktime(m: Any) -> int:
    return m.calls.now()


@helper("ktime_get_boot_ns")
def boot_time(m: Any) -> int:
    return m.calls.now()


@helper("ktime_get_coarse_ns")
def coarse_time(m: Any) -> int:
    return m.calls.now() // JIFFY * JIFFY


@helper("ktime_get_tai_ns")
def tai_time(m: Any) -> int:
    return m.calls.now()


@helper("jiffies64")
def jiffies(m: Any) -> int:
    return m.calls.now() // JIFFY


@helper("get_prandom_u32")
def random(m: Any) -> int:
    return m.calls.random() & 0xFFFFFFFF


@helper("get_smp_processor_id")
def cpu(m: Any) -> int:
    return m.calls.cpu()


@helper("get_numa_node_id")
def node(m: Any) -> int:
    return m.calls.node()


@helper("get_current_pid_tgid")
def current_ids(m: Any) -> int:
    return m.calls.current_ids()


@helper("get_current_task_btf")
def current_task(m: Any) -> Any:
    return address(m.calls.current_task())


@helper("get_current_task")
def current_task_address(m: Any) -> Any:
    return address(m.calls.current_task())


def _per_cpu(value: Any) -> PerCpu:
    if not isinstance(value, PerCpu):
        raise NotAPointer(value, "a per-CPU variable")
    return value


@helper("per_cpu_ptr")
def per_cpu_ptr(variable: Any, which: int) -> Any:
    regions = _per_cpu(variable).regions
    index = which & 0xFFFFFFFF
    return Ptr(regions[index]) if index < len(regions) else 0


@helper("this_cpu_ptr")
def this_cpu_ptr(m: Any, variable: Any) -> Any:
    return Ptr(_per_cpu(variable).regions[m.calls.cpu()])
