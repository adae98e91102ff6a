# SPDX-License-Identifier: GPL-2.0-only
"""Pure functions of the standard library against what Python's unbounded numbers say, interpreted and compiled, on random and on
edge values."""

import math
import random
from collections.abc import Callable, Iterator

import pytest

from .harness import Interpreted, compiled

M64 = (1 << 64) - 1
COUNT = 1_500


def fitting(x: int) -> int:
    return x & M64


def nice_table() -> list[int]:
    """sched_prio_to_weight as kernel/sched/core.c lists it, nice -20 first."""
    words = """88761 71755 56483 46273 36291 29154 23254 18705 14949 11916 9548 7620 6100 4904 3906 3121 2501 1991 1586 1277
               1024 820 655 526 423 335 272 215 172 137 110 87 70 56 45 36 29 23 18 15"""
    return [int(w) for w in words.split()]


def nice(x: int) -> int:
    value = x - (1 << 64) if x >> 63 else x
    return nice_table()[min(max(value, -20), 19) + 20]


def divided(a: int, b: int, c: int) -> int:
    return M64 if c == 0 or a * b // c > M64 else a * b // c


def lead(a: int, b: int) -> int:
    distance = (a - b) & M64
    return 0 if distance >> 63 else distance


# Module, call, number of arguments, what Python says, the greatest of each argument.
FUNCTIONS: dict[str, tuple[str, int, Callable[..., int], tuple[int, ...]]] = {
    "bits.length": ("bits.length(a)", 1, int.bit_length, (M64,)),
    "bits.log2": ("bits.log2(a)", 1, lambda a: max(a.bit_length() - 1, 0), (M64,)),
    "bits.rank": ("bits.rank(a)", 1, lambda a: max(a.bit_length(), 1), (M64,)),
    "bits.sqrt": ("bits.sqrt(a)", 1, math.isqrt, (M64,)),
    "bits.ones": ("bits.ones(a)", 1, int.bit_count, (M64,)),
    "bits.halved": ("bits.halved(a, b)", 2, lambda a, b: a >> b if b < 1000 else 0, (M64, M64)),
    "mul.high": ("mul.high(a, b)", 2, lambda a, b: a * b >> 64, (M64, M64)),
    "mul.wide": ("mul.wide(a, b).low ^ mul.wide(a, b).high", 2, lambda a, b: fitting(a * b) ^ a * b >> 64, (M64, M64)),
    "mul.shr": ("mul.shr(a, b, c)", 3, lambda a, b, c: fitting(a * b >> c), (M64, M64, 127)),
    "mul.shr32": ("mul.shr32(a, b, c)", 3, lambda a, b, c: fitting(a * b >> c), (M64, (1 << 32) - 1, 32)),
    "mul.div": ("mul.div(a, b, c)", 3, divided, (M64, M64, M64)),
    "ewma.mix": ("ewma.mix(a, b, c)", 3, lambda a, b, c: fitting(a - (a >> c) + (b >> c)), (M64, M64, 63)),
    "ewma.rate": (
        "ewma.rate(a, b * 1ns, c * 1ns, d)", 4, lambda a, b, c, d: fitting(a - (a >> d) + (c // max(b, 1) >> d)), (M64, M64, M64, 63),
    ),
    "weight.of_nice": ("weight.of_nice(a as i64)", 1, nice, (M64,)),
    "weight.to_ext": ("weight.to_ext(a)", 1, lambda a: min(max((a * 100 + 512) // 1024, 1), 10000), (1 << 40,)),
    "weight.from_ext": ("weight.from_ext(a)", 1, lambda a: (a * 1024 + 50) // 100, (1 << 40,)),
    "weight.inverse": ("weight.inverse(a * 1ns, b) / 1ns", 2, lambda a, b: a * 100 // b if b else 0, (1 << 50, 10000)),
    "weight.share": ("weight.share(a * 1ns, b) / 1ns", 2, lambda a, b: a * b // 100, (1 << 50, 10000)),
    "vtime.lead": ("vtime.lead(a as vtime, b as vtime)", 2, lead, (M64, M64)),
    "vtime.charged": (
        "vtime.charged(a as vtime, b * 1ns, c) as u64", 3, lambda a, b, c: fitting(a + (b * 100 // c if c else 0)), (M64, 1 << 50, 10000),
    ),
    "vtime.capped": (
        "vtime.capped(a as vtime, b as vtime, c * 1ns) as u64", 3,
        lambda a, b, c: fitting(b - c) if fitting(a - b + c) >> 63 else a, (M64, M64, 1 << 50),
    ),
}  # fmt: skip


def near(r: random.Random, most: int) -> int:
    """Every magnitude, and the neighbours of powers of two."""
    kind = r.random()
    if kind < 0.25:
        value = (1 << r.randrange(65)) + r.randrange(-2, 3)
    elif kind < 0.35:
        value = most - r.randrange(3)
    else:
        value = r.getrandbits(r.randrange(1, 65))
    return value % (most + 1)


def arguments(most: tuple[int, ...], seed: str) -> Iterator[tuple[int, ...]]:
    r = random.Random(seed)
    yield from (tuple(m if i == j else 0 for j, m in enumerate(most)) for i in range(len(most)))
    for _ in range(COUNT):
        yield tuple(near(r, m) for m in most)


USES = "".join(f"use {m}\n" for m in sorted({name.split(".")[0] for name in FUNCTIONS}))


@pytest.fixture(scope="module")
def machine() -> dict[str, Callable[..., int]]:
    return compiled(USES, {name: (call, count) for name, (call, count, *_) in FUNCTIONS.items()})


@pytest.fixture(scope="module")
def interpreter() -> dict[str, Callable[..., int]]:
    names = {name: name.replace(".", "_") for name in FUNCTIONS}
    text = USES
    for name, (call, count, *_) in FUNCTIONS.items():
        text += f"fn {names[name]}({', '.join(f'{n}: u64' for n in 'abcd'[:count])}) -> u64 {{ {call} }}\n"
    module = Interpreted(text)
    return {name: module.function(short) for name, short in names.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_gives_what_python_says(name: str, machine, interpreter) -> None:
    _, _, expected, most = FUNCTIONS[name]
    for given in arguments(most, name):
        want = expected(*given)
        assert interpreter[name](*given) == want, given
        assert machine[name](*given) == want, given
