# SPDX-License-Identifier: GPL-2.0-only
"""Owners in random policies: places of every kind, three deep and in arrays, and what is kept there, read and taken."""

from collections.abc import Callable
from dataclasses import dataclass

from scxdsl.rules.own_task import ABOUT_TASKS

from .expressions import Parts, expression, index
from .scope import Scope
from .tree import Node


@dataclass(frozen=True)
class OwnerPath:
    """`where`: the text before the path; `steps`: what follows, a number for an index into that many."""

    kind: str  # "task" or "cgroup"
    where: str
    steps: tuple[str | int, ...]
    of: str = ""  # "task" or "cpu" where it is a member
    key: bool = False  # of a map


def declared(s: Scope) -> list[Node]:
    if s.r.random() > 0.35:
        return []
    seat, bench = s.fresh("Seat"), s.fresh("Bench")
    n = s.r.randrange(1, 5)
    texts = [f"struct {seat} {{ who: task?; at: time; from: cgroup? }}", f"struct {bench} {{ n: u64; seats: [{seat}; {n}]; one: {seat} }}"]
    kinds: list[tuple[str, tuple[tuple[str, tuple[str | int, ...]], ...]]] = [
        ("task?", (("task", ()),)),
        ("[task?; 4]", (("task", (4,)),)),
        ("cgroup?", (("cgroup", ()),)),
        (seat, (("task", (".who",)), ("cgroup", (".from",)))),
        (f"[{seat}; 3]", (("task", (3, ".who")), ("cgroup", (3, ".from")))),
        (bench, (("task", (".seats", n, ".who")), ("task", (".one.who",)), ("cgroup", (".seats", n, ".from")))),
        (f"[{bench}; 2]", (("task", (2, ".seats", n, ".who")), ("cgroup", (2, ".one.from")))),
    ]
    for _ in range(s.r.randrange(1, 4)):
        t, paths = s.r.choice(kinds)
        name, how = s.fresh("o"), s.r.choice(("var", "var", "percpu var", "task", "cpu"))
        if how in ("task", "cpu"):
            if n > 2 and t == f"[{bench}; 2]" and any(o.of == how for o in s.owners):
                continue  # a task has room for 64
            texts.append(f"per {how} {{ {name}: {t} }}")
        else:
            texts.append(f"{how} {name}: {t}")
        s.owners += [OwnerPath(kind, name, steps, how if how in ("task", "cpu") else "") for kind, steps in paths]
    if s.r.random() < 0.4:
        name, of = s.fresh("m"), s.r.choice(("task", "cgroup"))
        texts.append(f"map {name}: {s.r.choice(('hash', 'lru'))}<u64, {of}?>[{s.r.choice((1, 4, 16))}]")
        s.owners.append(OwnerPath(of, name, (), key=True))
    return [Node("declaration", [text], "") for text in texts]


def _path(s: Scope, kind: str) -> Parts | None:
    """A place that owns something of that kind."""
    found = [o for o in s.owners if o.kind == kind and (o.of != "task" or s.tasks) and (o.of != "cpu" or s.callback)]
    if not found:
        return None
    o = s.r.choice(found)
    parts: Parts = [{"task": f"{s.r.choice(s.tasks)}." if s.tasks else "", "cpu": "this_cpu."}.get(o.of, "") + o.where]
    if o.key:
        parts += ["[", expression("u64", s, 1), "]"]
    for step in o.steps:
        parts += [step] if isinstance(step, str) else ["[", index(step, s, 1), "]"]
    return parts


def _value(s: Scope, kind: str) -> Parts:
    choices: list[Callable[[], Parts | None]] = [lambda: ["none"], lambda: _path(s, kind), lambda: _taken(s, kind)]
    if kind == "task":
        choices += [lambda: ["task(", expression("i32", s, 1), ")"]]
        given = [p for p in s.tasks if p in ("p", "a", "b")]  # one that was looked up is gone once it is kept
        choices += [lambda: [s.r.choice(given)]] * 4 if given else []
    else:
        choices += [lambda: ["cgroup(1)"]]
        choices += [lambda: ["p.cgroup"]] * 3 if s.callback in ABOUT_TASKS and "p" in s.tasks else []
    return s.r.choice(choices)() or ["none"]


def _taken(s: Scope, kind: str) -> Parts | None:
    path = _path(s, kind)
    return None if path is None else ["take ", *path]


def keep(s: Scope, depth: int) -> Parts | None:
    if s.quiet:
        return None
    kind = s.r.choice(("task", "task", "cgroup"))
    path = _path(s, kind)
    return None if path is None else ["keep ", *path, " = ", *_value(s, kind)]


def opened(s: Scope, depth: int, block: Callable[..., Node]) -> Parts | None:
    """What an owner holds, read or taken; what is taken may be kept elsewhere at the end."""
    kind = s.r.choice(("task", "task", "cgroup"))
    path = None if s.quiet else _path(s, kind)
    if path is None:
        return None
    name, takes = s.fresh("h"), s.r.random() < 0.5
    target = _path(s, kind) if s.r.random() < 0.5 else None
    end: Parts = ["keep ", *target, f" = {name}"] if target is not None else []
    with s.block():
        s.names += [(f"{name}.pid", "i32", False), (f"{name}.weight", "u32", False)] if kind == "task" else [(f"{name}.id", "u64", False)]
        body = block(s, 3, depth - 1, (lambda: [Node("statement", end)]) if end else None)
    parts: Parts = [f"if let {name} = ", "take " if takes else "", *path, " ", body]
    if s.r.random() < 0.3:
        parts += [" else ", block(s, 2, depth - 1)]
    return parts
