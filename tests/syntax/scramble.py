# SPDX-License-Identifier: GPL-2.0-only
"""The same policy in other clothes: blanks, line breaks and comments changed where they mean nothing."""

import random

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source
from scxdsl.syntax.format_items import Item, items_of
from scxdsl.syntax.format_lines import _would_merge


def scramble(text: str, seed: int, comments: bool = True) -> str:
    rng = random.Random(seed)
    items = items_of(Source("scramble", text))
    assert items is not None
    out = ""
    for i, item in enumerate(items):
        if i:
            out += _gap(rng, items, i, text, comments)
        out += item.text
    return out + "\n" * rng.randrange(3)


def _gap(rng: random.Random, items: list[Item], i: int, text: str, comments: bool) -> str:
    before, item = items[i - 1], items[i]
    between = text[before.end : item.start]
    if "\n" in between:
        note = "  // note" if comments and not before.comment and rng.random() < 0.1 else ""
        return " " * rng.randrange(3) + note + "\n" * rng.choice([1, 1, 2, 3]) + rng.choice(["", "  ", "\t", "       "])
    breaks_freely = before.text in ("{", "+", "*", "&&", "||", "==") and not before.comment
    if (breaks_freely or item.text == "}") and rng.random() < 0.1 and before.text != ";" and not before.comment:
        return "\n   "
    if before.comment:
        return between
    least = 1 if _would_merge(before.text, item.text) or between and (before.text[0].isdigit() or item.comment) else 0
    least = max(least, int(before.text == '"' or (before.text[0].isdigit() and item.text[0] == ".")))
    return " " * rng.choice([least, least, 1, 2, 5])


def comments_of(text: str) -> list[str]:
    from scxdsl.syntax.lexer import tokenize

    tokens = tokenize(Source("comments", text), Diagnostics())
    assert tokens is not None
    return [text[start:end].rstrip() for start, end in tokens.comments]
