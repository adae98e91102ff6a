# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions on sets of CPUs under their own names (kernel/bpf/cpumask.c), where they only ask. A set is the number of its bits; "none"
is the number of CPUs, as the kernel answers."""

from collections.abc import Callable
from typing import Any

from scxdsl.model import KernelOps


def _lowest(k: KernelOps, bits: int) -> int:
    return (bits & -bits).bit_length() - 1 if bits else len(k.m.cpus)


MASK_CALLS: dict[str, Callable[[KernelOps], Callable[..., Any]]] = {
    ".bpf_cpumask_first": lambda k: lambda m: _lowest(k, m),
    ".bpf_cpumask_first_zero": lambda k: lambda m: _lowest(k, ~m & (1 << len(k.m.cpus)) - 1),
    ".bpf_cpumask_first_and": lambda k: lambda a, b: _lowest(k, a & b),
    ".bpf_cpumask_weight": lambda k: lambda m: m.bit_count(),
    ".bpf_cpumask_empty": lambda k: lambda m: m == 0,
    ".bpf_cpumask_full": lambda k: lambda m: m == (1 << len(k.m.cpus)) - 1,
    ".bpf_cpumask_equal": lambda k: lambda a, b: a == b,
    ".bpf_cpumask_subset": lambda k: lambda a, b: a & ~b == 0,
    ".bpf_cpumask_intersects": lambda k: lambda a, b: a & b != 0,
    ".bpf_cpumask_test_cpu": lambda k: lambda cpu, m: bool(m >> cpu & 1) if 0 <= cpu < len(k.m.cpus) else False,
}
