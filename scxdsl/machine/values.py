# SPDX-License-Identifier: GPL-2.0-only
"""What a register or a place of the frame holds, by where that comes from: the values that origins.py follows."""

from dataclasses import dataclass

from .ranges import Range


@dataclass(frozen=True)
class Constant:
    number: int


@dataclass(frozen=True)
class Frame:
    """r10 plus so many bytes."""

    offset: int


@dataclass(frozen=True)
class Argument:
    """The n-th argument of the program, as its context holds it."""

    number: int


@dataclass(frozen=True)
class Context:
    """r1 of a program as it starts."""


@dataclass(frozen=True)
class Symbol:
    """The address of a map, a variable or a kernel function."""

    kind: str
    name: str


@dataclass(frozen=True)
class Result:
    """What the call in slot `at` gave: `name` of the helper, kernel function or subprogram, with the origins of r1 to r5 where they are known.
    `key` is what lay in the frame where r2 points; `turns` are the ranges of a number iterator's bounds at its first step."""

    at: int
    name: str
    arguments: tuple["Origin | None", ...]
    key: "Origin | None" = None
    turns: tuple[Range, Range] | None = None


@dataclass(frozen=True)
class Bit:
    """The lowest bit of a call's result: what a function that gives a bool leaves."""

    of: Result


@dataclass(frozen=True)
class Fixed:
    """What lies in a variable that nobody writes to: the same at every load."""

    name: str
    offset: int
    width: int


@dataclass(frozen=True)
class Unknown:
    """What the instruction in slot `at` made; or what ways into the block at `at` brought to `place`, where they differ. `frame`: it may point
    into the frame."""

    at: int
    place: int | str | None = None
    frame: bool = False


@dataclass(frozen=True)
class Low:
    """The lower half of a call's result."""

    of: Result


@dataclass(frozen=True)
class Computed:
    """What arithmetic makes of two values: the same wherever it is done with the same ones."""

    operation: str
    width: int
    left: "Origin"
    right: "Origin"
    depth: int


@dataclass(frozen=True)
class Exchanged:
    """What an exchange found that wanted to find `expected`, which had been read there before, with nothing written by this program since."""

    expected: "Origin | None"


@dataclass(frozen=True)
class Place:
    """So many bytes behind the start of a variable, or of what a call's result points to."""

    of: Symbol | Result
    offset: int


Origin = Constant | Frame | Argument | Context | Symbol | Result | Bit | Low | Exchanged | Computed | Unknown | Place | Fixed


__all__ = [
    "Argument", "Bit", "Computed", "Constant", "Context", "Exchanged", "Fixed", "Frame", "Low", "Origin", "Place", "Result", "Symbol", "Unknown",
]  # fmt: skip
