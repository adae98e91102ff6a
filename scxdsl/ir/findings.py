# SPDX-License-Identifier: GPL-2.0-only
"""What may be wrong with a module in IR. Findings are faults of the compiler, not of a policy."""

from collections.abc import Iterable

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class Finding:
    """Base of all: where the fault lies; `function` is empty for the module as a whole."""

    function: str
    span: Span | None

    @property
    def text(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        place = ", ".join(p for p in (self.function, repr(self.span) if self.span else "") if p)
        return f"{place}: {self.text}" if place else self.text


@dataclass(frozen=True)
class Undefined(Finding):
    """A value is read where some path has not defined it, or a variable where some path has not set it."""

    name: str

    @property
    def text(self) -> str:
        return f"{self.name} is read before it is defined on every path"


@dataclass(frozen=True)
class Redefined(Finding):
    """A value is the result of two operations, or two things of the module share a name."""

    name: str

    @property
    def text(self) -> str:
        return f"{self.name} is defined twice"


@dataclass(frozen=True)
class Mistyped(Finding):
    """An operand or result does not fit its operation."""

    operation: str
    place: str
    expected: str
    found: str

    @property
    def text(self) -> str:
        return f"{self.operation}: {self.place} must be {self.expected}, not {self.found}"


@dataclass(frozen=True)
class Unknown(Finding):
    """A name that stands for nothing: of a function, global, helper, field, kind of map."""

    kind: str
    name: str

    @property
    def text(self) -> str:
        return f"no {self.kind} is named {self.name}"


@dataclass(frozen=True)
class WrongCount(Finding):
    """A call with too few or too many arguments, a function with more parameters than registers."""

    name: str
    expected: str
    found: int

    @property
    def text(self) -> str:
        return f"{self.name} takes {self.expected} arguments, not {self.found}"


@dataclass(frozen=True)
class OutsideLoop(Finding):
    """A break or continue names a loop that is not around it."""

    depth: int
    loops: int

    @property
    def text(self) -> str:
        return f"loop {self.depth} is left where {self.loops} stand around"


@dataclass(frozen=True)
class NoResult(Finding):
    """A function with a result ends without one on some path."""

    result: str

    @property
    def text(self) -> str:
        return f"a path ends without its result of type {self.result}"


@dataclass(frozen=True)
class NoWayHere(Finding):
    """Operations after one that always leaves the block."""

    operation: str

    @property
    def text(self) -> str:
        return f"{self.operation} can never be reached"


@dataclass(frozen=True)
class Incomplete(Finding):
    """A type whose size is wanted has none."""

    type: str

    @property
    def text(self) -> str:
        return f"{self.type} has no size here: its fields are not known"


@dataclass(frozen=True)
class Disagreement(Finding):
    """Two places of the module say different things of one name."""

    name: str
    first: str
    second: str

    @property
    def text(self) -> str:
        return f"{self.name}: {self.first} in one place, {self.second} in another"


@dataclass(frozen=True)
class Unfit(Finding):
    """A property of a function, global or map that no object can have."""

    name: str
    why: str

    @property
    def text(self) -> str:
        return f"{self.name}: {self.why}"


class InvalidModule(Exception):
    """The findings of one verification, in the order of the module."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))
