# SPDX-License-Identifier: GPL-2.0-only
"""A machine for BPF bytecode, with memory that knows where each pointer comes from. Knows nothing of the language."""

from .errors import Fault, LoadError
from .kernel import Kernel, KernelCalls, PerCpu, kernel
from .machine import Machine, Program
from .memory import Ptr, Region
from .regions import KernelObject, ObjectLayout, bind

__all__ = [
    "Fault",
    "Kernel",
    "KernelCalls",
    "KernelObject",
    "LoadError",
    "Machine",
    "ObjectLayout",
    "PerCpu",
    "Program",
    "Ptr",
    "Region",
    "bind",
    "kernel",
]
