# SPDX-License-Identifier: GPL-2.0-only
"""What the language promises, each with the blocks of docs/language that show it, read from promises.toml; makes docs/language/promises.md.

    python tests/language/promises.py            # prints the page
    python tests/language/promises.py --page     # writes it
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scxdsl.compiler import check
from scxdsl.source.diagnostic import Severity

FOLDER = Path(__file__).parents[2] / "docs" / "language"
PAGE = FOLDER / "promises.md"
BLOCK = re.compile(r"^```scx *(?:error=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_CODED = re.compile(r"(E\d{4}) (.*)", re.DOTALL)

HEAD = """\
# What is promised, and where it is shown

Made by `python tests/language/promises.py --page` from tests/language/promises.toml, which names for each kind of declaration and for each rule of types and values
the blocks of these pages that show it. `tests/language/test_promises.py` holds every accepted one to compile for 6.12, 6.18 and 7.3, every refused one to be
refused with its code; `tests/language/test_promises_run.py` (with `--sweep`) loads the accepted ones into these kernels and runs each for half a second.
"""


@dataclass(frozen=True)
class Block:
    """A fenced block. `code`: with what it is refused; None where it is accepted. `heading`: the nearest one above it."""

    page: str
    heading: str
    text: str
    code: str | None

    @property
    def policy(self) -> str:
        return whole(self.text)

    @property
    def title(self) -> str:
        """The scheduler's name, or the heading."""
        named = re.search(r"^scheduler (\w+)", self.text, re.MULTILINE)
        return f"{self.page}: {named[1] if named else self.heading}".replace("`", "")

    @property
    def link(self) -> str:
        """As GitHub names headings: lower case, without punctuation, with `-` for spaces."""
        anchor = re.sub(r"[^\w\- ]", "", self.heading.lower()).replace(" ", "-")
        return f"[{self.title}]({self.page}.md#{anchor})"


@dataclass(frozen=True)
class Promise:
    """One form. `nodes`: the declarations of the syntax tree that it speaks of; `left_out`: what of it is not kept yet; `also`: what shows a part that no
    block of a page can."""

    form: str
    accepted: tuple[Block, ...]
    refused: tuple[Block, ...]
    nodes: tuple[str, ...] = ()
    left_out: str = ""
    also: str = ""


@dataclass
class NotFound(Exception):
    """A name of promises.toml stands for no block, or for several. `code`: the code wanted; None for an accepted block."""

    name: str
    code: str | None
    found: int

    def __str__(self) -> str:
        return f"promises.toml: `{self.name}` is in {self.found} blocks ({self.code or 'accepted'}), not in one"


def whole(block: str) -> str:
    """The block as a policy: without a `scheduler` line of its own it gets `scheduler doc`, on a line of its own."""
    return block if re.search(r"^scheduler\b", block, re.MULTILINE) else "scheduler doc\n" + block


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """All fenced scx blocks of a page, in its order."""
    text = (FOLDER / f"{page}.md").read_text()
    outside = BLOCK.sub(lambda found: "\n" * len(found[0]), text)  # a `#` in a block is no heading
    headings = [(h.start(), h[1]) for h in _HEADING.finditer(outside)]
    return tuple(Block(page, [name for at, name in headings if at < found.start()][-1], found[2], found[1]) for found in BLOCK.finditer(text))


def block(name: str) -> Block:
    """`CODE page: text` or `page: text`. Raises NotFound."""
    coded = _CODED.fullmatch(name)
    code, where = (coded[1], coded[2]) if coded else (None, name)
    page, _, words = where.partition(": ")
    found = [b for b in blocks(page) if b.code == code and words in b.text]
    if len(found) != 1:
        raise NotFound(name, code, len(found))
    return found[0]


def promises() -> dict[str, list[Promise]]:
    """"declaration" and "value" -> the promises in the file's order. Raises NotFound."""
    return {part: [_promise(row) for row in rows] for part, rows in _told().items() if part != "ran"}


def _told() -> dict:
    return tomllib.loads(Path(__file__).with_name("promises.toml").read_text())


def _promise(row: dict) -> Promise:
    accepted, refused = (tuple(map(block, row[kind])) for kind in ("accepted", "refused"))
    return Promise(row["form"], accepted, refused, tuple(row.get("nodes", ())), row.get("left_out", ""), row.get("also", ""))


def accepted() -> list[Block]:
    """All accepted blocks, each once."""
    return list(dict.fromkeys(b for rows in promises().values() for promise in rows for b in promise.accepted))


def message(refused: Block) -> str:
    """What check says of it, in one line; empty where it says something else."""
    found = check(refused.policy, "doc.scx").diagnostics
    return next((d.message for d in found if d.code == refused.code and d.severity is Severity.ERROR), "")


def page() -> str:
    return "\n".join([HEAD, *_table("Declarations", "declaration"), "", *_table("Types and values", "value"), "", *_left_out(), *_ran()]) + "\n"


def _table(title: str, part: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| form | accepted | refused, and what is said |"
    yield "|---|---|---|"
    for promise in promises()[part]:
        said = "<br>".join(f"[{b.code}]({b.link.partition('](')[2]} {message(b)}" for b in promise.refused)
        shown = [*dict.fromkeys(b.link for b in promise.accepted), *([promise.also] if promise.also else [])]
        cells = (promise.form, "<br>".join(shown), said)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _left_out() -> Iterator[str]:
    yield "## Not kept yet\n"
    missing = [f"- {promise.form}: {promise.left_out}" for rows in promises().values() for promise in rows if promise.left_out]
    yield from missing or ["Nothing that is known."]


def _ran() -> Iterator[str]:
    yield "\n## On real kernels\n"
    yield _told()["ran"].strip()


if __name__ == "__main__":
    if "--page" in sys.argv[1:]:
        PAGE.write_text(page())
    else:
        print(page(), end="")
