# SPDX-License-Identifier: GPL-2.0-only
"""Forms that topics come to seldom or not at all. They have chances of their own, so that the rest of a policy is the same with and without
them; what stands in callbacks stands first and needs nothing but the parameters."""

import random
from collections.abc import Callable, Iterator

from .scope import WORDS, Scope
from .topic import declaration
from .tree import Node

_SHARE = 1 / 20
"""Of the places where a form can stand, those where it does."""

_KEEP = ("enqueue", "dispatch", "select_cpu")  # a task must not be lost here, so nothing leaves early
_QUIET = ("dump", "dump_cpu", "dump_task", "exit")


def begin(s: Scope, seed: int) -> None:
    """Before anything is made."""
    s.opaque["seldom"] = random.Random(f"seldom {seed}")


def chance(s: Scope, share: float = _SHARE) -> bool:
    return s.opaque["seldom"].random() < share


def _choice(s: Scope, *some: str) -> str:
    return s.opaque["seldom"].choice(some)


# ---- statements


def statements(s: Scope) -> list[Node]:
    """What begins the body of the callback at hand."""
    if s.callback in _QUIET:
        return []
    made = [make(s) for make in _OF.get(s.callback, ()) if chance(s, 0.3)]
    made += [make(s) for make in _ANY if chance(s, _SHARE / 2)]
    return [Node("statement", [text, "\n"], "") for text in made if text]


def _chosen(s: Scope) -> str:
    cpu = s.fresh("y")
    among = _choice(s, "p.cpus_allowed", "online", "possible")
    return f"if let {cpu} = select_cpu_and(p, prev, wake, {among}{_choice(s, '', ', .core')}) {{ log \"among {{{cpu}.index}}\" }}"


def _refused_task(s: Scope) -> str:
    return f"if p.nice == {_choice(s, '0', '5', '-20')} {{ p.disallow = true }}"


def _slots(s: Scope) -> str:
    return 'log "{slots()} left"'


def _handed_back(s: Scope) -> str:
    return "LOCAL.reenqueue()"


def _or_leave(s: Scope) -> str:
    """A variable that is bound, or the callback is left."""
    if s.callback in _KEEP or s.result:
        return ""
    name = s.fresh("y")
    return f"let mut {name}{_choice(s, '', ': cpu')} = {_choice(s, 'online.first', 'idle_cpus.any')} else {{ return }}\nlog \"from {{{name}.index}}\""


def _ended(s: Scope) -> str:
    """A block whose last statement ends like the others."""
    name = s.fresh("y")
    return f"{{ let {name} = {_choice(s, '3', 'nr_cpus')}; log \"in {{{name}}}\"; }}"


def _same(s: Scope) -> str:
    return f"if {_choice(s, 'online == possible', 'idle_cpus == online', 'possible == online')} {{ log \"all\" }}"


def _around(s: Scope) -> str:
    """From a CPU on, round to it again."""
    name = s.fresh("y")
    other = _choice(s, "", " else { log \"round\" }")
    return f"for {name} in {_choice(s, 'cpus', 'online', 'possible')} from this_cpu {{ if {name}.index {_choice(s, '== 0', '> 1')} {{ break }} }}{other}"


def _where(s: Scope) -> str:
    return f"if {_choice(s, 'in_nmi', 'in_hardirq', 'in_softirq')}() {{ log \"far down\" }}"


def _path(s: Scope) -> str:
    name = s.fresh("y")
    return f"if let {name} = cgroup({_choice(s, '1', '2')}) {{ if {name}.path.starts_with(\"{_choice(s, '/', '/g1', '/g2/')}\") {{ log \"path\" }} }}"


def _words(s: Scope) -> str:
    """Words of the grammar as names."""
    free = [w for w in WORDS if w not in s.words]
    some = s.opaque["seldom"].sample(free, min(6, len(free)))
    lines = [f"let {w} = {i if i == 0 else some[i - 1] + ' + 1'}" for i, w in enumerate(some)]
    return "{\n" + "\n".join(lines) + f"\nif {some[-1]} > 9 {{ return }}\n}}" if some and not s.result and s.callback not in _KEEP else ""


