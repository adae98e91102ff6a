# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own words: which message of the verifier or of sched_ext a line of a log is (facts/messages.json).

Rules of the verifier have short names in that file, by area: stack.frame, stack.combined, lock.calls, kptr.access, ref.leak, …
"""

import json
import os
import re
from collections.abc import Iterable
from functools import cache

from scxdsl.source.records import dataclass

from .versions import Range, Series, parse_ranges

_SPEC = re.compile(r"%[-+ #0*]*\d*(?:\.\*?\d*)?(?:hh|h|ll|l|z|j|t|L)?([diouxXcspn%])(?:([a-zA-Z]{1,3})\b)?")
_LEAST = 6  # characters of text that a format must have before a line can be told by it


@dataclass(frozen=True)
class Message:
    """`format` is the kernel's printf format, `function` where it stands, `rules` the short names of rules that it belongs to;
    `source` is "verifier", "sched_ext.error" (ends the scheduler) or "sched_ext.log"."""

    source: str
    format: str
    function: str
    ranges: tuple[Range, ...]
    rules: tuple[str, ...]

    def on(self, series: str) -> bool:
        """Whether that kernel has the message."""
        return any(Series.parse(series) in r for r in self.ranges)


def find(line: str, series: str | None = None, sources: Iterable[str] = ("verifier", "sched_ext.error")) -> Message | None:
    """The message that the line says, the one with the most text of its own when several could; None for other lines.

    With `series`, only messages of that kernel.
    """
    wanted, best, most = set(sources), None, 0
    for source, row, literal, text in _rows():
        if source in wanted and text > most and literal in line and _pattern(row[0]).match(line.strip()):
            message = Message(source, row[0], row[1], parse_ranges(row[2]), tuple(row[3].split()))
            if series is None or message.on(series):
                best, most = message, text
    return best


def rules() -> dict[str, str]:
    """The short names of rules, with their areas."""
    return dict(_data()["rules"])


@cache
def _data() -> dict:
    with open(os.path.join(os.path.dirname(__file__), "facts", "messages.json"), "rb") as file:
        return json.load(file)


@cache
def _rows() -> list[tuple[str, list[str], str, int]]:
    """(source, row, longest piece of text, how much text) of every message that has enough of it."""
    rows = []
    for source in ("verifier", "sched_ext.error", "sched_ext.log"):
        for row in _data()[source]:
            pieces = _SPEC.sub("\0", row[0].strip().replace("%%", "%")).split("\0")
            text = sum(len(p.strip()) for p in pieces)
            if text >= _LEAST:
                rows.append((source, row, max((p.strip() for p in pieces), key=len), text))
    return rows


@cache
def _pattern(format: str) -> re.Pattern[str]:
    parts, at = [], 0
    for spec in _SPEC.finditer(format.strip()):
        parts.append(re.escape(format.strip()[at : spec.start()]))
        kind = spec[1]
        if kind == "%":
            parts.append("%" + re.escape(spec[2] or ""))
        elif kind in "di":
            parts.append(r"-?\d+" + ("" if not spec[2] else re.escape(spec[2])))
        elif kind in "ouxX":
            parts.append(r"(?:0x)?[0-9a-fA-F]+" + ("" if not spec[2] else re.escape(spec[2])))
        else:
            parts.append(".*?" if kind == "p" or not spec[2] else ".*?" + re.escape(spec[2]))
        at = spec.end()
    parts.append(re.escape(format.strip()[at:]))
    return re.compile("".join(parts), re.DOTALL)
