# SPDX-License-Identifier: GPL-2.0-only
"""CPUs by core, last-level cache and NUMA node."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Topology:
    """For each CPU the index of its core, cache and node. Masks have a bit for each CPU."""

    cores: tuple[int, ...]
    llcs: tuple[int, ...]
    nodes: tuple[int, ...]

    @classmethod
    def of(cls, cpus: int, smt: int = 1, llcs: int = 1, nodes: int = 1) -> "Topology":
        """`cpus` in all, `smt` threads to a core, spread evenly: neighbours in number are neighbours in place."""
        cores = max(1, cpus // smt)
        core = tuple(min(i // smt, cores - 1) for i in range(cpus))
        llc = tuple(c * llcs // cores for c in core)
        return cls(core, llc, tuple(n * nodes // max(llcs, 1) if nodes <= llcs else c * nodes // cores
                                    for n, c in zip(llc, core, strict=True)))  # fmt: skip

    @property
    def cpus(self) -> int:
        return len(self.cores)

    @cached_property
    def all(self) -> int:
        return (1 << self.cpus) - 1

    @cached_property
    def smt(self) -> bool:
        """Whether a core has more than one thread."""
        return len(set(self.cores)) < self.cpus

    def core_mask(self, cpu: int) -> int:
        return mask_of(self.cores, cpu)

    def llc_mask(self, cpu: int) -> int:
        return mask_of(self.llcs, cpu)

    def node_mask(self, cpu: int) -> int:
        return mask_of(self.nodes, cpu)


def mask_of(groups: tuple[int, ...], cpu: int) -> int:
    """The CPUs of one group with `cpu`."""
    return sum(1 << i for i, g in enumerate(groups) if g == groups[cpu])


def bits(mask: int) -> list[int]:
    """The CPUs of a mask, ascending."""
    out, i = [], 0
    while mask:
        if mask & 1:
            out.append(i)
        mask >>= 1
        i += 1
    return out
