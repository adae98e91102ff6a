# SPDX-License-Identifier: GPL-2.0-only
"""What makes the compiler rewrite: a function with more local values than a frame holds, and a chain of functions that doubles at each link.
One policy in seven has the first, one in seven the other; a timer calls them, and callbacks may. They have chances of their own."""

import random

from .scope import Fn, Scope
from .topic import declaration
from .tree import Node

_CHANCE = 1 / 7


def declarations(s: Scope, seed: int) -> list[Node]:
    """Functions that may be called from here on, and the timers that do."""
    r, kept = random.Random(f"large {seed}"), s.r
    s.r = r
    out = []
    if r.random() < _CHANCE:
        out += _values(s)
    if r.random() < _CHANCE:
        out += _chain(s)
    s.r = kept
    return out


def _values(s: Scope) -> list[Node]:
    name, count, inner = s.fresh("big"), s.r.randrange(70, 160), s.r.randrange(20, 90)
    text = (
        f"fn {name}(x: u64) -> u64 {{\nlet mut a: [u64; {count}]\nlet mut b: [u32; {inner}]\n"
        f"for i in 0..{count} {{ a[i] = x * 3 + i }}\nb[x % {inner}] = 7\na[(x + 5) % {count}] += 9\n"
        f"let mut sum = x\nfor v in a {{ sum = sum * 5 + v }}\nfor v in b {{ sum += v }}\nsum\n}}"
    )
    return _called(s, name, text)


def _chain(s: Scope) -> list[Node]:
    """Some 4000 to 8000 nodes of the typed tree if all of it is laid out."""
    stem, links = s.fresh("link"), s.r.choice((8, 9))
    first = f"fn {stem}_0(x: u64) -> u64 {{\nif x % 1000003 == 17 {{ error \"far {{x}}\" }}\nif x % 7 == {s.r.randrange(7)} {{ x * 3 }} else {{ x + 1 }}\n}}"
    rest = (f"fn {stem}_{i}(x: u64) -> u64 {{\nlet a = {stem}_{i - 1}(x)\n{stem}_{i - 1}(a + {i})\n}}" for i in range(1, links + 1))
    return _called(s, f"{stem}_{links}", "\n".join((first, *rest)))


def _called(s: Scope, name: str, text: str) -> list[Node]:
    s.functions.append(Fn(name, (("x", "u64", False),), "u64"))
    var, timer = s.fresh("g"), s.fresh("t")
    return [declaration(f"var {var}: u64\n{text}\ntimer {timer} every 5ms {{ {var} = {name}({var} + 1) }}\n")]
