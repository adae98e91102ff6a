# SPDX-License-Identifier: GPL-2.0-only
"""Findings about loops and conditions."""


from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


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


@dataclass(frozen=True)
class Unreachable(Diagnostic):
    """Nothing after `return`, `break`, `continue` or `error` in the same block is ever run."""

    code = "E0323"
    title = "this is never reached"
    label = "the statement before it leaves"
    bad = "scheduler s\nstat a\non tick(p) { return\n a += 1 }\n"
    good = "scheduler s\nstat a\non tick(p) { a += 1\n return }\n"
