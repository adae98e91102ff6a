# SPDX-License-Identifier: GPL-2.0-only
"""Findings about structs, arrays, variants and `match`."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class EndlessType(Diagnostic):
    """A struct or enum cannot hold itself: it would have no end. Keep an index or an optional slot instead."""

    code = "E0330"
    title = "`{name}` contains itself"
    label = "inside itself"
    help = "there are no pointers: keep the place of the other one, an index into an array or a table"
    bad = "scheduler s\nstruct A { x: u64, b: A }\nvar a: u64\n"
    good = "scheduler s\nstruct A { x: u64, b: u32 }\nvar a: A\n"
    name: str


@dataclass(frozen=True)
class MissingField(Diagnostic):
    """A struct is built with its fields by name or in order; fields that are left out take their default, or zero."""

    code = "E0331"
    title = "`{struct}` has no field `{name}`"
    label = "unknown field"
    bad = "scheduler s\nstruct A { x: u64 }\nvar a: A\non tick(p) { a = A(y: 1) }\n"
    good = "scheduler s\nstruct A { x: u64 }\nvar a: A\non tick(p) { a = A(x: 1) }\n"
    struct: str
    name: str
    known: tuple[str, ...] = ()

    def helps(self) -> Iterable[Help]:
        if self.known:
            yield Help("its fields are " + ", ".join(f"`{k}`" for k in self.known))


@dataclass(frozen=True)
class MixedElements(Diagnostic):
    """All elements of an array have one type, and there are as many as its type says."""

    code = "E0332"
    title = "{problem}"
    label = "{found}"
    bad = "scheduler s\nconst T: [u32; 3] = [1, 2]\n"
    good = "scheduler s\nconst T: [u32; 3] = [1, 2, 3]\n"
    problem: str
    found: str


@dataclass(frozen=True)
class NotAnArray(Diagnostic):
    """Only arrays, tables, maps and rows of queues have elements."""

    code = "E0333"
    title = "a {found} has no elements"
    label = "not an array"
    bad = "scheduler s\nvar n: u64\nvar m: u64\non tick(p) { m = n[2] }\n"
    good = "scheduler s\nvar n: [u64; 4]\nvar m: u64\non tick(p) { m = n[2] }\n"
    found: str


@dataclass(frozen=True)
class BadPattern(Diagnostic):
    """A pattern asks something that a value of the type can answer: a number, a range, a variant with its payload, `none`,
    a name that stands for the whole, `_` for anything."""

    code = "E0334"
    title = "this pattern does not fit {type}"
    label = "{problem}"
    bad = "scheduler s\nstat a\non tick(p) { match p.weight { .low => a += 1, else => { } } }\n"
    good = "scheduler s\nstat a\non tick(p) { match p.weight { ..=99 => a += 1, else => { } } }\n"
    type: str
    problem: str


@dataclass(frozen=True)
class NotAllCases(Diagnostic):
    """A `match` that gives a value covers every case: name the rest with `else`."""

    code = "E0335"
    title = "this `match` gives {type}, but not for {missing}"
    label = "a value for every case"
    bad = "scheduler s\nvar a: u64\non tick(p) { a = match p.weight { 1 => 5 } }\n"
    good = "scheduler s\nvar a: u64\non tick(p) { a = match p.weight { 1 => 5, else => 6 } }\n"
    type: str
    missing: str

    def helps(self) -> Iterable[Help]:
        yield Help("add an arm `else => …`")


@dataclass(frozen=True)
class NeverFits(Diagnostic):
    """Arms are tried in order; one that stands after a pattern that takes everything is never reached."""

    code = "E0336"
    title = "this arm is never reached"
    label = "an arm before it takes everything"
    bad = "scheduler s\nstat a\non tick(p) { match p.weight { else => a += 1, 5 => a += 2 } }\n"
    good = "scheduler s\nstat a\non tick(p) { match p.weight { 5 => a += 2, else => a += 1 } }\n"
    first: Span

    def labels(self) -> Iterable[Label]:
        yield Label(self.first, "this one")