def _no_arms(s: Scope) -> str:
    return f"match {_choice(s, 'nr_cpus', 'this_cpu.index')} {{ }}"


def _kernels_own(s: Scope) -> str:
    return 'log "ran {p.se.sum_exec_runtime}"' if s.tasks[:1] == ["p"] and s.callback != "init_task" else ""


_Make = Callable[[Scope], str]
_OF: dict[str, tuple[_Make, ...]] = {
    "select_cpu": (_chosen,), "init_task": (_refused_task,), "dispatch": (_slots,), "cpu_release": (_handed_back, _handed_back),
}  # fmt: skip
_ANY: tuple[_Make, ...] = (_or_leave, _ended, _same, _around, _around, _where, _where, _path, _words, _words, _no_arms, _kernels_own, _kernels_own, _kernels_own)


# ---- declarations


def declarations(s: Scope) -> Iterator[Node]:
    """What may follow all else."""
    for make in (_elsewhere, _pending, _bounds, _shares, _under, _first):
        if chance(s):
            yield declaration(make(s))


def _elsewhere(s: Scope) -> str:
    """A hook at what no kernel has."""
    return f"hook {_choice(s, 'fentry', 'fexit')} elsewhere/{s.fresh('f')}() optional {{ }}\n"


def _pending(s: Scope) -> str:
    ring, command = s.fresh("r"), s.fresh("do")
    return f"ring {ring}: u64[4K]\ncommand {command}(a: u64) -> u64 {{\nif !{ring}.send(a) {{ log \"full\" }}\n{ring}.pending\n}}\n"


def _bounds(s: Scope) -> str:
    """Patterns that name what a module declares."""
    module, command = s.fresh("m"), s.fresh("do")
    arms = f"{module}.PERIOD => 1, 1 .. {module}.LIMIT => 2, {module}.LIMIT ..= {_choice(s, '60000', '50000')} => 3, else => 4"
    return f"use pelt as {module}\ncommand {command}(a: u64) -> u64 {{ match a * 200 {{ {arms} }} }}\n"


def _shares(s: Scope) -> str:
    module, command = s.fresh("m"), s.fresh("do")
    return f"use \"fuzz/shares.scx\" as {module}\ncommand {command}(a: u32) -> u64 {{ {module}.charge(nr_cpus, a) }}\n"


def _under(s: Scope) -> str:
    """Functions that are called with a lock held."""
    lock, kept, change, ask, command = s.fresh("l"), s.fresh("g"), s.fresh("fn"), s.fresh("fn"), s.fresh("do")
    tail = _choice(s, f" under {lock} -> u64", f" -> u64 under {lock}")
    return (
        f"var {kept}: u64\nlock {lock} guards {kept}\nfn {change}(by: u64) under {lock} {{ {kept} += by }}\nfn {ask}(){tail} {{ {kept} * 3 }}\n"
        f"command {command}(a: u64) -> u64 {{ under {lock} {{ {change}(a)\n{ask}() }} }}\n"
    )


def _first(s: Scope) -> str:
    """What each CPU has of its own, and what it begins with."""
    kept, command = s.fresh("g"), s.fresh("do")
    some = {
        "u64": ("7", f"{kept} += a"), "i8": ("-1", f"{kept} = (a & 7) as i8"), "bool": ("true", f"{kept} = !{kept}"), "u32?": ("5", f"{kept} = none"),
        "[u16; 3]": ("[1, 2, 3]", f"{kept}[a % 3] += 1"), "(u8, i64)": ("(1, -2)", f"{kept} = (2, 3)"),
        "str[8]": ('"begin"', f'{kept} = "end"'), "cpuset": ('"0-2"', f"{kept}.add(this_cpu)"),
    }  # fmt: skip
    type = _choice(s, *some)
    first, turned = some[type]
    return f"percpu var {kept}: {type} = {first}\ncommand {command}(a: u64) -> u64 {{\n{turned}\na\n}}\n"


__all__ = ["begin", "chance", "declarations", "statements"]
