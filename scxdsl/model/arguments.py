# SPDX-License-Identifier: GPL-2.0-only
"""Structs that callbacks get, under the kernel's names. Source: kernel/sched/ext.c."""

from dataclasses import dataclass

from .task import Cgroup, Task


@dataclass(eq=False)
class InitTaskArgs:
    struct = "scx_init_task_args"
    fork: bool
    cgroup: Cgroup | None = None


@dataclass(eq=False)
class ExitTaskArgs:
    struct = "scx_exit_task_args"
    cancelled: bool


@dataclass(eq=False)
class CpuReleaseArgs:
    """`task`: the one of the higher class, None where the model has no object for it."""

    struct = "scx_cpu_release_args"
    reason: int
    task: Task | None = None


@dataclass(eq=False)
class CpuAcquireArgs:
    struct = "scx_cpu_acquire_args"


@dataclass(eq=False)
class CgroupInitArgs:
    struct = "scx_cgroup_init_args"
    weight: int


@dataclass(eq=False)
class DumpContext:
    struct = "scx_dump_ctx"
    kind: int
    exit_code: int
    reason: str
    at_ns: int
    at_jiffies: int


@dataclass(eq=False)
class ExitInfo:
    """Why a scheduler ended. `template` is the kernel's format, for those who look for the rule behind the message."""

    struct = "scx_exit_info"
    kind: int
    exit_code: int = 0
    reason: str = ""
    msg: str = ""
    template: str = ""
    callback: str = ""  # the one that ran, empty where none did
    bt_len: int = 0  # return addresses of the kernel's stack: some number, and the addresses are not there
