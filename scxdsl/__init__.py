# SPDX-License-Identifier: GPL-2.0-only
"""scxdsl: a small language for CPU-scheduling policies and its compiler to sched_ext BPF objects."""

__version__ = "0.1.0"
