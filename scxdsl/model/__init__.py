# SPDX-License-Identifier: GPL-2.0-only
"""The sched_ext core as a model: tasks, CPUs, queues, callbacks in their order, time. Deterministic, and ignorant of how a
policy is executed."""

from .kernel import KernelOps
from .model import Model
from .program import Program, Settings
from .task import Cgroup, Task
from .topology import Topology

__all__ = ["Cgroup", "KernelOps", "Model", "Program", "Settings", "Task", "Topology"]
