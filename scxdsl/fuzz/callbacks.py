# SPDX-License-Identifier: GPL-2.0-only
"""Callbacks of a generated policy: those that every scheduler has, and any of the others; and the block of `scheduler`."""

from collections.abc import Callable

from . import seldom
from .expressions import Parts, expression
from .scope import Scope
from .statements import block
from .topic import declaration
from .topics import rows
from .tree import Node

# Callbacks with their parameters, tasks and plain values among them, and what the body gives.
_CALLBACKS: dict[str, tuple[str, tuple[str, ...], tuple[tuple[str, str], ...], str]] = {
    "runnable": ("p, flags", ("p",), (), ""),
    "running": ("p", ("p",), (), ""),
    "stopping": ("p, runnable", ("p",), (("runnable", "bool"),), ""),
    "quiescent": ("p, flags", ("p",), (), ""),
    "tick": ("p", ("p",), (), ""),
    "enable": ("p", ("p",), (), ""),
    "disable": ("p", ("p",), (), ""),
    "set_weight": ("p, w", ("p",), (("w", "u32"),), ""),
    "set_cpumask": ("p", ("p",), (), ""),
    "init_task": ("p, args", ("p",), (("args.fork", "bool"),), ""),
    "exit_task": ("p, args", ("p",), (("args.cancelled", "bool"),), ""),
    "dequeue": ("p, flags", ("p",), (), ""),
    "yield": ("a, b", ("a",), (), "bool"),
    "core_sched_before": ("a, b", ("a", "b"), (), "bool"),
    "cpu_acquire": ("cpu, args", (), (("cpu", "cpu"),), ""),
    "cpu_release": ("cpu, args", (), (("cpu", "cpu"),), ""),
    "cpu_online": ("cpu", (), (("cpu", "cpu"),), ""),
    "cpu_offline": ("cpu", (), (("cpu", "cpu"),), ""),
    "update_idle": ("cpu, idle", (), (("cpu", "cpu"), ("idle", "bool")), ""),
    "init": ("", (), (), ""),
    "exit": ("info", (), (("info.exit_code", "i64"),), ""),
}
_DUMPS = {"dump": ("ctx", ""), "dump_cpu": ("ctx, cpu, idle", "{cpu.index} {idle}"), "dump_task": ("ctx, p", "{p.pid} {p.weight}")}


def clauses(s: Scope) -> str:
    """The block of `scheduler`."""
    r, out = s.r, []
    if r.random() < 0.2:
        out.append("batch: 4")
    if r.random() < 0.2:
        out.append(f"timeout: {r.choice(('60ms', '5s', '20ms * 4'))}")
    s.opaque["callbacks"] = names = s.r.sample(sorted(_CALLBACKS), s.r.randrange(1, 8))
    series = r.choice(("6.12..", "6.12..=7.3", "6.18 .. 7.3", "6.12, 6.18", "7.0..")) if r.random() < 0.25 else ""
    if r.random() < 0.06:
        series, s.opaque["custody"] = "7.1..", True
    s.opaque["series"] = series
    known = ("enq_last", "enq_exiting", *(("enq_migration_disabled",) if series[:4] in ("6.18", "7.0.", "7.1.") else ()))
    flags = [f".{f}" for f in known if r.random() < 0.12]
    if "update_idle" in names or r.random() < 0.05:
        flags.append(".keep_builtin_idle")
    conditions = [n for n, t, _ in s.globals if t == "bool" and n in s.made("parameters")]
    if conditions and flags and r.random() < 0.5:
        flags[0] += f" if {r.choice(conditions)}" if flags[0] != ".keep_builtin_idle" else ""
    if conditions and not flags and seldom.chance(s, 0.3):
        flags.append(f".enq_exiting if {conditions[0]}")
    if flags:
        out.append(f"flags: {', '.join(flags)}")
    if series:
        out.append(f"kernels: {series}")
    if not out:
        return "" if r.random() < 0.9 and not seldom.chance(s, 0.1) else " { }"
    joint = r.choice(("; ", "; ", "\n"))
    return f" {{ {joint.join(out)}{r.choice(('', joint))} }}"


