# SPDX-License-Identifier: GPL-2.0-only
"""Texts that are nearly policies: the examples with bytes dropped, doubled or swapped, or tokens swapped. Deterministic by seed."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from scxdsl.cli.new import template

EXAMPLES = Path(__file__).parents[2] / "examples"
_TOKEN = re.compile(rb"[A-Za-z_]\w*|\d\w*|//[^\n]*|\"[^\"\n]*\"|\s+|[-+*/%&|^<>=!.:]+|.", re.DOTALL)


def originals() -> list[bytes]:
    """Every example, and the template of `scxdsl new`."""
    found = [path.read_bytes() for path in sorted(EXAMPLES.rglob("*.scx"))]
    assert found
    return [*found, template("fresh").encode()]


def mutated(original: bytes, random: Random) -> bytes:
    """One to three changes, most often one."""
    text = original
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        text = random.choice((_drop, _double, _swap, _swap_tokens))(text, random)
    return text


def mutations(count: int, seed: int) -> Iterator[tuple[int, bytes]]:
    """(number, text): the same for the same seed; number n depends on seed and n alone."""
    texts = originals()
    for number in range(count):
        random = Random(seed * 1_000_003 + number)
        yield number, mutated(texts[number % len(texts)], random)


def _stretch(text: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(max(len(text), 1))
    return start, min(start + random.choice((1, 1, 1, 2, 3, 8, 40)), len(text))


def _drop(text: bytes, random: Random) -> bytes:
    start, end = _stretch(text, random)
    return text[:start] + text[end:]


def _double(text: bytes, random: Random) -> bytes:
    start, end = _stretch(text, random)
    return text[:end] + text[start:end] + text[end:]


def _swap(text: bytes, random: Random) -> bytes:
    at = bytearray(text)
    if len(at) > 1:
        i = random.randrange(len(at))
        j = random.choice((min(i + 1, len(at) - 1), random.randrange(len(at))))
        at[i], at[j] = at[j], at[i]
    return bytes(at)


def _swap_tokens(text: bytes, random: Random) -> bytes:
    tokens = _TOKEN.findall(text)
    words = [i for i, token in enumerate(tokens) if not token.isspace()]
    if len(words) < 2:
        return text
    n = random.randrange(len(words) - 1)
    i, j = words[n], random.choice((words[n + 1], random.choice(words)))
    tokens[i], tokens[j] = tokens[j], tokens[i]
    return b"".join(tokens)
