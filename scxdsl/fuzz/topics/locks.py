# SPDX-License-Identifier: GPL-2.0-only
"""Locks, what they guard, effects that wait for the release; of the policy and of rows."""

from ..expressions import expression
from ..scope import SCALARS, Fn, Scope
from ..statements import block
from ..topic import Parts, Topic, declaration
from ..tree import Node

_GUARDED = ("u64", "i64", "u32", "u8", "duration", "vtime", "bool")


def _declare(s: Scope) -> list[Node]:
    out = []
    for _ in range(s.r.choice((1, 1, 2))):
        name = s.fresh("l")
        held = [(s.fresh("g"), s.r.choice(_GUARDED)) for _ in range(s.r.randrange(1, 4))]
        out += [declaration(f"var {n}: {t}") for n, t in held]
        out.append(declaration(f"lock {name} guards {', '.join(n for n, _ in held)}"))
        s.made("locks").append((name, tuple(held)))
    if s.r.random() < 0.4:
        kind, name = s.r.choice(("task", "cpu")), s.fresh("l")
        held = [(s.fresh("n"), s.r.choice(_GUARDED)) for _ in range(s.r.randrange(1, 3))]
        out.append(declaration(f"per {kind} {{ {'; '.join(f'{n}: {t}' for n, t in held)}; lock {name} guards {', '.join(n for n, _ in held)} }}"))
        s.made("row locks").append((kind, name, tuple(held)))
        s.made("rows").append(kind)
    return [*out, *_functions(s)]


def _functions(s: Scope) -> list[Node]:
    """Functions whose callers hold the lock."""
    out = []
    for name, held in s.made("locks"):
        if s.r.random() < 0.5:
            out.append(_function(s, name, held))
    return out


def _function(s: Scope, lock: str, held: tuple[tuple[str, str], ...]) -> Node:
    name, result = s.fresh("fn"), s.r.choice(("", "u64", "i64", "bool"))
    params = tuple((s.fresh("a"), s.r.choice(SCALARS), False) for _ in range(s.r.randrange(3)))
    params += ((s.fresh("a"), "cpu", False), (s.fresh("a"), "time", False))
    s.callback, s.result, s.tasks, s.room = "", result, [], 5
    with s.block(), quiet(s, lock):
        s.names += [*params, *((n, t, True) for n, t in held)]
        body = block(s, 3, last=(lambda: [expression(result, s, 2)]) if result else None)
    s.functions.append(Fn(name, params, result, under=lock))
    signature = ", ".join(f"{n}: {t}" for n, t, _ in params)
    tail = f" -> {result} under {lock}" if result and s.r.random() < 0.5 else f" under {lock}{f' -> {result}' if result else ''}"
    return declaration(f"fn {name}({signature}){tail} ", body, "\n")


class quiet:
    """While a lock is held: ids of cgroups are questions for the kernel."""

    def __init__(self, s: Scope, lock: str) -> None:
        self.s, self.lock = s, lock

    def __enter__(self) -> None:
        self.kept = (self.s.quiet, self.s.held, self.s.loops, self.s.names)
        self.s.quiet, self.s.held, self.s.loops = True, self.lock, 0
        self.s.names = [n for n in self.s.names if not n[0].endswith(".id")]

    def __exit__(self, *_: object) -> None:
        self.s.quiet, self.s.held, self.s.loops, self.s.names = self.kept


def _choose(s: Scope) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    found = [(name, held) for name, held in s.made("locks")]
    for kind, name, held in s.made("row locks"):
        owners = ["p"] if kind == "task" and "p" in s.tasks else ["this_cpu"] if kind == "cpu" and s.callback else []
        found += [(f"{p}.{name}", tuple((f"{p}.{n}", t) for n, t in held)) for p in owners]
    return s.r.choice(found) if found else None


def _before(s: Scope) -> Parts:
    """What the kernel must be asked before the lock is taken."""
    c, t = s.fresh("v"), s.fresh("v")
    parts: Parts = [f"let {c} = ", expression("cpu", s, 1), f"\nlet {t} = ", expression("time", s, 1), "\n"]
    s.names += [(c, "cpu", False), (t, "time", False)]
    return parts


def _under(s: Scope, depth: int) -> Parts | None:
    chosen = _choose(s) if not s.quiet and s.callback else None
    if chosen is None or s.loops >= 2:
        return None
    lock, held = chosen
    parts = _before(s)
    with s.block(), quiet(s, lock):
        s.names += [(n, t, True) for n, t in held]
        body = block(s, 4, depth - 1)
    return [*parts, f"under {lock} ", body]


def _value(s: Scope, depth: int) -> Parts | None:
    """A block under a lock has a value."""
    chosen = _choose(s) if not s.quiet and s.callback else None
    if chosen is None:
        return None
    lock, held = chosen
    name, t = s.fresh("v"), s.r.choice(("u64", "i64", "bool", "u32", "vtime"))
    parts = _before(s)
    with s.block(), quiet(s, lock):
        s.names += [(n, of, True) for n, of in held]
        body = block(s, 3, depth - 1, last=lambda: [expression(t, s, 2)])
    s.names.append((name, t, False))
    return [*parts, f"let {name}: {t} = under {lock} ", body]


def _racy(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet:
        return None
    found = [n for _, held in s.made("locks") for n, of in held if of == t]
    found += [f"p.{n}" for kind, _, held in s.made("row locks") for n, of in held if of == t and kind == "task" and "p" in s.tasks]
    return [f"(racy {s.r.choice(found)})"] if found else None


TOPIC = Topic("locks", 0.3, declare=_declare, simple=(_value,), nested=(_under, _under), any_type=(_racy,))
