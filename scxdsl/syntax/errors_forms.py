# SPDX-License-Identifier: GPL-2.0-only
"""What the grammar lets pass and the language does not: seen while the tree is built."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class UnboundedWhile(Diagnostic):
    """The kernel takes no loop whose end it can't see, so a `while` names its bound: `while c max 1000 { … }`. The loop
    ends after that many rounds even if the condition still holds; an `else { … }` after it runs in that case."""

    code = "E0126"
    title = "this `while` has no bound"
    label = "needs `max N` after the condition"
    help = "write `while … max 1000 {{ … }}` with the most rounds that make sense"
    bad = "scheduler s\nvar n: u64\non init() {\n    while n < 80 {\n        n += 7\n    }\n}\n"
    good = "scheduler s\nvar n: u64\non init() {\n    while n < 80 max 100 {\n        n += 7\n    }\n}\n"


@dataclass(frozen=True)
class CArrayType(Diagnostic):
    """An array type holds its element and its length between brackets: `[u64; 5]`, or `[u64; ..5]` for up to five. Only
    `str[n]` has its length behind the name."""

    code = "E0127"
    title = "`{element}[{length}]` is not a type"
    label = "write `[{element}; {length}]`"
    bad = "scheduler s\nvar head: u64[5]\n"
    good = "scheduler s\nvar head: [u64; 5]\n"
    element: str
    length: str

    def helps(self) -> Iterable[Help]:
        text = f"[{self.element}; {self.length}]"
        yield Help(f"write `{text}`", (Edit(self.span, text),))


@dataclass(frozen=True)
class NotAPlace(Diagnostic):
    """Left of `=` stands what can hold a value: a variable, a member, an element, or a tuple of such."""

    code = "E0131"
    title = "nothing can be assigned to this"
    label = "not a variable, member or element"
    bad = "scheduler s\nvar last: u64\nfn next() -> u64 { last + 1 }\non init() {\n    next() = 3\n}\n"
    good = "scheduler s\nvar last: u64\nfn next() -> u64 { last + 1 }\non init() {\n    last = next()\n}\n"


@dataclass(frozen=True)
class ParameterWithoutType(Diagnostic):
    """A function or command may be called from anywhere, so its parameters say their types. Those of `on` and `hook` have
    the kernel's."""

    code = "E0135"
    title = "the parameter `{name}` has no type"
    label = "write `{name}: T`"
    bad = "scheduler s\nfn twice(x) -> u64 {\n    x * 2\n}\n"
    good = "scheduler s\nfn twice(x: u64) -> u64 {\n    x * 2\n}\n"
    name: str


@dataclass(frozen=True)
class VariableWithoutType(Diagnostic):
    """A variable needs a type or a value that tells it."""

    code = "E0136"
    title = "`{name}` has neither a type nor a value"
    label = "write `{name}: T`, or `{name} = value`"
    bad = "scheduler s\nvar clock\n"
    good = "scheduler s\nvar clock: vtime\n"
    name: str


@dataclass(frozen=True)
class ForeignValue(Diagnostic):
    """What may be missing is `none`; `true` and `false` are written small."""

    code = "E0114"
    title = "`{word}` is written `{ours}` here"
    label = "not a word of this language"
    bad = "scheduler s\nper task { since: time? }\non stopping(p, runnable) {\n    p.since = NULL\n}\n"
    good = "scheduler s\nper task { since: time? }\non stopping(p, runnable) {\n    p.since = none\n}\n"
    word: str
    ours: str

    def helps(self) -> Iterable[Help]:
        yield Help(f"write `{self.ours}`", (Edit(self.span, self.ours),))


FOREIGN_VALUES = {
    "NULL": "none", "null": "none", "nullptr": "none", "nil": "none", "None": "none",
    "True": "true", "TRUE": "true", "False": "false", "FALSE": "false",
}  # fmt: skip


@dataclass(frozen=True)
class DepthOfTree(Diagnostic):
    """Operators, `else if` and calls that follow each other make a tree that is as deep as their number; every pass of the
    compiler walks down it."""

    code = "E0133"
    title = "this is built from more than {limit} parts within each other"
    label = "too deep to go on"
    help = "give a part of it a name of its own; a long choice is a `match`"
    bad = "scheduler s\nconst N = 1" + " + 1" * 1500 + "\n"
    good = "scheduler s\nconst N = 1 + 1\n"
    limit: int


def span_of_head(span: Span) -> Span:
    """The first word of a construct: where a finding on the whole of it points."""
    text = span.text
    length = next((i for i, c in enumerate(text) if not (c.isalnum() or c == "_")), len(text))
    return Span(span.source, span.start, span.start + max(length, 1))
