# SPDX-License-Identifier: GPL-2.0-only
"""A source file and places in it. Offsets count characters from 0; lines and columns count from 1."""

from bisect import bisect_right
from functools import cached_property

from scxdsl.source.records import dataclass


@dataclass(frozen=True, eq=False)
class Source:
    """One text with the name under which diagnostics speak of it."""

    path: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    @property
    def line_count(self) -> int:
        return len(self._line_starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset; offsets past the end mean the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Text of a line (from 1) without its newline; empty beyond the file."""
        if not 1 <= number <= self.line_count:
            return ""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] - 1 if number < self.line_count else len(self.text)
        return self.text[start:end].rstrip("\r")

    def span(self, start: int, end: int) -> "Span":
        return Span(self, start, end)

    def line_span(self, number: int) -> "Span":
        """The text of a line without its indentation: where a report by line number points."""
        text = self.line(number)
        start = self._line_starts[min(max(number, 1), self.line_count) - 1] + len(text) - len(text.lstrip())
        return Span(self, start, max(start + len(text.strip()), start))


@dataclass(frozen=True)
class Span:
    """A stretch `start .. end` (end excluded) of a source, in characters."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: "Span") -> "Span":
        """From the start of this span to the end of the other one."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __repr__(self) -> str:
        return f"{self.source.path}:{self.line}:{self.column}"
