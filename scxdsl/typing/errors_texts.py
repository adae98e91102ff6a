# SPDX-License-Identifier: GPL-2.0-only
"""Findings about texts, sets of CPUs that are written out, `fail` and `exit`."""

from collections.abc import Iterator

from scxdsl.source.diagnostic import Diagnostic, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class LongText(Diagnostic):
    """A text that is longer than what it is compared with never matches. The kernel cuts the name of a task to 15 bytes."""

    code = "E0709"
    title = "this text has {length} bytes: it never matches"
    label = "too long"
    bad = 'scheduler s\nvar n: u64\non tick(p) { if p.comm == "a-very-long-command" { n = 1 } }\n'
    good = 'scheduler s\nvar n: u64\non tick(p) { if p.comm == "a-very-long-com" { n = 1 } }\n'
    length: int
    most: int
    other: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.other, f"holds at most {self.most} bytes")


@dataclass(frozen=True)
class TextWithValues(Diagnostic):
    """Values stand in the text of `error`, `log`, `dump` and `exit`, which the kernel formats. A text that is kept or compared is
    written out: nothing in a BPF program puts one together."""

    code = "E0711"
    title = "only messages have values in them"
    label = "a text that is kept or compared is written out"
    bad = 'scheduler s\nvar n: str[16]\non tick(p) { n = "cpu {p.cpu}" }\n'
    good = 'scheduler s\nvar n: str[16]\non tick(p) { n = "a cpu"; log "cpu {p.cpu}" }\n'


@dataclass(frozen=True)
class NoRoom(Diagnostic):
    """`str[n]` holds n - 1 bytes and the end. A text takes a place with as much room as its own type has, or more; it is never cut."""

    code = "E0712"
    title = "{to} has no room for {found}"
    label = "holds at most {most} bytes"
    bad = 'scheduler s\nvar n: str[4] = "fifteen"\n'
    good = 'scheduler s\nvar n: str[8] = "fifteen"\n'
    found: str
    to: str
    most: int


@dataclass(frozen=True)
class BadCpuset(Diagnostic):
    """A cpuset is written as the kernel writes lists of CPUs: numbers and ranges with commas between them, below 1,024."""

    code = "E0713"
    title = "this is no list of CPUs"
    label = "{problem}"
    help = 'numbers and ranges with commas between them: `"0-3,8"`'
    bad = 'scheduler s\nparam a: cpuset = "3-1"\n'
    good = 'scheduler s\nparam a: cpuset = "1-3"\n'
    problem: str


@dataclass(frozen=True)
class CannotFail(Diagnostic):
    """`fail` is for callbacks whose answer the kernel reads as an error: init, init_task, cgroup_init, cgroup_prep_move, sub_attach,
    init_cids. Everywhere else a scheduler that cannot go on ends with `error`."""

    code = "E0710"
    title = "`{callback}` cannot fail"
    label = "the kernel reads no error here"
    help = 'end the scheduler with `error "…"`'
    bad = "scheduler s\non tick(p) { fail .enomem }\n"
    good = "scheduler s\non init_task(p, args) { if p.weight > 5000 { fail .eperm } }\n"
    callback: str
    path: tuple[Label, ...] = ()

    def labels(self) -> Iterator[Label]:
        yield from self.path
