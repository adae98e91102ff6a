# SPDX-License-Identifier: GPL-2.0-only
"""Random cpusets, texts, patterns and parameters of every type."""

from collections.abc import Callable

from .expressions import Parts, expression
from .scope import SCALARS, Scope
from .tree import Node

Block = Callable[..., Node]
_WORDS = ("", "a", "old0", "old", "task", "a longer text", "t")
_SETS = ("", "0", "1-2", "0-3,8", "63-65", "1023")
_TUPLE = "[(u32, i64); 3]"


def declarations(s: Scope) -> list[str]:
    """Variables and parameters."""
    out = []
    if s.r.random() < 0.4:
        name = s.fresh("s")
        s.sets.append((name, True))
        out.append(f'var {name}: cpuset = "{s.r.choice(_SETS)}"')
    if s.r.random() < 0.3:
        name = s.fresh("p")
        s.sets.append((name, False))
        out.append(f'param {name}: cpuset = "{s.r.choice(_SETS)}"')
    if s.r.random() < 0.4:
        name, size = s.fresh("x"), s.r.choice((8, 16, 16, 80))
        s.texts.append((name, size, True))
        out.append(f'var {name}: str[{size}] = "{s.r.choice(_WORDS)[: size - 1]}"')
    if s.r.random() < 0.3:
        name = s.fresh("p")
        s.texts.append((name, 16, False))
        out.append(f'param {name}: str[16] = "{s.r.choice(_WORDS)}"')
    if s.r.random() < 0.4:
        name, t = s.fresh("p"), s.r.choice(("[u32; 4]", "[i64; 3]", "[u8; 5]", *s.structs, *s.enums))
        first = ""
        if t == "[u32; 4]":
            first = " = [1, 2, 3, 4] in 1 ..= 9"
        elif t == "[i64; 3]":
            first = " = [-5, 0, 9223372036854775807]"
        s.globals.append((name, t, False))
        out.append(f"param {name}: {t}{first}")
    if s.r.random() < 0.3:
        name = s.fresh("g")
        s.globals.append((name, _TUPLE, False))
        out.append(f"var {name}: {_TUPLE} = [(1, -2), (4294967295, 3), (0, 0)]")
    if s.r.random() < 0.3:
        name = s.fresh("k")
        s.globals.append((name, "[u32; 4]", False))
        out.append(f"const {name}: [u32; 4] = [9, 8, 7, 6]")
    return out


def change(s: Scope, depth: int) -> Parts | None:
    """Writes to a set or a text."""
    sets = [name for name, mutable in s.sets if mutable]
    texts = [(name, size) for name, size, mutable in s.texts if mutable]
    if sets and s.r.random() < 0.5:
        name = s.r.choice(sets)
        if s.r.random() < 0.2:
            return [f"{name} = {s.r.choice(s.sets)[0]}"]
        return [f"let _ = {name}.{s.r.choice(('add', 'remove'))}(", expression("cpu", s, 2), ")"]
    if texts:
        name, size = s.r.choice(texts)
        if s.tasks and size >= 16 and s.r.random() < 0.4:
            return [f"{name} = {s.r.choice(s.tasks)}.comm"]
        fitting = [other for other, room, _ in s.texts if room <= size]
        return [f"{name} = {s.r.choice(fitting)}" if s.r.random() < 0.3 else f'{name} = "{s.r.choice(_WORDS)[: size - 1]}"']
    return None


def _question(s: Scope) -> Parts | None:
    if s.sets and s.r.random() < 0.5:
        name = s.r.choice(s.sets)[0]
        if s.quiet or s.r.random() < 0.6:
            return [expression("cpu", s, 1), f" in {name}"]
        return [f"{name}.len > {s.r.randrange(4)}" if s.r.random() < 0.5 else f"{name}.empty"]
    if not s.texts:
        return None
    name, size, _ = s.r.choice(s.texts)
    if s.tasks and s.r.random() < 0.4:
        return [f"{s.r.choice(s.tasks)}.comm.starts_with({name})"]
    word = s.r.choice(_WORDS)[: size - 1]
    return [s.r.choice((f'{name} == "{word}"', f'{name} != "{word}"', f'{name}.starts_with("{word}")', f"{name} == {s.r.choice(s.texts)[0]}"))]


def ask(s: Scope, depth: int, block: Block) -> Parts | None:
    """`if` of a set or a text."""
    question = _question(s)
    if question is None:
        return None
    return ["if ", *question, " ", block(s, 2, depth - 1), *((" else ", block(s, 2, depth - 1)) if s.r.random() < 0.4 else ())]


def walk(s: Scope, depth: int, block: Block) -> Parts | None:
    """Over a set, or over tuples that are taken apart."""
    tuples = [name for name, t, _ in s.globals if t == _TUPLE]
    if s.loops >= 2 or s.quiet or not (s.sets and s.callback or tuples):
        return None
    s.loops += 1
    with s.block():
        if tuples and s.r.random() < 0.5:
            a, b = s.fresh("i"), s.fresh("i")
            s.names += [(a, "u32", False), (b, "i64", False)]
            parts: Parts = [f"for ({a}, {b}) in {s.r.choice(tuples)} ", block(s, 3, depth - 1)]
        elif s.sets and s.callback:
            name = s.fresh("i")
            s.names.append((name, "cpu", False))
            parts = [f"for {name} in {s.r.choice(s.sets)[0]} ", block(s, 3, depth - 1)]
        else:
            parts = ["repeat 1 ", block(s, 1, depth - 1)]
    s.loops -= 1
    return parts


def opened(s: Scope, depth: int, block: Block) -> Parts | None:
    """`if let .variant(…) = e { … }`."""
    found = [(name, t) for t in s.enums for name in s.reach(t)]
    if not found:
        return None
    name, t = s.r.choice(found)
    variant, payload = s.r.choice(s.enums[t])
    if s.r.random() < 0.5 and payload and payload[0] == "bool":
        return None
    names = [s.fresh("o") if s.r.random() < 0.8 else "_" for _ in payload]
    shown = f"({', '.join(names)})" if payload else ""
    parts: Parts = [f"if let .{variant}{shown} = {name}"]
    with s.block():
        s.names += [(n, of, False) for n, of in zip(names, payload, strict=True) if n != "_"]
        if s.r.random() < 0.3:
            parts += [" && ", expression("bool", s, 1)]
        parts += [" ", block(s, 3, depth - 1)]
    if s.r.random() < 0.4:
        parts += [" else ", block(s, 2, depth - 1)]
    return parts


def nested(s: Scope, depth: int) -> Parts | None:
    """`let ((a, b), c) = …`, and a block that does something before its value."""
    if s.r.random() < 0.5:
        t = s.r.choice(("u64", "u32", "i64"))
        name = s.fresh("v")
        before: Parts = [f"{s.r.choice(s.stats)} += 1; "] if s.stats and not (s.quiet and s.loops) else []
        out: Parts = [f"let {name}: {t} = {{ ", *before, s.r.choice(("0", "7", "127")), " }"]
        s.names.append((name, t, False))
        return out
    types = [s.r.choice([t for t in SCALARS if t != "cpu"]) for _ in range(3)]
    values = [expression(t, s, 2) for t in types]
    names = [s.fresh("v") for _ in range(3)]
    mutable = s.r.random() < 0.3
    s.names += [(n, t, mutable) for n, t in zip(names, types, strict=True)]
    word = "let mut" if mutable else "let"
    return [f"{word} (({names[0]}, {names[1]}), {names[2]}) = ((", values[0], ", ", values[1], "), ", values[2], ")"]
