# SPDX-License-Identifier: GPL-2.0-only
"""What the pass over a function (origins.py) is told about its surroundings, and what it has found."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field

from ..objects.object import Function
from .known import of_variable
from .ranges import FULL, Range
from .values import Fixed, Origin, Place, Result, Symbol


@dataclass(frozen=True)
class Test:
    """A branch: the origins of both sides, and the ways that it can go."""

    at: int
    operation: str
    width: int
    left: Origin | None
    right: Origin | None
    ways: frozenset[bool]


@dataclass(frozen=True)
class Load:
    """Where an instruction reads: so many bytes behind what its base register holds. `field`: of a struct of the kernel's, "cgroup.level"."""

    base: Origin | None
    offset: int
    width: int
    field: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What is known of a function from outside it. `same`: what instructions come to that a loader fills in, by slot, where it is the same on all
    kernels. `given`: the ranges of r1 to r5 of a subprogram. `returns`: the ranges of what calls leave in r0, by name, and `spared` which of r1 to r5
    a callee writes nothing behind. `fields`: the ranges of the kernel's fields, and `fixed` of variables that nobody writes to."""

    same: Mapping[int, int] = field(default_factory=dict)
    given: Sequence[Range] = ()
    returns: Mapping[str, Range] = field(default_factory=dict)
    spared: Mapping[str, Container[int]] = field(default_factory=dict)
    fields: Mapping[str, Range] = field(default_factory=dict)
    fixed: Mapping[Fixed, Range] = field(default_factory=dict)
    constants: Container[str] = ()
    """Names of those variables."""
    initial: Mapping[str, bytes] = field(default_factory=dict)
    """What variables hold that no function of the object touches but to read."""


@dataclass
class Followed:
    """What one pass over a function found, by slot: the branches that can be reached, calls, and loads. What stands there is of the last time
    that the pass came by, when all that leads there was known."""

    function: Function
    around: Surroundings
    tests: dict[int, Test] = field(default_factory=dict)
    skipped: dict[int, set[bool]] = field(default_factory=dict)
    """Arms that the pass was told never to go."""
    calls: dict[int, tuple[Result, tuple[Range, ...]]] = field(default_factory=dict)
    """With the ranges of r1 to r5."""
    loads: dict[int, Load] = field(default_factory=dict)
    stores: dict[int, tuple[Load, Origin | None]] = field(default_factory=dict)
    """Where something is written, and what."""
    exits: dict[int, Range] = field(default_factory=dict)
    """Of r0."""
    handled: set[Origin] = field(default_factory=set)
    """Addresses with which more is done than reading there, as far as they may be those of variables."""
    brought: dict[Origin, set[Origin]] = field(default_factory=dict)
    """Values that stand for others, which different ways brought to a place."""
    writes: dict[int, set[int]] = field(default_factory=dict)
    """The arguments behind which something may be written; 0 where it may be any."""

    @property
    def touched(self) -> set[str]:
        """Variables of which more is done than reading at their address."""
        todo, seen, out = list(self.handled), set(self.handled), set()
        while todo:
            match todo.pop():
                case Symbol(_, name) | Place(Symbol(_, name)):
                    out.add(name)
                case value:
                    more = self.brought.get(value, set()) - seen
                    seen |= more
                    todo += more
        return out

    @property
    def spared(self) -> frozenset[int]:
        """Of a subprogram: arguments behind which it writes nothing."""
        written = set().union(*self.writes.values())
        return frozenset() if 0 in written else frozenset(range(1, 6)) - written

    @property
    def result(self) -> Range:
        ranges = list(self.exits.values()) or [FULL]
        return min(r[0] for r in ranges), max(r[1] for r in ranges)


Cut = Callable[[Followed, Test], Container[bool]]
"""Which ways out of a branch are never gone, by what is known when the pass comes by."""


def possible(test: Test, taken: bool) -> bool:
    """Whether what is known of both sides lets it go that way."""
    return taken in test.ways


def touch(found: Followed, *values: Origin | None) -> None:
    found.handled.update(v for v in values if of_variable(v))
