# SPDX-License-Identifier: GPL-2.0-only
"""The lines of a TOML file where its keys stand. Python's tomllib reads values and forgets where they were; this goes through the lines
again, for a message. A key inside a value that spans lines is not looked for: the line is then that of the key around it."""

import re

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, path: Path) -> int | None:
    """The line, from 1, of the key that a path leads to, or of the longest beginning of the path that has a line; None for none."""
    known = _lines(text)
    for length in range(len(path), 0, -1):
        if path[:length] in known:
            return known[path[:length]]
    return None


def _lines(text: str) -> dict[Path, int]:
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}  # of each array of tables, how many there are so far
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            table = _table(_names(header[2]), header[1] == "[[", counts)
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
            continue
        key = _KEY.match(line)
        if key:
            at = table
            for name in _names(key[1]):
                at = (*at, name)
                found.setdefault(at, number)
    return found


def _table(names: list[str], repeated: bool, counts: dict[Path, int]) -> Path:
    """Where a header leads: into the last table of each array of tables on the way."""
    at: Path = ()
    for i, name in enumerate(names):
        at = (*at, name)
        if repeated and i == len(names) - 1:
            counts[at] = counts.get(at, 0) + 1
        if at in counts:
            at = (*at, counts[at] - 1)
    return at


def _names(text: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(text)]
