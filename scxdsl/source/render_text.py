# SPDX-License-Identifier: GPL-2.0-only
"""Diagnostics for people: source line, caret, label, second places, help."""

import unicodedata
from collections.abc import Iterable

from .diagnostic import Diagnostic, Severity
from .text import Span

_RED, _YELLOW, _BLUE, _BOLD, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[1m", "\x1b[0m"
_TAB = "    "


def render(items: Iterable[Diagnostic], colour: bool = False) -> str:
    """The findings one after another, each ended by an empty line."""
    return "".join(_one(item, colour) + "\n" for item in items)


def _paint(text: str, colour: str, on: bool) -> str:
    return f"{colour}{text}{_OFF}" if on and text else text


def _one(item: Diagnostic, colour: bool) -> str:
    shade = _RED if item.severity is Severity.ERROR else _YELLOW
    head = _paint(f"{item.severity}[{item.code}]", _BOLD + shade, colour)
    labels = [label for label in item.labels()]
    spans = [item.span] + [label.span for label in labels]
    width = len(str(max(span.line for span in spans)))
    edge = " " * width + _paint(" |", _BLUE, colour)
    out = [f"{head}: {item.message}", f"{' ' * width}{_paint('-->', _BLUE, colour)} {item.span!r}", edge]
    out += _place(item.span, item.primary, "^", shade, width, colour)
    previous = item.span
    for label in labels:
        if label.span.source is not previous.source:
            out += [f"{' ' * width}{_paint(':::', _BLUE, colour)} {label.span!r}", edge]
        elif label.span.line != previous.line:
            out.append(_paint(" " * width + " :", _BLUE, colour))
        out += _place(label.span, label.text, "-", _BLUE, width, colour)
        previous = label.span
    for hint in item.helps():
        first, *rest = hint.text.split("\n")
        out.append(f"{' ' * width} = help: {first}")
        out += [f"{' ' * width}         {line}" for line in rest]
    return "\n".join(out) + "\n"


def _cells(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _place(span: Span, words: str, mark: str, shade: str, width: int, colour: bool) -> list[str]:
    line = span.source.line(span.line)
    before = line[: span.column - 1].replace("\t", _TAB)
    marked = line[span.column - 1 : span.column - 1 + max(span.end - span.start, 0)].replace("\t", _TAB)
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line.replace("\t", _TAB))
    under = " " * _cells(before) + _paint(mark * max(_cells(marked), 1) + (" " + words if words else ""), shade, colour)
    number = _paint(f"{span.line:>{width}} |", _BLUE, colour)
    edge = _paint(" " * width + " |", _BLUE, colour)
    return [f"{number} {shown}".rstrip(), f"{edge} {under}"]
