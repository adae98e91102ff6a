# SPDX-License-Identifier: GPL-2.0-only
"""Asks the compiler: policies that use each function, callback and field by the form or the name that the page tells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from facts_of import FACTS, functions, left_out, used, written

from scxdsl.compiler import Checked, check, lower
from scxdsl.ir.printer import print_module
from scxdsl.kernel.ctype import Arg
from scxdsl.kernel.items import Kfunc
from scxdsl.kernel.versions import Kernels
from scxdsl.source.diagnostic import Severity

# Where a function is called from, the first that may on all of its kernels.
_PLACES = ("tick", "enqueue", "dispatch", "select_cpu", "init", "init_task", "cpu_release")
_BODIES = {"tick": "on tick(p)", "enqueue": "on enqueue(p, f)", "dispatch": "on dispatch(cpu, prev)", "select_cpu": "on select_cpu(p, prev, wake)",
           "init": "on init", "init_task": "on init_task(p, args)", "cpu_release": "on cpu_release(cpu)"}  # fmt: skip
_BY_NAME = {"cpu": "this_cpu", "prev_cpu": "this_cpu", "dsq_id": "q", "slice": "1ms", "vtime": "0", "enq_flags": "{}", "wake_flags": "{}"}


@dataclass(frozen=True)
class Written:
    """`policy` uses the kernel functions `of` in the way that `form` tells; `instead` are those it makes unnecessary."""

    form: str
    policy: str
    of: tuple[str, ...]
    instead: tuple[str, ...] = ()
    by_name: bool = False


def whole(policy: str) -> str:
    return policy if policy.startswith("scheduler") else "scheduler doc\n" + policy


@cache
def forms() -> tuple[Written, ...]:
    """The short forms."""
    return tuple(Written(row["form"], whole(row["policy"]), tuple(row["of"]), tuple(row.get("instead", ()))) for row in written()["form"])


def names() -> Iterator[Written]:
    """Functions without a short form, each called by its name."""
    covered = {name for w in forms() for name in (*w.of, *w.instead)}
    for name in functions():
        kfunc = FACTS.kfunc(name)
        if name not in covered and not left_out(name) and kfunc is not None:
            made = _call(name, kfunc)
            if made is not None:
                yield made


def _call(name: str, kfunc: Kfunc) -> Written | None:
    proto = kfunc.proto.newest or kfunc.proto.values()[-1]
    place = next((p for p in _PLACES if FACTS.permission(name, p).allowed == kfunc.where), None)
    if place is None:
        return None
    call = f"{name}({', '.join(_argument(a) for a in proto.args)})"
    task = "" if place in ("tick", "enqueue", "select_cpu", "init_task") or "(p" not in call else "let p = task(1) else { return }; "
    end = " prev" if place == "select_cpu" else ""
    return Written(call, f"scheduler doc {{ kernels: {_range(kfunc.where)} }}\ndsq q\n{_BODIES[place]} {{ {task}{call}; {end} }}", (name,), by_name=True)


def _range(kernels: Kernels) -> str:
    newest = "" if kernels.newest == FACTS.names[-1] else f"={kernels.newest}"
    return f"{kernels.oldest}..{newest}"


def _argument(a: Arg) -> str:
    if a.name in _BY_NAME:
        return _BY_NAME[a.name]
    for struct, text in (("task_struct", "p"), ("cgroup", "p.cgroup"), ("cpumask", "p.cpus_allowed")):
        if a.type.points_to(struct):
            return text
    return "0"


def errors(policy: str) -> list[tuple[str, str, int]]:
    return [(d.code, d.message, d.span.line) for d in check(policy, "doc.scx").diagnostics if d.severity is Severity.ERROR]


def calls(policy: str) -> set[str]:
    """The kernel functions and helpers in what is compiled, under the kernel's names. Raises ValueError where check refuses."""
    return calls_of(check(policy, "doc.scx"))


def calls_of(checked: Checked) -> set[str]:
    wrong = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    if wrong:
        raise ValueError(f"{wrong[0].code} {wrong[0].message}")
    text = print_module(lower(checked))
    found = {name.removesuffix("___x") for name in re.findall(r"\b_{0,2}(?:scx_)?bpf_\w+|\b__scx_bpf_\w+", text)}
    return found | {f"bpf_{name}" for name in re.findall(r"\bhelper (\w+)", text)}


# ---- callbacks, fields


def callback(name: str) -> str:
    """A policy that has the callback, with all of its parameters, for the kernels that take it."""
    op = FACTS.op(name)
    assert op is not None
    kernels = op.where - op.refused
    proto = op.proto.newest
    params = ", ".join(a.name for a in proto.args) if proto else ""
    params = params.replace("from", "before").replace("to", "after") if name == "yield" else params
    gives = {"select_cpu": "prev_cpu", "yield": "false", "core_sched_before": "false"}.get(name, "")
    return f"scheduler doc {{ kernels: {_range(kernels)} }}\non {name}{f'({params})' if params else ''} {{ {gives} }}\n"


def field(path: str) -> tuple[str, str]:
    """A policy that reads a field that schedulers read, and how it is written there."""
    struct, _, rest = path.partition(".")
    known = FACTS.field(path)
    kernels = _range(known.where) if known else "6.12.."
    base, head = _BASES[struct]
    text = f"{base}.{rest}"
    return text, f"scheduler doc {{ kernels: {kernels} }}\nvar n: u64\n{head} {{ {_use(text, path)} }}\n"


_BASES = {
    "task_struct": ("p", "on tick(p)"), "cgroup": ("cg", "on cgroup_init(cg, args)"), "rq": ("this_cpu.rq", "on tick(p)"),
    "scx_cgroup_init_args": ("args", "on cgroup_init(cg, args)"), "scx_exit_task_args": ("args", "on exit_task(p, args)"),
    "scx_init_task_args": ("args", "on init_task(p, args)"),
}  # fmt: skip


def _use(text: str, path: str) -> str:
    known = FACTS.field(path)
    t = known.type.newest.type if known and known.type.newest else None
    if t is not None and (t.points_to("cpumask") or t.name == "cpumask"):
        return f"n = {text}.len"
    if t is not None and t.kind.value == "pointer":
        return f"if {text} == none {{ n = 1 }}" if not t.points_to("cgroup") else f"n = {text}.level as u64"
    if t is not None and t.kind.value == "array":
        return f'if {text} == "x" {{ n = 1 }}'
    if t is not None and t.kind.value == "bool":
        return f"if {text} {{ n = 1 }}"
    return f"n = {text} as u64"


__all__ = ["Written", "callback", "calls", "errors", "field", "forms", "names", "used"]
