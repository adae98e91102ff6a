# SPDX-License-Identifier: GPL-2.0-only
"""Findings about maps."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Help
from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class BadMap(Diagnostic):
    """A map has a kind (`hash<K, V>`, `lru<K, V>`, `array<T>`, `queue<T>`, `stack<T>`), a capacity, and keys and values of plain
    data: numbers, units, truth values, structs and arrays of these."""

    code = "E0640"
    title = "{problem}"
    label = "{label_text}"
    bad = "scheduler s\nmap m: table<u32, u64>[16]\n"
    good = "scheduler s\nmap m: hash<u32, u64>[16]\n"
    problem: str
    label_text: str


@dataclass(frozen=True)
class NotOnThisMap(Diagnostic):
    """Maps with keys have `m[k]`, `put`, `add`, `remove` and `in`; queues and stacks have `push`, `pop` and `peek`."""

    code = "E0641"
    title = "a {kind} has no `{name}`"
    label = "not on a {kind}"
    bad = "scheduler s\nmap m: hash<u32, u64>[16]\non tick(p) { m.push(1) }\n"
    good = "scheduler s\nmap m: queue<u64>[16]\non tick(p) { m.push(1) }\n"
    kind: str
    name: str

    def helps(self) -> Iterable[Help]:
        known = "push(v), pop(), peek()" if self.kind in ("queue", "stack") else "m[k], put(k, v), add(k, v), remove(k), k in m"
        yield Help(f"it has {known}")


@dataclass(frozen=True)
class MapRow(Diagnostic):
    """`map m[4]: queue<u32>[64]` is a row of four maps; `m[i]` names one. A `table` has one a row. The kernel makes maps when the policy is
    loaded, so their number is written in the text: tasks, CPUs and cgroups, of which there may be any number, have none of their own. A
    program may use 64 maps (include/linux/bpf.h, MAX_USED_MAPS), of which rows may have 48."""

    code = "E0642"
    title = "`{name}`: {problem}"
    label = "{problem}"
    help = "{edit}"
    bad = "scheduler s\nmap m[4]: queue<u32>[64]\non tick(p) { m.push(1) }\n"
    good = "scheduler s\nmap m[4]: queue<u32>[64]\non tick(p) { m[2].push(1) }\n"
    name: str
    problem: str
    edit: str
