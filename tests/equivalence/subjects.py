# SPDX-License-Identifier: GPL-2.0-only
"""What the equivalence of the engines is shown on: every example, every module of the standard library through a small caller, every block
of docs/language that is accepted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scxdsl.source.library import names

ROOT = Path(__file__).parents[2]
CALLERS = Path(__file__).parent / "callers"
_BLOCK = re.compile(r"^```scx *(?:error=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)  # as tests/language/test_docs.py reads them


@dataclass(frozen=True)
class Named:
    """A policy, and the name that it has on the page. `line`: before the first line of its text, where it stands in a page."""

    name: str
    text: str
    line: int = 0


def examples() -> Iterator[Named]:
    for path in sorted((ROOT / "examples").glob("*.scx")):
        yield Named(f"examples/{path.name}", path.read_text(encoding="utf-8"))


def library() -> Iterator[Named]:
    """The callers of each module; each public function is reached by one of them."""
    for name in sorted(names()):
        yield Named(f"stdlib/{name}", (CALLERS / f"{name}.scx").read_text(encoding="utf-8"))


def blocks() -> Iterator[Named]:
    """Named by page and number of the block, which other text of the page does not change."""
    for path in sorted((ROOT / "docs" / "language").glob("*.md")):
        page, number = path.read_text(encoding="utf-8"), 0
        for found in _BLOCK.finditer(page):
            if found[1]:
                continue
            number += 1
            block = found[2]
            whole = re.search(r"^scheduler\b", block, re.MULTILINE) is not None
            line = page.count("\n", 0, found.start()) + 1 - (not whole)
            yield Named(f"docs/language/{path.name} {number}", block if whole else f"scheduler doc\n{block}", line)


def everything() -> Iterator[Named]:
    yield from examples()
    yield from library()
    yield from blocks()
