# SPDX-License-Identifier: GPL-2.0-only
"""Kernel series ("6.12", "7.0"), ranges of them as a policy writes them, and sets of the series that facts are held of."""

import re
from collections.abc import Iterator, Sequence
from functools import total_ordering

from scxdsl.source.records import dataclass

OLDEST = "6.12"  # the first release with sched_ext (kernel/sched/ext.c appears there)
_LAST_MINOR = 19  # 5.19 -> 6.0, 6.19 -> 7.0: the numbering of Linux releases since 5.0


@total_ordering
@dataclass(frozen=True)
class Series:
    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> "Series":
        """Read "6.12"; what follows ("6.12.107-scx") is not looked at. Raises BadRange."""
        found = re.match(r"\s*(\d+)\.(\d+)(?!\d)", text)
        if not found:
            raise BadRange(text, "a kernel series is two numbers, such as 6.12")
        return cls(int(found[1]), int(found[2]))

    def next(self) -> "Series":
        """The series that Linux released after this one."""
        return Series(self.major + 1, 0) if self.minor >= _LAST_MINOR else Series(self.major, self.minor + 1)

    def previous(self) -> "Series":
        """The series that Linux released before this one."""
        return Series(self.major - 1, _LAST_MINOR) if self.minor == 0 else Series(self.major, self.minor - 1)

    def __lt__(self, other: "Series") -> bool:
        return (self.major, self.minor) < (other.major, other.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(eq=False)
class BadRange(Exception):
    """`text` is no range of kernels; `reason` says what a range looks like or which bound is wrong."""

    text: str
    reason: str

    def __str__(self) -> str:
        return f"`{self.text}`: {self.reason}"


@dataclass(frozen=True)
class Range:
    """Series from `low` to `high`, both included; without `high`, all later ones too."""

    low: Series
    high: Series | None

    def __contains__(self, series: Series) -> bool:
        return self.low <= series and (self.high is None or series <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low}.."
        return str(self.low) if self.low == self.high else f"{self.low}..{self.high}"


def parse_ranges(text: str) -> tuple[Range, ...]:
    """Read `6.12..`, `6.12..7.0`, `6.12`, or several of them with commas between. Raises BadRange."""
    ranges = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+\.\d+)\s*(?:(\.\.)\s*(\d+\.\d+)?)?\s*", part)
        if not found:
            raise BadRange(part.strip(), "a range of kernels is written 6.12.., 6.12..7.0 or 6.12")
        low = Series.parse(found[1])
        high = Series.parse(found[3]) if found[3] else None if found[2] else low
        if high is not None and high < low:
            raise BadRange(part.strip(), f"it ends before it begins: {high} is older than {low}")
        ranges.append(Range(low, high))
    return tuple(ranges)


def standing_series(series: str, known: Sequence[str]) -> str:
    """The series of `known` (oldest first) whose source stands for this one: the newest that is not newer, else the oldest."""
    own = Series.parse(series)
    older = [k for k in known if Series.parse(k) <= own]
    return older[-1] if older else known[0]


def as_written(text: str) -> str:
    """Ranges as policies and `--kernels` write them, in the form of the data: `a..b` is without b there, `a..=b` with it.
    Raises BadRange."""
    out = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+\.\d+)\s*\.\.(=?)\s*(\d+\.\d+)\s*", part)
        if not found:
            parse_ranges(part)
            out.append(part.strip())
            continue
        low, last = Series.parse(found[1]), Series.parse(found[3])
        if not found[2]:
            last = last.previous()
        if last < low:
            raise BadRange(part.strip(), "no kernel lies in it: `a..b` is without b, `a..=b` is with it")
        out.append(f"{low}..{last}")
    return ",".join(out)


@dataclass(frozen=True)
class Kernels:
    """A set of the series that facts are held of, in order: `names` lists all of them, bit i of `mask` says names[i] is in.

    Sets combine with & | - and compare with <=; they iterate over names, oldest first.
    """

    names: tuple[str, ...]
    mask: int

    @classmethod
    def of(cls, names: tuple[str, ...], *chosen: str) -> "Kernels":
        """The set of `chosen` series. Raises ValueError for one that is not among `names`."""
        return cls(names, sum(1 << names.index(c) for c in set(chosen)))

    @classmethod
    def all(cls, names: tuple[str, ...]) -> "Kernels":
        return cls(names, (1 << len(names)) - 1)

    def __iter__(self) -> Iterator[str]:
        return (n for i, n in enumerate(self.names) if self.mask >> i & 1)

    def __contains__(self, series: str) -> bool:
        return series in self.names and bool(self.mask >> self.names.index(series) & 1)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __bool__(self) -> bool:
        return bool(self.mask)

    def __and__(self, other: "Kernels") -> "Kernels":
        return Kernels(self.names, self.mask & other.mask)

    def __or__(self, other: "Kernels") -> "Kernels":
        return Kernels(self.names, self.mask | other.mask)

    def __sub__(self, other: "Kernels") -> "Kernels":
        return Kernels(self.names, self.mask & ~other.mask)

    def __le__(self, other: "Kernels") -> bool:
        return not self.mask & ~other.mask

    @property
    def oldest(self) -> str | None:
        return next(iter(self), None)

    @property
    def newest(self) -> str | None:
        return max(self, key=self.names.index, default=None)

    def runs(self) -> tuple[tuple[str, str], ...]:
        """(oldest, newest) of each stretch without a gap."""
        found: list[tuple[str, str]] = []
        for i, name in enumerate(self.names):
            if not self.mask >> i & 1:
                continue
            if found and i and self.mask >> (i - 1) & 1:
                found[-1] = (found[-1][0], name)
            else:
                found.append((name, name))
        return tuple(found)

    def __str__(self) -> str:
        """For messages: "6.12 to 6.16 and 7.3"; "no kernel" when empty."""
        parts = [a if a == b else f"{a} to {b}" for a, b in self.runs()]
        if not parts:
            return "no kernel"
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


@dataclass(frozen=True)
class Choice:
    """What a policy's ranges come to: `kernels` with facts, `unknown` series within the ranges that no facts are held of
    (up to the newest known), and whether the ranges go on beyond the newest known (`later`)."""

    kernels: Kernels
    unknown: tuple[str, ...]
    later: bool


def choose(ranges: tuple[Range, ...], names: tuple[str, ...]) -> Choice:
    """Which of the known series (`names`, oldest first) the ranges hold, and which others they name."""
    known = [Series.parse(n) for n in names]
    chosen = Kernels(names, sum(1 << i for i, s in enumerate(known) if any(s in r for r in ranges)))
    unknown, at = [], min([r.low for r in ranges] + known[:1])
    last = max([r.high or r.low for r in ranges] + known[-1:])
    while at <= last:
        if at not in known and any(at in r for r in ranges):
            unknown.append(str(at))
        at = at.next() if at >= Series(5, 0) else Series(5, 0)
    return Choice(chosen, tuple(unknown), any(r.high is None for r in ranges))
