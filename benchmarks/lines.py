# SPDX-License-Identifier: GPL-2.0-only
"""Lines of source: those that hold something else than comments. A policy is counted as `scxdsl fmt` leaves it."""

import re
from pathlib import Path

from scxdsl.source.text import Source
from scxdsl.syntax.format import format_source

# Texts are matched first, so that what looks like a comment within one stays.
_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')|//[^\n]*|/\*.*?\*/', re.DOTALL)


def count(text: str) -> int:
    """Lines that are neither blank nor all comment. C and policies have the same comments."""
    bare = _COMMENT.sub(lambda m: m[1] or "\n" * m[0].count("\n"), text)
    return sum(1 for line in bare.splitlines() if line.strip())


def of_policy(path: Path) -> int:
    return count(format_source(Source(path.name, path.read_text())))


def of_c(path: Path) -> int:
    return count(path.read_text())
