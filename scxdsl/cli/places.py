# SPDX-License-Identifier: GPL-2.0-only
"""Places that a kernel named, as spans of the policy's text, or of what the object's line table has of it."""

from collections.abc import Sequence

from scxdsl.objects import Object
from scxdsl.source.text import Source, Span


class Places:
    """Spans for file, line and column. `source`: the policy when it is at hand; else its lines are taken from the object.
    `whole`: the span that stands for the scheduler."""

    def __init__(self, obj: Object, source: Source | None, whole: Span | None = None, modules: Sequence[Source] = ()) -> None:
        self._source = source
        self._modules = modules
        self._whole = whole
        self._obj = obj
        self._made: dict[str, Source] = {}

    def span(self, file: str, line: int | None, column: int | None = None) -> Span | None:
        """From the column, or the line's first character, to the line's end without its comment; None without a line."""
        if line is None:
            return None
        source = self._source_of(file)
        whole = source.line_span(line)
        text = source.text[whole.start : whole.end].split("//", 1)[0].rstrip()
        end = whole.start + len(text)
        start = whole.start
        if column is not None:
            start = max(start, min(start - (whole.column - 1) + column - 1, end))
        return Span(source, start, end)

    def start(self) -> Span:
        """The scheduler as a whole, for what has no line."""
        if self._whole is not None:
            return self._whole
        first = next((x for f in self._obj.programs for x in f.lines), None)
        source = self._source or self._source_of(_short(first.path) if first else "object")
        return Span(source, 0, 0)

    def _source_of(self, file: str) -> Source:
        if self._source is not None and _short(self._source.path) == _short(file):
            return self._source
        module = next((m for m in self._modules if m.path.endswith(file)), None)
        if module is not None:
            return module
        if file not in self._made:
            lines: dict[int, str] = {}
            for f in self._obj.functions:
                for x in f.lines:
                    if _short(x.path) == _short(file):
                        lines[x.line] = x.text
            text = "\n".join(lines.get(n, "") for n in range(1, max(lines, default=0) + 1))
            self._made[file] = Source(file, text)
        return self._made[file]


def _short(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
