# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups: their state, where they come from, walks below them, and the callbacks that are about them."""

from ..scope import SCALARS, Scope
from ..statements import block
from ..topic import Parts, Topic, declaration
from ..tree import Node


def _declare(s: Scope) -> list[Node]:
    fields = [(s.fresh("n"), s.r.choice(SCALARS)) for _ in range(s.r.randrange(1, 3))]
    s.made("group fields").extend(fields)
    counter = s.fresh("n")
    s.made("group counters").append(counter)
    return [declaration(f"per cgroup {{ {', '.join(f'{n}: {t}' for n, t in fields)}; atomic {counter}: u64 = 1 }}")]


def inside(s: Scope, group: str) -> list[tuple[str, str, bool]]:
    return [(f"{group}.{n}", t, True) for n, t in s.made("group fields")]


def _group(s: Scope, depth: int) -> Parts | None:
    """A group got hold of, and what is done with it."""
    if s.quiet or not s.callback or s.loops:
        return None
    name = s.fresh("v")
    held = [n for n, t, _ in s.names if t == "cgroup"]
    found: list[Parts] = [["cgroup(", s.r.choice(("1", "2", "7")), ")"]]
    if held:
        g = s.r.choice(held)
        found += [[f"{g}.parent"], [f"{g}.ancestor({s.r.randrange(3)})"], [f"cgroup({g}.id)"]]
    with s.block():
        if s.tasks[:1] == ["p"] and s.callback in OWN and s.r.random() < 0.5:
            parts: Parts = [f"let {name} = p.cgroup\n"]
            s.names += [(name, "cgroup", False), *inside(s, name)]
            return ["{\n", *parts, _what(s, name), block(s, 3, depth - 1), "\n}"]
        s.names += [(name, "cgroup", False), *inside(s, name)]
        parts = [f"if let {name} = ", *s.r.choice(found), " {\n", _what(s, name), block(s, 3, depth - 1), "\n}"]
    return [*parts, " else ", block(s, 2, depth - 1)] if s.r.random() < 0.3 else parts


OWN = ("enqueue", "runnable", "running", "stopping", "quiescent", "tick", "set_weight")


def _what(s: Scope, group: str) -> str:
    counter = s.made("group counters")[0]
    return s.r.choice((
        f"{group}.{counter} += 1\n", f"log \"group {{{group}.id}} {{{group}.level}}\"\n", f"if {group}.name == \"g1\" {{ {group}.{counter} += 2 }}\n",
        f"let _ = {group}.{counter}.add({group}.level as u64)\n", "",
    ))  # fmt: skip


def _below(s: Scope, depth: int) -> Parts | None:
    held = [n for n, t, _ in s.names if t == "cgroup"]
    if s.quiet or s.loops or not s.callback or not held:
        return None
    name = s.fresh("i")
    s.loops += 1
    with s.block():
        s.names += [(name, "cgroup", False), *inside(s, name)]
        parts: Parts = [f"for {name} in {s.r.choice(held)}.descendants {{\n", _what(s, name), block(s, 2, depth - 1), "\n}"]
    s.loops -= 1
    return parts


def _of(t: str, s: Scope, depth: int) -> Parts | None:
    held = [n for n, of, _ in s.names if of == "cgroup"]
    if not held or t not in ("u64", "u32", "bool") or s.quiet:
        return None
    g = s.r.choice(held)
    if t == "bool" and s.r.random() < 0.3:
        return [f"{g}.path.starts_with(\"/{s.r.choice(('', 'g1', 'g2/'))}\")"]
    if t == "bool":
        return [f"({g}.name {s.r.choice(('==', '!='))} \"{s.r.choice(('', 'g1', 'g2'))}\")"]
    return [f"{g}.id"] if t == "u64" else [f"({g}.level as u32)"]


_CALLBACKS = {
    "cgroup_init": ("cg, args", ("cg",), ()),
    "cgroup_exit": ("cg", ("cg",), ()),
    "cgroup_prep_move": ("p, from, to", ("from", "to"), ()),
    "cgroup_move": ("p, from, to", ("from", "to"), ()),
    "cgroup_cancel_move": ("p, from, to", ("from", "to"), ()),
    "cgroup_set_weight": ("cg, w", ("cg",), (("w", "u32"),)),
}


def _late(s: Scope) -> list[Node]:
    out = []
    for name in s.r.sample(sorted(_CALLBACKS), s.r.randrange(1, 4)):
        params, groups, others = _CALLBACKS[name]
        s.callback, s.result, s.tasks, s.room = name, "", ["p"] if params[0] == "p" else [], 8
        with s.block():
            for g in groups:
                s.names += [(g, "cgroup", False), *inside(s, g)]
            s.names += [(n, t, False) for n, t in others]
            out.append(declaration(f"on {name}({params}) ", block(s, 4), "\n"))
    return out


TOPIC = Topic("groups", 0.25, declare=_declare, late=_late, nested=(_group, _group, _below), of={"unsigned": (_of,), "bool": (_of,)})
