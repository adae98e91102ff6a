# SPDX-License-Identifier: GPL-2.0-only
"""Hooks, commands, inboxes and rings of generated policies, and what user space does with them in scripts. They have chances of their
own, so that the rest of a policy is the same with and without them."""

import random
from collections.abc import Iterator

from .expressions import Parts, expression
from .scope import SCALARS, Scope
from .statements import block
from .tree import Node

_PLAIN = tuple(t for t in SCALARS if t != "cpu")
# Tracepoints of the model, their tasks and their other arguments.
_TRACED: dict[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "sched_switch(preempt, a, b, state)": (("a", "b"), (("preempt", "bool"), ("state", "u32"))),
    "sched_switch(preempt, a)": (("a",), (("preempt", "bool"),)),
    "sched_waking(a)": (("a",), ()),
    "sched_wakeup(a)": (("a",), ()),
    "sched_wakeup_new(a)": (("a",), ()),
    "sched_process_fork(a, b)": (("a", "b"), ()),
    "sched_process_exit(a)": (("a",), ()),
}


def declarations(s: Scope, seed: int) -> Iterator[Node]:
    """What may follow the callbacks: in some four of ten policies."""
    s.r = random.Random(f"exchange {seed}")
    if s.r.random() > 0.4:
        return
    rings, inboxes = [], []
    for _ in range(s.r.choice((0, 1, 1))):
        rings.append((s.fresh("r"), s.r.choice((*_PLAIN, *s.structs, "[u32; 4]"))))
        yield _declaration(f"ring {rings[-1][0]}: {rings[-1][1]}[4K]" if rings[-1][1] in _named(s) else _wrapped(s, "ring", rings))
    for _ in range(s.r.choice((0, 1, 1))):
        inboxes.append((s.fresh("b"), s.r.choice(("u64", "i32", *s.structs, *s.enums))))
        yield _declaration(f"inbox {inboxes[-1][0]}: {inboxes[-1][1]}[4K]")
    for _ in range(s.r.choice((0, 1, 1, 2))):
        yield _hook(s, rings)
    for _ in range(s.r.choice((0, 1, 1, 2))):
        yield _command(s, rings, inboxes)
    if inboxes:
        yield _command(s, rings, inboxes)


def _declaration(*parts: "str | Node") -> Node:
    return Node("declaration", list(parts), "")


def _named(s: Scope) -> tuple[str, ...]:
    return (*_PLAIN, *s.structs)


def _wrapped(s: Scope, word: str, made: list[tuple[str, str]]) -> str:
    """Elements are named types: an array goes in a struct."""
    name, t = made[-1]
    struct, field = s.fresh("S"), s.fresh("f")
    s.structs[struct] = ((field, t),)
    made[-1] = (name, struct)
    return f"struct {struct} {{ {field}: {t} }}\n{word} {name}: {struct}[4K]"


def _send(s: Scope, rings: list[tuple[str, str]]) -> list[Node]:
    if not rings or not s.stats or s.r.random() < 0.3:
        return []
    name, t = s.r.choice(rings)
    if s.r.random() < 0.4:
        return [_reserve(s, name, t)]
    return [Node("send", [f"if !{name}.send(", expression(t, s, 2), f") {{ {s.r.choice(s.stats)} += 1 }}"])]


def _reserve(s: Scope, name: str, t: str) -> Node:
    """A place that is filled as a whole, or in part where it is a struct, and left on any way out."""
    place = s.fresh("e")
    otherwise = f" else {{ {s.r.choice(s.stats)} += 1 }}" if s.r.random() < 0.5 else ""
    with s.block():
        s.names.append((place, t, True))
        written = Node("fill", [f"{place} = ", expression(t, s, 2)])
        body = block(s, 4, 1, last=lambda: [written])
    return Node("reserve", [f"if let {place} = {name}.reserve() ", body, otherwise])


def _hook(s: Scope, rings: list[tuple[str, str]]) -> Node:
    head, (tasks, names) = s.r.choice(list(_TRACED.items()))
    flags = [n for n, t, _ in s.globals if t == "bool" and n.startswith("p")]  # a parameter says whether it is loaded
    condition = f" if {s.r.choice(flags)}" if flags and s.r.random() < 0.5 else ""
    optional = " optional" if s.r.random() < 0.2 else ""
    s.callback, s.result, s.tasks, s.room = "hook", "", [], 8
    p = s.r.choice(tasks)
    with s.block():
        s.names += [(n, t, False) for n, t in names]
        body = block(s, 3, last=lambda: _about(s, p, rings))
    return _declaration(f"hook tp_btf {head}{condition}{optional} ", body, "\n")


def _about(s: Scope, p: str, rings: list[tuple[str, str]]) -> list[Node]:
    """What a hook asks of a task of the kernel, and of the policy's own task that it may be."""
    read = s.fresh("v")
    field = s.r.choice(("pid", "tgid", "prio", "flags", "nr_cpus_allowed"))
    made = [Node("first", [f"let {read} = {p}.{field} as i64"])]
    s.names.append((read, "i64", False))
    if s.task_fields and s.r.random() < 0.7:
        name = s.fresh("t")
        s.tasks = [name]
        asked = s.r.choice((f"ours({p})", "waker()", f"task({p}.pid)"))
        made.append(Node("ours", [f"if let {name} = {asked} ", block(s, 3, 1)]))
        s.tasks = []
    return made + _send(s, rings)


def _command(s: Scope, rings: list[tuple[str, str]], inboxes: list[tuple[str, str]]) -> Node:
    name = s.fresh("do")
    params = [(s.fresh("a"), s.r.choice((*SCALARS, *s.structs))) for _ in range(s.r.randrange(4))]
    result = s.r.choice(("", *SCALARS, *s.structs))
    s.callback, s.result, s.tasks, s.room = "command", result, [], 10
    with s.block():
        s.names += [(n, t, False) for n, t in params]

        def last() -> list[Node]:
            made = [*_drain(s, inboxes), *_send(s, rings)]
            if s.r.random() < 0.2:
                made.append(Node("fail", ["if ", expression("bool", s, 2), f" {{ fail .{s.r.choice(('ebusy', 'enoent'))} }}"]))
            return [*made, Node("result", [expression(result, s)])] if result else made

        body = block(s, 4, last=last)
    signature = ", ".join(f"{n}: {t}" for n, t in params)
    return _declaration(f"command {name}({signature}){f' -> {result}' if result else ''} ", body, "\n")


def _drain(s: Scope, inboxes: list[tuple[str, str]]) -> list[Node]:
    if not inboxes:
        return []
    box, t = s.r.choice(inboxes)
    name = s.fresh("m")
    s.loops += 1
    with s.block():
        s.names.append((name, t, False))
        parts: Parts = [f"for {name} in {box} ", block(s, 4, 1)]
    s.loops -= 1
    if s.r.random() < 0.4:
        parts += [" else ", block(s, 2, 1)]
    return [Node("drain", parts)]
