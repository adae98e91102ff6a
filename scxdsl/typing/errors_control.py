# SPDX-License-Identifier: GPL-2.0-only
"""Findings about loops and conditions."""

import re
from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.source.surroundings import before
from scxdsl.source.text import Span


@dataclass(frozen=True)
class NoLoop(Diagnostic):
    """`break` and `continue` belong to a loop around them; a function called from a loop is not inside it."""

    code = "E0320"
    title = "`{word}` stands in no loop"
    label = "no loop around this"
    bad = "scheduler s\non tick(p) { break }\n"
    good = "scheduler s\non tick(p) { repeat 3 { break } }\n"
    word: str


@dataclass(frozen=True)
class ElseComesBack(Diagnostic):
    """After `let x = e else { … }` the name stands for what was there, so the block must leave: by `return`, `break`,
    `continue`, `error` or `fail`."""

    code = "E0321"
    title = "the `else` of a `let` must leave"
    label = "comes to its end"
    help = "end it with `return`, `break`, `continue` or `error`"
    bad = "scheduler s\nstat a\non dispatch(cpu, prev) { let t = prev else { a += 1 }\n if t.weight > 1 { a += 1 } }\n"
    good = "scheduler s\nstat a\non dispatch(cpu, prev) { let t = prev else { return }\n if t.weight > 1 { a += 1 } }\n"


@dataclass(frozen=True)
class NotIterable(Diagnostic):
    """`for` walks through ranges, CPUs, masks, queues, cgroups, tables and arrays."""

    code = "E0322"
    title = "`for` cannot walk through {found}"
    label = "not something to walk through"
    bad = "scheduler s\nvar n: u64\non tick(p) { for i in n { } }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { for i in 0 .. n { } }\n"
    found: str

    def helps(self) -> Iterable[Help]:
        number = re.fullmatch(r"an? [iu]\d+", self.found)
        edits = (Edit(before(self.span), "0 .. "),) if number and re.fullmatch(r"[\w.]+", self.span.text) else ()
        yield Help("numbers go from one to another: `for i in 0 .. n`", edits)


@dataclass(frozen=True)
class Unreachable(Diagnostic):
    """Nothing after `return`, `break`, `continue` or `error` in the same block is ever run."""

    code = "E0323"
    title = "this is never reached"
    label = "the statement before it leaves"
    bad = "scheduler s\nstat a\non tick(p) { return\n a += 1 }\n"
    good = "scheduler s\nstat a\non tick(p) { a += 1\n return }\n"


@dataclass(frozen=True)
class MayNotFit(Diagnostic):
    """`let` and `for` name a value or take a tuple apart; every value must fit. What may not fit is asked: by `if let`, by
    `let … else { … }` that leaves, or by `match`."""

    code = "E0324"
    title = "not every {type} fits this pattern"
    label = "asks something of the value"
    help = "ask with `if let … {{ … }}`, with `let … else {{ return }}`, or with `match`"
    bad = "scheduler s\nenum E { a, b(u64) }\nvar e: E\nvar n: u64\non tick(p) { let .b(x) = e\n n = x }\n"
    good = "scheduler s\nenum E { a, b(u64) }\nvar e: E\nvar n: u64\non tick(p) { let .b(x) = e else { return }\n n = x }\n"
    type: str


@dataclass(frozen=True)
class FromOfRange(Diagnostic):
    """`from k` begins a walk at one of its members and goes round: over `cpus`, cores, llcs, nodes and tables. A range of numbers
    begins where it says."""

    code = "E0325"
    title = "a range has no `from`"
    label = "where the range begins stands before its `..`"
    bad = "scheduler s\nvar n: u64\non tick(p) { for i in 0 .. 10 from 4 { n += i } }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { for i in 4 .. 10 { n += i } }\n"
    low: Span
    high: Span

    def helps(self) -> Iterable[Help]:
        rest = self.span.source.span(self.high.end, self.span.end)
        yield Help(f"write the range from there: `{self.span.text} .. {self.high.text}`", (Edit(self.low, self.span.text), Edit(rest, "")))


@dataclass(frozen=True)
class NoPattern(Diagnostic):
    """`let x: T` without a value makes a local that is zero. A pattern takes a value apart, so there must be one."""

    code = "E0326"
    title = "this pattern has no value to take apart"
    label = "no `= value`"
    bad = "scheduler s\nvar n: u64\non tick(p) { let ((a, b), d): ((u64, u64), u64)\n n = a + b + d }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { let ((a, b), d) = ((1, 2), 3)\n n = a + b + d }\n"


@dataclass(frozen=True)
class RangeIsNoValue(Diagnostic):
    """Ranges stand after `in`: in a `for`, in the limits of a parameter, and in patterns. They are nothing that is kept or passed on."""

    code = "E0327"
    title = "a range is no value"
    label = "only walked through, or asked by a pattern"
    help = "write `for i in low .. high`, or compare: `low <= x && x < high`"
    bad = "scheduler s\nvar n: u64\non tick(p) { let r = 0 .. 9\n n = 1 }\n"
    good = "scheduler s\nvar n: u64\non tick(p) { for i in 0 .. 9 { n += i } }\n"
