# SPDX-License-Identifier: GPL-2.0-only
"""Findings about texts, `fail` and `exit`."""

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
