# SPDX-License-Identifier: GPL-2.0-only
"""What commands share in what they print: colour, JSON, tables, notes on stderr."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from scxdsl.source.diagnostic import Diagnostic

VERSION = 1  # of all JSON shapes: docs/commands.md


def coloured(stream: TextIO) -> bool:
    """Whether a stream gets colour: a terminal, and nobody asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """A note to stderr."""
    print(f"scxdsl: {text}", file=sys.stderr, flush=True)


def show(diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics for people, to stderr."""
    if diagnostics:
        from scxdsl.source.render_text import render

        sys.stdout.flush()
        sys.stderr.write(render(diagnostics, coloured(sys.stderr)))
        sys.stderr.flush()


def json_text(value: dict[str, Any]) -> str:
    """A JSON document with the version in front. Bytes become hexadecimal."""
    import json

    return json.dumps({"version": VERSION, **value}, indent=1, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return value.hex()
    return str(value)


def table(rows: Iterable[Sequence[Any]], right: Sequence[int] = ()) -> str:
    """Rows as columns two spaces apart; columns of `right` are flush right."""
    texts = [[str(cell) for cell in row] for row in rows]
    if not texts:
        return ""
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
    lines = []
    for row in texts:
        cells = [cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


def indented(text: str, by: str = "  ") -> str:
    return "".join(by + line for line in text.splitlines(keepends=True))


def count(number: int, word: str) -> str:
    """"1 error", "2 errors"."""
    return f"{number} {word}" + ("" if number == 1 else "s")
