# SPDX-License-Identifier: GPL-2.0-only
"""Other tasks, names of tasks, fields and functions of the kernel under their own names."""

from ..expressions import expression
from ..scope import Scope
from ..statements import block
from ..topic import Parts, Topic, declaration
from ..tree import Node


def _declare(s: Scope) -> list[Node]:
    name, other = s.fresh("n"), s.fresh("n")
    s.made("task texts").append(name)
    s.made("cpu texts").append(other)
    return [declaration(f"per task {{ {name}: str[16] }}"), declaration(f"per cpu {{ {other}: str[16] }}")]


def _text(s: Scope) -> str | None:
    found = [*_kept(s), *(f"{p}.comm" for p in s.tasks)]
    return s.r.choice(found) if found else None


def _kept(s: Scope) -> list[str]:
    return [f"{p}.{n}" for p in s.tasks for n in s.made("task texts")] + [f"this_cpu.{n}" for n in s.made("cpu texts") if s.callback]


_WORDS = ("worker", "kworker/0:1", "a", "", "fifteen_chars_x", "work")


def _texts(t: str, s: Scope, depth: int) -> Parts | None:
    a = _text(s)
    if a is None or t != "bool" or s.quiet:
        return None
    match s.r.randrange(3):
        case 0:
            return [f"{a}.starts_with(\"{s.r.choice(_WORDS)}\")"]
        case 1:
            return [f"({a} {s.r.choice(('==', '!='))} \"{s.r.choice(_WORDS)}\")"]
    return [f"({a} {s.r.choice(('==', '!='))} {_text(s)})"]


def _copy(s: Scope, depth: int) -> Parts | None:
    places = _kept(s)
    return [f"{s.r.choice(places)} = {_text(s)}"] if places and not s.quiet else None


def _another(s: Scope, depth: int) -> Parts | None:
    """A task that is looked up, held while the block runs."""
    if s.quiet or not s.callback or s.loops:
        return None
    name, kept = s.fresh("v"), s.tasks
    found: list[Parts] = [["task(", expression("i32", s, 1), ")"], ["ours(", expression("cpu", s, 1), ".curr)"]]
    if s.tasks:
        found.append([f"task({s.r.choice(s.tasks)}.{s.r.choice(('tgid', 'pid'))})"])
    if s.callback in ("select_cpu", "enqueue", "runnable"):
        found.append(["waker()"])
    if s.callback == "dispatch":
        found.append(["prev"])
    asked = s.r.choice(found)
    early = s.r.random() < 0.3 and not s.result and s.callback not in ("enqueue", "dispatch", "select_cpu")
    if early:
        s.tasks = [*kept, name]
        return [f"let {name} = ", *asked, " else { return }"]
    with s.block():
        s.tasks = [*kept, name]
        parts: Parts = [f"if let {name} = ", *asked]
        if s.r.random() < 0.3:
            parts += [f" && {name}.weight > 50"]
        parts += [" ", block(s, 3, depth - 1)]
        s.tasks = kept
    return [*parts, " else ", block(s, 2, depth - 1)] if s.r.random() < 0.4 else parts


def _current(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback:
        return None
    c = expression("cpu", s, 0)
    known = {"i32": ("pid", "tgid"), "u32": ("weight",), "u64": ("flags",)}.get(t)
    return [c, f".curr.{s.r.choice(known)}"] if known else None


def _own_names(t: str, s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback or t not in ("u64", "bool", "u32"):
        return None
    if t == "bool" and s.r.random() < 0.3:
        return [f"{s.r.choice(('in_hardirq', 'in_softirq', 'in_nmi'))}()"]
    if t == "bool":
        return [f"(kernel has {s.r.choice(('scx_bpf_now', 'scx_bpf_dsq_peek', 'SCX_ENQ_IMMED', 'scx_bpf_dsq_insert'))})"]
    if t == "u32":
        c = expression("cpu", s, 0)
        return [c, f".{s.r.choice(('perf_cap', 'perf_cur', 'perf'))}"]
    if s.tasks and s.r.random() < 0.5:
        return [f"{s.r.choice(s.tasks)}.se.sum_exec_runtime"]
    return ["(if kernel has scx_bpf_now { scx_bpf_now() } else { ", expression("u64", s, depth), " })"]


def _perf(s: Scope, depth: int) -> Parts | None:
    if s.quiet or not s.callback:
        return None
    name = s.fresh("v")
    return [f"let {name} = ", expression("cpu", s, 1), f"\n{name}.perf = {s.r.choice(('1024', '0', '512'))}"]


def _disallow(s: Scope, depth: int) -> Parts | None:
    """Tasks that stay with the fair class."""
    return ["p.disallow = ", expression("bool", s, 1)] if s.callback == "init_task" and not s.quiet else None


TOPIC = Topic(
    "others", 0.35, declare=_declare, simple=(_copy, _perf, _disallow, _disallow), nested=(_another, _another),
    of={"bool": (_texts, _own_names), "signed": (_current,), "unsigned": (_current, _own_names, _own_names)},
)  # fmt: skip
