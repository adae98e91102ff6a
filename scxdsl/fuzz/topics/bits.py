# SPDX-License-Identifier: GPL-2.0-only
"""Cpusets, which are plain bits: parameters, variables, parts of structs; asked, changed, walked through, made into masks."""

from ..expressions import expression
from ..scope import Scope
from ..statements import block, otherwise
from ..topic import Parts, Topic, declaration
from ..tree import Node


def _declare(s: Scope) -> list[Node]:
    given, kept, struct, field, inside = s.fresh("p"), s.fresh("g"), s.fresh("S"), s.fresh("f"), s.fresh("n")
    s.made("cpusets").extend((given, kept))
    s.made("own cpusets").append(kept)
    s.made("cpu cpusets").append(f"{inside}.{field}")
    return [
        declaration(f"param {given}: cpuset = \"{s.r.choice(('0-3', '0', '1,3-5', '2-1000'))}\""), declaration(f"var {kept}: cpuset"),
        declaration(f"struct {struct} {{ {field}: cpuset }}"), declaration(f"per cpu {{ {inside}: {struct} }}"),
    ]  # fmt: skip


def _places(s: Scope) -> list[str]:
    return [*s.made("own cpusets"), *(f"this_cpu.{n}" for n in s.made("cpu cpusets") if s.callback)]


def _set(s: Scope) -> str:
    return s.r.choice([*s.made("cpusets"), *_places(s)])


def _ask(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback or t not in ("u64", "bool"):
        return None
    if t == "u64":
        return [f"{_set(s)}.len"]
    asked: list[Parts] = [
        [f"{_set(s)}.empty"], ["(", expression("cpu", s, depth), f" in {_set(s)})"], [f"{s.r.choice(_places(s))}.{s.r.choice(('add', 'remove'))}(", expression("cpu", s, depth), ")"],
        [f"possible.intersects({_set(s)})"], [f"p.cpus_allowed.subset_of({_set(s)})"] if "p" in s.tasks else [f"{_set(s)}.empty"],
    ]  # fmt: skip
    return s.r.choice(asked)


def _change(s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback:
        return None
    if s.r.random() < 0.4:
        return [f"{s.r.choice(_places(s))} = {_set(s)}"]
    return [f"{s.r.choice(_places(s))}.{s.r.choice(('add', 'remove'))}(", expression("cpu", s, 1), ")"]


def _walk(s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback or s.loops >= 2:
        return None
    name = s.fresh("i")
    s.loops += 1
    with s.block():
        s.names.append((name, "cpu", False))
        parts: Parts = [f"for {name} in {_set(s)} ", block(s, 3, depth - 1)]
    s.loops -= 1
    return [*parts, " else ", otherwise(s, depth)] if s.r.random() < 0.3 else parts


TOPIC = Topic("bits", 0.15, declare=_declare, simple=(_change, _change), nested=(_walk,), of={k: (_ask,) for k in ("unsigned", "bool")})
