# SPDX-License-Identifier: GPL-2.0-only
"""What a rewriting did, for the report."""

from typing import Any

from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class Rewriting:
    """Base of all: `function` is the author's name of the program or function, `span` what made it necessary."""

    function: str
    span: Span
    kind = ""

    @property
    def text(self) -> str:
        raise NotImplementedError

    def json(self) -> dict[str, Any]:
        """`{"kind", "function", "line", "text"}`."""
        return {"kind": self.kind, "function": self.function, "line": self.span.line, "text": self.text}


@dataclass(frozen=True)
class Scratch(Rewriting):
    """Values that were moved off the stack; `size` bytes of room for each CPU, or in each of `claims` places."""

    values: tuple[str, ...]
    size: int
    claims: int = 0
    kind = "scratch"

    @property
    def text(self) -> str:
        names = ", ".join(self.values)
        where = f"one of {self.claims} places, claimed while it runs" if self.claims else "this CPU's place"
        lie = "lie" if len(self.values) > 1 else "lies"
        return f"{names} {lie} in scratch memory, not on the stack: {self.size} bytes, {where}"


@dataclass(frozen=True)
class Owners(Rewriting):
    """Owners that were taken out of the values around them, to where the kernel holds them at any depth; `function` names the declaration."""

    count: int
    maps: tuple[str, ...]
    kind = "owners"

    @property
    def text(self) -> str:
        lie = "owner lies" if self.count == 1 else "owners lie"
        return f"{self.count} {lie} in {', '.join(self.maps)}"


@dataclass(frozen=True)
class Apart(Rewriting):
    """A function that is a subprogram; `program`: of which programs; `alone`: verified once, not with each call."""

    program: str
    alone: bool
    kind = "subprogram"

    @property
    def text(self) -> str:
        how = "the kernel verifies it once" if self.alone else "the kernel verifies it with each call"
        return f"a subprogram of {self.program}, not laid into its callers: {how}"


@dataclass(frozen=True)
class Effects(Rewriting):
    """Effects under a lock that were moved to its release; `lines` are theirs."""

    lock: str
    lines: tuple[int, ...]
    kind = "effects"

    @property
    def text(self) -> str:
        many = len(self.lines) > 1
        lines = ", ".join(str(line) for line in sorted(set(self.lines)))
        return f"{len(self.lines)} effect{'s take' if many else ' takes'} place after the release of {self.lock}, from line{'s' if len(set(self.lines)) > 1 else ''} {lines}"


@dataclass(frozen=True)
class Forms(Rewriting):
    """Kernel functions that some declared kernels lack, or have under other names: each call stands behind a test that the function is there."""

    kfuncs: tuple[str, ...]
    kind = "forms"

    @property
    def text(self) -> str:
        return f"called where the kernel has them: {', '.join(self.kfuncs)}"


@dataclass(frozen=True)
class Safer(Rewriting):
    """LLVM failed, and made the object with fewer of its passes. `said`: what it had said."""

    said: str
    kind = "safer"

    @property
    def text(self) -> str:
        return f"compiled again with fewer of LLVM's passes, which had failed: {self.said}"


@dataclass(frozen=True)
class Forgotten(Rewriting):
    """Variables whose values the verifier is kept from following; `growing`: those that differ in each turn of a loop."""

    values: tuple[str, ...]
    growing: bool = False
    kind = "forget"

    @property
    def text(self) -> str:
        go = f"{', '.join(self.values)} {'goes' if len(self.values) == 1 else 'go'} through memory"
        return f"{go} in each turn of a loop, so that the verifier does not go round for each value" if self.growing else f"{go} when set, so that the verifier does not follow each value"


@dataclass(frozen=True)
class Iterated(Rewriting):
    """Large copies that are loops on an iterator, not followed turn by turn; `size`: bytes of the largest."""

    count: int
    size: int
    kind = "iterator"

    @property
    def text(self) -> str:
        what = "a large copy is a loop" if self.count == 1 else f"{self.count} large copies are loops"
        return f"{what} on the kernel's iterator, so that the verifier does not follow each turn: up to {self.size} bytes"


@dataclass(frozen=True)
class Cleaned(Rewriting):
    """Loops each turn of which begins with registers in which nothing is left of the one before."""

    count: int
    kind = "clean"

    @property
    def text(self) -> str:
        turns = "turns of a loop begin" if self.count == 1 else f"turns of {self.count} loops begin"
        return f"{turns} without what the one before left in registers, so that the verifier does not take each for another one"
