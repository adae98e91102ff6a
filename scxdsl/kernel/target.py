# SPDX-License-Identifier: GPL-2.0-only
"""The kernels that one policy is compiled for, with the facts to ask about them."""

from scxdsl.source.records import dataclass

from .facts import Facts
from .versions import BadRange, Kernels


@dataclass(frozen=True)
class Target:
    """`kernels` is never empty."""

    facts: Facts
    kernels: Kernels

    @classmethod
    def of(cls, ranges: str | None = None) -> "Target":
        """The known kernels in the ranges; all of them where nothing is said. Raises BadRange, also where no known kernel
        lies in the ranges."""
        facts = Facts.load()
        if ranges is None:
            return cls(facts, facts.all)
        chosen = facts.choose(ranges).kernels
        if not chosen:
            raise BadRange(ranges, f"no kernel that is known lies there; known are {facts.all}")
        return cls(facts, chosen)

    def lacking(self, where: Kernels) -> Kernels:
        """The kernels of the target that are not in `where`."""
        return self.kernels - where

    def constants(self, enum: str) -> dict[str, int]:
        """The enumerators that some kernel of the target has, with the newest one's value."""
        out = {}
        for name in self.facts.constants_of(enum):
            found = self.facts.constant(name)
            if found is not None and found.where & self.kernels:
                out[name] = found.values.within(self.kernels).newest or 0
        return out

    def constant(self, name: str) -> int:
        """The newest kernel's value of an enumerator. Raises KeyError."""
        found = self.facts.constant(name)
        if found is None or found.values.newest is None:
            raise KeyError(name)
        return found.values.newest
