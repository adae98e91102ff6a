# SPDX-License-Identifier: GPL-2.0-only
"""Findings about tests."""

from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class AssertOutside(Diagnostic):
    """`assert` ends a test that it finds wrong; there is nothing like it in a scheduler that runs. A policy that finds its own state
    broken says so by `error`, which ends it and tells the text to whoever loaded it."""

    code = "E0340"
    title = "`assert` stands in tests only"
    label = "no test around this"
    help = 'in a callback or function: `if !(…) {{ error "…" }}`'
    bad = "scheduler s\non tick(p) { assert p.weight > 0 }\n"
    good = 'scheduler s\non tick(p) { if p.weight == 0 { error "no weight" } }\n'


@dataclass(frozen=True)
class SameTitle(Diagnostic):
    """A test is chosen and reported by its title, so that each file gives a title once."""

    code = "E0341"
    title = "there is a test `{title_text}` already"
    label = "the same title"
    help = "say what sets this one apart"
    bad = 'scheduler s\ntest "one" { assert true }\ntest "one" { assert true }\n'
    good = 'scheduler s\ntest "one" { assert true }\ntest "another" { assert true }\n'
    title_text: str


@dataclass(frozen=True)
class TestTitle(Diagnostic):
    """The title of a test is a plain text, known before the test runs."""

    __test__ = False  # pytest, this is none of yours

    code = "E0342"
    title = "the title of a test is a plain text"
    label = "with a value in it"
    help = "leave out what stands in `{{ }}`"
    bad = 'scheduler s\nconst N = 1\ntest "number {N}" { assert N == 1 }\n'
    good = 'scheduler s\nconst N = 1\ntest "number one" { assert N == 1 }\n'
