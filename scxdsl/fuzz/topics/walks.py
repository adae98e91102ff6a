# SPDX-License-Identifier: GPL-2.0-only
"""Queues from the inside: walks, moves, the head, what lies in the CPUs' own queues."""

from ..expressions import expression
from ..scope import Scope
from ..statements import block, otherwise
from ..topic import Parts, Topic


def _move(s: Scope, task: str) -> Parts:
    if (s.fifo or s.ordered) and s.r.random() < 0.7:
        ordered = bool(s.ordered) and (not s.fifo or s.r.random() < 0.5)
        target = s.r.choice(s.ordered if ordered else s.fifo)
    else:
        ordered, target = False, s.r.choice(("LOCAL", "GLOBAL"))
    parts: Parts = [f"{task}.move({target}", ", .preempt" if target == "LOCAL" and s.r.random() < 0.3 else ""]
    if s.r.random() < 0.4:
        parts += [", slice: ", expression("duration", s, 1)]
    if ordered:
        parts += [", vtime: ", expression("vtime", s, 1)]
    return [*parts, ")"]


def _walk(s: Scope, depth: int) -> Parts | None:
    queues = [*s.fifo, *s.ordered]
    if s.quiet or s.loops or s.callback != "dispatch" or not queues or s.opaque.get("walks", 0) >= 2:
        return None
    s.opaque["walks"] = s.opaque.get("walks", 0) + 1
    name = s.fresh("i")
    s.loops += 1
    kept = s.tasks
    with s.block():
        s.tasks = [*kept, name]
        made: Parts = []
        if s.r.random() < 0.8:
            test: Parts = ["if ", expression("bool", s, 1), " { "] if s.r.random() < 0.6 else ["if !"]
            end = s.r.choice(("break", "continue"))
            made = [*test, *_move(s, name), f" {{ {end} }}" if test == ["if !"] else " }", "\n"]
            if test != ["if !"]:
                made = [*test, "let _ = ", *_move(s, name), " }\n"]
        parts: Parts = [f"for {name} in {s.r.choice(queues)} {{\n", *made, block(s, 2, depth - 1), "\n}"]
    s.tasks = kept
    s.loops -= 1
    return [*parts, " else ", otherwise(s, depth)] if s.r.random() < 0.3 else parts


def _head(s: Scope, depth: int) -> Parts | None:
    queues = [*s.fifo, *s.ordered]
    if s.quiet or not queues or not s.callback:
        return None
    name = s.fresh("v")
    return [f"if let {name} = {s.r.choice(queues)}.peek() {{ log \"head {{{name}.pid}} {{{name}.weight}}\" }}"]


def _local(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet or t != "u64" or not s.callback:
        return None
    if s.callback == "dispatch":
        return ["slots()"]
    return s.r.choice((["LOCAL.len"], ["LOCAL(", expression("cpu", s, depth), ").len"], ["GLOBAL.len"]))


def _own(s: Scope, depth: int) -> Parts | None:
    if s.quiet or s.loops:
        return None
    if s.callback == "cpu_release":
        return ["LOCAL.reenqueue()"]
    if s.callback == "dispatch" and s.r.random() < 0.5:
        name = s.fresh("v")
        return [f"if let {name} = prev && {name}.queued {{ LOCAL.insert({name}); cancel() }}"]
    return None


def _prefer(s: Scope, depth: int) -> Parts | None:
    """A queue is a value: one of two."""
    rows = s.fifo if len(s.fifo) > 1 else s.ordered
    if s.quiet or len(rows) < 2 or not s.callback:
        return None
    name = s.fresh("v")
    a, b = s.r.sample(rows, 2)
    return [f"let {name} = if ", expression("bool", s, 1), f" {{ {a} }} else {{ {b} }}\nlog \"{{{name}.len}}\""]


TOPIC = Topic("walks", 0.3, simple=(_head, _own, _own, _own, _prefer), nested=(_walk, _walk, _walk), of={"unsigned": (_local,)})
