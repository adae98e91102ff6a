# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs: variables, members, locals, algebra, changes, walks, and claims of idle CPUs."""

from ..expressions import expression
from ..scope import Scope
from ..statements import block, otherwise
from ..topic import Parts, Topic, declaration
from ..tree import Node

_LIVE = ("online", "possible", "idle_cpus", "idle_cores")


def _declare(s: Scope) -> list[Node]:
    names = [s.fresh("g") for _ in range(s.r.randrange(1, 3))]
    s.made("masks").extend(names)
    out = [declaration(f"var {n}: cpumask") for n in names]
    for kind in ("task", "cpu"):
        if s.r.random() < 0.3:
            name = s.fresh("n")
            s.made(f"{kind} masks").append(name)
            out.append(declaration(f"per {kind} {{ {name}: cpumask }}"))
            s.made("rows").append(kind)
    return out


def places(s: Scope) -> list[str]:
    """Sets that may be changed."""
    out = [*s.made("masks"), *(n for n, t, m in s.names if t == "cpumask" and m)]
    out += [f"{p}.{n}" for p in s.tasks for n in s.made("task masks")]
    return out + [f"this_cpu.{n}" for n in s.made("cpu masks") if s.callback]


def mask(s: Scope, depth: int) -> Node:
    found: list[str | Node]
    if depth <= 0 or s.r.random() < 0.4:
        known = [*places(s), *_LIVE, *(n for n, t, _ in s.names if t == "cpumask"), *(f"{p}.cpus_allowed" for p in s.tasks)]
        return Node("mask", [s.r.choice(known)], "possible")
    match s.r.randrange(7):
        case 0:
            found = ["(~", mask(s, depth - 1), ")"]
        case 1:
            found = ["online"]
        case _:
            found = ["(", mask(s, depth - 1), s.r.choice((" & ", " | ", " ^ ", " - ")), mask(s, depth - 1), ")"]
    return Node("mask", found, "possible")


def _usable(s: Scope) -> bool:
    return bool(s.callback) and not s.quiet


def _assign(s: Scope, depth: int) -> Parts | None:
    found = places(s) if _usable(s) else []
    if found and s.r.random() < 0.15:
        return [s.r.choice(found), " = {}"]
    return [s.r.choice(found), s.r.choice((" = ", " = ", " &= ", " |= ", " ^= ", " -= ")), mask(s, 2)] if found else None


def _let(s: Scope, depth: int) -> Parts | None:
    if not _usable(s) or s.loops or s.opaque.get("mask locals", 0) >= 3:
        return None
    s.opaque["mask locals"] = s.opaque.get("mask locals", 0) + 1
    name, mutable = s.fresh("v"), s.r.random() < 0.5
    value = mask(s, 2)
    s.names.append((name, "cpumask", mutable))
    return [f"let {'mut ' if mutable else ''}{name}{s.r.choice(('', ': cpumask'))} = ", value]


def _change(s: Scope, depth: int) -> Parts | None:
    found = places(s) if _usable(s) else []
    return [f"{s.r.choice(found)}.{s.r.choice(('add', 'remove'))}(", expression("cpu", s, 1), ")"] if found else None


def _changed(t: str, s: Scope, depth: int) -> Parts | None:
    found = places(s) if _usable(s) else []
    return [f"{s.r.choice(found)}.{s.r.choice(('add', 'remove'))}(", expression("cpu", s, 1), ")"] if found else None


def _walk(s: Scope, depth: int) -> Parts | None:
    if not _usable(s) or s.loops >= 2:
        return None
    name, of = s.fresh("i"), mask(s, 2)
    s.loops += 1
    with s.block():
        s.names.append((name, "cpu", False))
        parts: Parts = [f"for {name} in ", of, " ", block(s, 3, depth - 1)]
    s.loops -= 1
    return [*parts, " else ", otherwise(s, depth)] if s.r.random() < 0.3 else parts


def _ask(t: str, s: Scope, depth: int) -> Parts | None:
    if not _usable(s):
        return None
    m = mask(s, 2)
    if t not in ("u64", "cpu", "cpu?", "bool"):
        return None
    if t == "u64":
        return ["(", m, ").len"]
    if t == "cpu":
        tail: Parts = [" ?? ", expression("cpu", s, depth), ")"]
        if s.r.random() < 0.5:
            return ["(", m, f".{s.r.choice(('first', 'any'))}", *tail]
        return ["(idle_cpu(", m, s.r.choice((")", ", .core)")), *tail]
    if t == "cpu?":
        return s.r.choice((["idle_cpu(", m, ")"], [m, ".first"], [m, ".any"]))
    other = mask(s, 2)
    return s.r.choice((
        ["(", m, ").empty"], ["(", m, ").intersects(", other, ")"], ["(", m, ").subset_of(", other, ")"], ["(", m, s.r.choice((" == ", " != ")), other, ")"],
        ["(", expression("cpu", s, depth), " in ", m, ")"], [expression("cpu", s, depth), ".is_idle"], [expression("cpu", s, depth), ".claim()"],
    ))  # fmt: skip


def _idle(s: Scope, depth: int) -> Parts | None:
    """Claims, opened."""
    if not _usable(s):
        return None
    name = s.fresh("v")
    if s.callback == "select_cpu" and s.r.random() < 0.4:
        asked: Parts = ["select_cpu_and(p, prev, wake, ", mask(s, 1), s.r.choice((")", ", .core)"))]
    else:
        asked = ["idle_cpu(", mask(s, 2), s.r.choice((")", ", .core)"))]
    with s.block():
        s.names.append((name, "cpu", False))
        parts: Parts = [f"if let {name} = ", *asked, " ", block(s, 2, depth - 1)]
    return parts


TOPIC = Topic(
    "sets", 0.3, declare=_declare, simple=(_assign, _assign, _let, _change), nested=(_walk, _idle),
    of={"unsigned": (_ask,), "bool": (_ask, _changed), "cpu": (_ask, _ask), "optional": (_ask,)},
)  # fmt: skip