def insert(s: Scope, p: str, direct: bool) -> Node:
    """One insert of a task, into a queue that is used in that way everywhere."""
    duration = "" if s.r.random() < 0.2 else ", "
    slice: Parts = [duration, expression("duration", s, 2)] if duration else []
    made = rows.inserts(s, p) if not direct and s.r.random() < 0.2 else None
    if made is not None:
        return Node("insert", made)
    if direct or not (s.fifo or s.ordered) or s.r.random() < 0.15:
        target = s.r.choice(("LOCAL", "LOCAL", "GLOBAL"))
        return Node("insert", [f"{target}.insert({p}", *slice, ")"])
    flags = ", flags" if slice and s.callback == "enqueue" and s.r.random() < 0.6 else ""
    if s.ordered and (not s.fifo or s.r.random() < 0.5):
        return Node("insert", [f"{s.r.choice(s.ordered)}.insert({p}", *slice, flags, ", vtime: ", expression("vtime", s, 2), ")"])
    return Node("insert", [f"{s.r.choice(s.fifo)}.insert({p}", *slice, flags, ")"])


def callbacks(s: Scope) -> list[Node]:
    out = []
    if s.r.random() < 0.7:
        out.append(_callback(s, "select_cpu", "p, prev, wake", ("p",), (("prev", "cpu"),), "cpu", _end_of_select_cpu))
    out.append(_callback(s, "enqueue", "p, flags", ("p",), (), "", _end_of_enqueue))
    out.append(_callback(s, "dispatch", "cpu, prev", (), (("cpu", "cpu"),), "", _end_of_dispatch))
    for name in s.opaque["callbacks"]:
        out.append(_callback(s, name, *_CALLBACKS[name], _value))
    for name, (params, shown) in _DUMPS.items():
        if s.r.random() < 0.1:
            out.append(_dump(s, name, params, shown))
    if s.opaque["series"][:3] in ("7.0", "7.1") and s.r.random() < 0.5:
        out.append(_callback(s, "cgroup_set_idle", "cg, idle", (), (("idle", "bool"),), "", _value))
        out.append(_callback(s, "cgroup_set_bandwidth", "cg, period, quota", (), (("period", "u64"), ("quota", "u64")), "", _value))
    if s.opaque.get("custody"):
        out.append(_callback(s, "custody_end", *_CALLBACKS["dequeue"], _value))
    return out


def _callback(s: Scope, name: str, params: str, tasks: tuple[str, ...], names: tuple[tuple[str, str], ...], result: str,
              end: Callable[[Scope], list[Node]]) -> Node:  # fmt: skip
    s.callback, s.result, s.tasks, s.room = name, result, list(tasks), 14
    s.opaque.update({"tree budget": 0, "mask locals": 0, "walks": 0})
    with s.block():
        s.names += [(n, t, False) for n, t in names]
        body = block(s, 5, last=lambda: end(s))
    body.parts[1:1] = seldom.statements(s)
    shown = f"({params})" if params or s.r.random() < 0.5 else ""
    if s.r.random() < 0.03:  # a parameter may be called mutable, which it need not be
        shown = f"(mut {params})" if params else shown
    return declaration(f"on {name}{shown} ", body, "\n")


def _value(s: Scope) -> list[Node]:
    return [Node("result", [expression(s.result, s, 2)])] if s.result else []


def _dump(s: Scope, name: str, params: str, shown: str) -> Node:
    """A debug dump is asked for where a policy fails: it tells what there is, and changes nothing."""
    s.callback, s.result, s.tasks = name, "", ["p"] if name == "dump_task" else []
    values = [n for n, t, _ in s.globals if t in ("u64", "i32", "bool", "duration")][:3]
    text = " ".join([shown, *(f"{{{n}}}" for n in values)])
    return declaration(f"on {name}({params}) {{ dump \"state {text}\" }}\n")


def _end_of_select_cpu(s: Scope) -> list[Node]:
    cpu, idle = s.fresh("v"), s.fresh("v")
    first = Node("first", [f"let ({cpu}, {idle}) = select_cpu_dfl(p, prev, wake)"])
    s.names += [(cpu, "cpu", False), (idle, "bool", False)]
    test = f"if {idle} " if s.r.random() < 0.8 else f"if {idle} && !p.is_kthread "
    then = Node("statement", [test, "{ ", insert(s, "p", True), " }\n"], "")
    return [first, then, Node("result", [f"return {cpu}"])]


def _end_of_enqueue(s: Scope) -> list[Node]:
    if s.r.random() < 0.5:
        return [insert(s, "p", False)]
    return [Node("choice", ["if ", expression("bool", s), " { ", insert(s, "p", False), " } else { ", insert(s, "p", False), " }"])]


def _end_of_dispatch(s: Scope) -> list[Node]:
    queues = [*s.fifo, *s.ordered]
    s.r.shuffle(queues)
    out = []
    for queue in queues:
        done = s.r.choice((f"if {queue}.move_to_local() {{ return }}", f"{queue}.move_to_local()"))
        out.append(Node("statement", [done, "\n"], ""))
    return [*out, *(Node("statement", [move, "\n"], "") for move in rows.moves(s))]
