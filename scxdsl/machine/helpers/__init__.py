# SPDX-License-Identifier: GPL-2.0-only
"""BPF helpers, by number. Meaning: include/uapi/linux/bpf.h and the functions that implement them in kernel/bpf."""

from . import control, dynamic, maps, memory, rings, storage, sync, system
from .registry import TABLE, Helper

__all__ = ["TABLE", "Helper", "control", "dynamic", "maps", "memory", "rings", "storage", "sync", "system"]
