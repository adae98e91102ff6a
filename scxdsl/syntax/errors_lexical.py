# SPDX-License-Identifier: GPL-2.0-only
"""What can be wrong with single characters, numbers, strings and brackets."""

import re
from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from .literals import number_meant


@dataclass(frozen=True)
class UnknownCharacter(Diagnostic):
    """The language is written in ASCII letters, digits and the operators of docs/grammar.md; anything else may stand
    only in comments and strings. Quotation marks and dashes that a word processor has made pretty are common culprits."""

    code = "E0102"
    title = "{shown} has no meaning here"
    label = "not part of the language"
    bad = "scheduler s\nconst N = 5 \N{EM DASH} 1\n"
    good = "scheduler s\nconst N = 5 - 1\n"
    shown: str
    ours: str

    def helps(self) -> Iterable[Help]:
        if self.ours:
            yield Help(f"write `{self.ours}`", (Edit(self.span, self.ours),))


@dataclass(frozen=True)
class UnterminatedString(Diagnostic):
    """A string ends on the line where it begins, so that a forgotten quotation mark costs one line only."""

    code = "E0103"
    title = "this string has no closing `\"`"
    label = "begins here"
    bad = 'scheduler s\non init() {\n    log "ready\n}\n'
    good = 'scheduler s\non init() {\n    log "ready"\n}\n'

    def helps(self) -> Iterable[Help]:
        """Where the line may hold more than the string, the place of the missing quotation mark is not certain."""
        source = self.span.source
        line = source.line_span(self.span.line)
        text = source.text[self.span.end : line.end].rstrip()
        end = source.span(self.span.end + len(text), self.span.end + len(text))
        edits = (Edit(end, '"'),) if text and text[-1].isalnum() else ()
        yield Help("a string ends on its own line; write `\\n` for a line break within it", edits)


@dataclass(frozen=True)
class UnclosedBracket(Diagnostic):
    """Every bracket is closed by its own kind. Where one is missing the parser takes the place at which nothing else is
    possible; the right place may be earlier."""

    code = "E0104"
    title = "`{bracket}` is never closed"
    label = "opened here"
    bad = "scheduler s\nfn step() { log \"a step\" }\non init() {\n    step(\n}\n"
    good = "scheduler s\nfn step() { log \"a step\" }\non init() {\n    step()\n}\n"
    bracket: str
    closer: str
    before: Span | None

    def labels(self) -> Iterable[Label]:
        if self.before is not None:
            yield Label(self.before, f"a `{self.closer}` is missing before this")

    def helps(self) -> Iterable[Help]:
        if self.before is None:
            yield Help(f"add the missing `{self.closer}`")


@dataclass(frozen=True)
class StrayBracket(Diagnostic):
    """A closing bracket belongs to the last open one of its kind."""

    code = "E0105"
    title = "`{bracket}` closes nothing"
    label = "no `{opener}` is open here"
    bad = "scheduler s\non init() {\n}\n}\n"
    good = "scheduler s\non init() {\n}\n"
    bracket: str
    opener: str

    def helps(self) -> Iterable[Help]:
        yield Help("remove it, or find the one that closes too early", (Edit(self.span, ""),))


@dataclass(frozen=True)
class BadNumber(Diagnostic):
    """Numbers are whole and below 2^64: `64`, `1_000`, `0xff`, `0o17`, `0b101`, `256K`, `4M`. Durations have a unit:
    `ns`, `us`, `ms`, `s`. There are no fractions: the kernel has no floating point."""

    code = "E0106"
    title = "`{text}` is not a number of this language"
    label = "{reason}"
    bad = "scheduler s\nconst HALF = 1.5ms\n"
    good = "scheduler s\nconst HALF = 1500us\n"
    text: str
    reason: str
    hint: str

    def helps(self) -> Iterable[Help]:
        ours = number_meant(self.text)
        if ours:
            yield Help(self.hint if f"`{ours}`" in self.hint else f"write `{ours}`", (Edit(self.span, ours),))
        elif self.hint:
            yield Help(self.hint)


@dataclass(frozen=True)
class BadText(Diagnostic):
    """In a string, `{expr}` puts a value in and `{{` and `}}` stand for the braces. Escapes are `\\n`, `\\t`, `\\\\`,
    `\\"` and `\\0`."""

    code = "E0107"
    title = "`{text}` has no meaning in a string"
    label = "{reason}"
    bad = 'scheduler s\non init() {\n    log "100 }"\n}\n'
    good = 'scheduler s\non init() {\n    log "100 }}"\n}\n'
    text: str
    reason: str

    def helps(self) -> Iterable[Help]:
        if self.text == "}":
            yield Help("write `}}` for a brace", (Edit(self.span, "}}"),))


@dataclass(frozen=True)
class NestedTooDeep(Diagnostic):
    """The compiler walks over brackets, blocks and operators that stand within each other; it goes {limit} levels deep. No
    kernel would take a program of that depth."""

    code = "E0108"
    title = "nested more than {limit} levels deep"
    label = "one too many"
    help = "give a part of it a name of its own"
    bad = "scheduler s\nconst N = " + "(" * 300 + "1" + ")" * 300 + "\n"
    good = "scheduler s\nconst N = ((1))\n"
    limit: int


@dataclass(frozen=True)
class BlockComment(Diagnostic):
    """Comments run from `//` to the end of the line, and `///` explains the declaration that follows. Comments over
    several lines, as C has them, would make a missing `*/` swallow the rest of a file."""

    code = "E0109"
    title = "`/* */` does not make a comment here"
    label = "write `//` before each line"
    bad = "scheduler s\n/* weighted fair */\nconst N = 1\n"
    good = "scheduler s\n// weighted fair\nconst N = 1\n"

    def helps(self) -> Iterable[Help]:
        words = self.span.text.removeprefix("/*").removesuffix("*/").strip("* \t")
        if "\n" not in words and self.span.source.text[self.span.end :].partition("\n")[0].strip() == "":
            yield Help(f"write `// {words}`", (Edit(self.span, f"// {words}"),))


@dataclass(frozen=True)
class SingleQuotes(Diagnostic):
    """Text stands between double quotes. There are no characters: a character is a number, and a number says which."""

    code = "E0110"
    title = "single quotes do not make a string"
    label = "write it with `\"`"
    bad = "scheduler s\non init() {\n    log 'ready'\n}\n"
    good = 'scheduler s\non init() {\n    log "ready"\n}\n'

    def helps(self) -> Iterable[Help]:
        inner = self.span.text.strip("'")
        edits = (Edit(self.span, f'"{inner}"'),) if '"' not in inner else ()
        code = f", or {ord(inner)} for the number of this character" if len(inner) == 1 else ""
        yield Help(f'write `"{inner}"`{code}', edits)


@dataclass(frozen=True)
class Preprocessor(Diagnostic):
    """There is no preprocessor: modules come by `use`, constants by `const`, choices at load by `param`, choices between
    kernels by `if kernel has`. What a C policy includes is built in."""

    code = "E0111"
    title = "there is no preprocessor: `{word}` has no meaning"
    label = "{instead}"
    bad = "scheduler s\n#define SLICE_US 500\n"
    good = "scheduler s\nconst SLICE_US = 500\n"
    word: str
    instead: str

    def helps(self) -> Iterable[Help]:
        number = re.fullmatch(r"#\s*define\s+(\w+)\s+(\d+|0x[0-9a-fA-F]+)\s*", self.span.text)
        if number:
            ours = f"const {number[1]} = {number[2]}"
            yield Help(f"write `{ours}`", (Edit(self.span, ours),))
