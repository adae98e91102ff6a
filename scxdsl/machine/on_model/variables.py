# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's per-CPU variables that tell where a CPU stands. Source: kernel/sched/topology.c (update_top_cache_domain),
arch/x86/kernel/smpboot.c (set_cpu_sibling_map), include/linux/topology.h."""

from functools import partial
from typing import Any

from ...model import Model
from ..kernel import PerCpu
from ..memory import Ptr, Region
from .objects import Asked, Objects


def variable(model: Model, objects: Objects, name: str) -> PerCpu | None:
    """The address of a variable; None for those that the model lacks."""
    where = model.topology
    numbers: dict[str, Any] = {
        "sd_llc_id": lambda cpu: where.llcs.index(where.llcs[cpu]),  # the first CPU of the cache
        "sd_llc_size": lambda cpu: where.llc_mask(cpu).bit_count(),
        "cpu_number": lambda cpu: cpu,
        "numa_node": lambda cpu: where.nodes[cpu],
        "local_interrupt_disable_state": lambda cpu: 0,  # only that it is there means something
        "x86_cpu_to_node_map": lambda cpu: where.nodes[cpu],
    }
    masks: dict[str, Any] = {
        "cpu_llc_shared_map": where.llc_mask,
        "cpu_sibling_map": where.core_mask,
        "cpu_core_map": where.node_mask,  # the CPUs of one package
    }
    if name == "pcpu_hot":
        return PerCpu(name, [objects.hot(cpu) for cpu in range(where.cpus)])
    if name == "cpu_info":
        return PerCpu(name, [objects.cpu_info(cpu) for cpu in range(where.cpus)])
    if name == "runqueues":
        return PerCpu(name, [objects.region(model.ops.queue(cpu)) for cpu in range(where.cpus)])
    if name == "__preempt_count":
        return PerCpu(name, [Asked(f"{name} of CPU {cpu}", 4, partial(objects.preempt_count, cpu)) for cpu in range(where.cpus)])
    if name in numbers:
        return PerCpu(name, [_number(name, cpu, numbers[name](cpu)) for cpu in range(where.cpus)])
    if name in masks:
        return PerCpu(name, [_mask(objects, name, cpu, masks[name](cpu)) for cpu in range(where.cpus)])
    return None


def _number(name: str, cpu: int, value: int) -> Region:
    return Region(f"{name} of CPU {cpu}", value.to_bytes(4, "little"), readonly=True)


def _mask(objects: Objects, name: str, cpu: int, bits: int) -> Region:
    """A cpumask_var_t, which is a pointer."""
    made = Region(f"{name} of CPU {cpu}", 8)
    made.store64(0, Ptr(objects.mask(lambda: bits, f"{name} of CPU {cpu}")))
    made.readonly = True
    return made
