# SPDX-License-Identifier: GPL-2.0-only
"""The text around a place, for edits that need more of it than the place itself."""

import re

from .text import Span

_ENDS_BEFORE = re.compile(r"[{};\n]")
_ENDS_AFTER = re.compile(r"[{};\n]|//")
# `n = 5`, `n += m`: a place and plain names and numbers, which do the same wherever they stand.
_PLAIN_CHANGE = re.compile(r"[\w.]+ *(?:[-+*/&|^]|<<|>>)?= *[\w .+*/-]+")


def change(span: Span) -> Span | None:
    """The statement that `span` begins, where it changes a place by names and numbers alone and shares no bracket with others; else none."""
    text = span.source.text
    begin = max((found.end() for found in _ENDS_BEFORE.finditer(text, 0, span.start)), default=0)
    found = _ENDS_AFTER.search(text, span.end)
    whole = text[begin : found.start() if found else len(text)]
    start = begin + len(whole) - len(whole.lstrip())
    end = begin + len(whole.rstrip())
    return Span(span.source, start, end) if start == span.start and _PLAIN_CHANGE.fullmatch(text, start, end) else None


def before(span: Span) -> Span:
    """The place just before it, for what is put in."""
    return Span(span.source, span.start, span.start)


def below_the_scheduler(span: Span) -> Span | None:
    """The place after the scheduler's declaration in the same file; none where there is no such line."""
    found = re.search(r"^scheduler\s+\w+(?:[ \t]*\{[^}]*\})?", span.source.text, re.MULTILINE)
    return Span(span.source, found.end(), found.end()) if found else None
