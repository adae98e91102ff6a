# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions of BPF itself (kernel/bpf/helpers.c, cpumask.c, bpf_iter.c)."""

from . import containers, cpumask, iterators, sections, timers
from .registry import TABLE

__all__ = ["TABLE", "containers", "cpumask", "iterators", "sections", "timers"]
