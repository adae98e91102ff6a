# SPDX-License-Identifier: GPL-2.0-only
"""Findings about owners: places in memory that hold tasks and cgroups."""

import re
from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.surroundings import before
from scxdsl.source.text import Span


@dataclass(frozen=True)
class Moved(Diagnostic):
    """`keep x.f = t` moves what t owns into x.f, and t is gone. What may have been moved, on some way to this place or in an earlier turn
    of a loop, counts as moved."""

    code = "E0751"
    title = "`{name}` may have been moved away"
    label = "used after it was moved"
    help = "read it again from where it was kept, or keep it last"
    bad = "scheduler s\nvar last: task?\nvar n: u64\non tick(p) { let t = task(1) else { return }\n keep last = t\n n = t.weight as u64 }\n"
    good = "scheduler s\nvar last: task?\nvar n: u64\non tick(p) { let t = task(1) else { return }\n n = t.weight as u64\n keep last = t }\n"
    name: str
    moved: Span

    def labels(self) -> Iterable[Label]:
        yield Label(self.moved, "moved here")


@dataclass(frozen=True)
class KeepWanted(Diagnostic):
    """A place that owns a task or a cgroup is not copied into: what it held has to be given back, and what comes in changes its owner. So it
    is written by `keep`, and by nothing else."""

    code = "E0752"
    title = "`{name}` owns what it holds: `=` cannot change it"
    label = "an owner"
    bad = "scheduler s\nvar last: task?\non tick(p) { last = p }\n"
    good = "scheduler s\nvar last: task?\non tick(p) { keep last = p }\n"
    name: str

    def helps(self) -> Iterable[Help]:
        edits = (Edit(before(self.span), "keep "),) if re.match(r" *= *\w", self.span.source.text[self.span.end :]) else ()
        yield Help(f"write `keep {self.name} = …`", edits)


@dataclass(frozen=True)
class OwnerCopied(Diagnostic):
    """A struct or an array with owners inside cannot be copied: there would be two owners of one thing. It stays in its place, which a `mut`
    parameter or a `ref` can name; its fields are read and written one by one."""

    code = "E0753"
    title = "{type} owns what is in it and is not copied"
    label = "would be a second owner"
    bad = "scheduler s\nstruct Seat { who: task? }\nvar seats: [Seat; 4]\nvar n: u64\non tick(p) { let s = seats[1]\n if let t = s.who { n = t.weight as u64 } }\n"
    good = (
        "scheduler s\nstruct Seat { who: task? }\nvar seats: [Seat; 4]\nvar n: u64\n"
        "on tick(p) { let s = ref seats[1]\n if let t = s.who { n = t.weight as u64 } }\n"
    )
    type: str

    def helps(self) -> Iterable[Help]:
        bound = re.search(r"\blet (mut )?\w+ = $", self.span.source.text[: self.span.start])
        yield Help("name the place: `let mut s = ref …`, or a `mut` parameter", (Edit(before(self.span), "ref "),) if bound else ())


@dataclass(frozen=True)
class NotAnOwner(Diagnostic):
    """`keep` and `take` are for places in memory that own a task or a cgroup: variables, members of `per` blocks and tables, fields and
    elements of those, and values of maps, declared `task?` or `cgroup?`. A local names what another place or its own block owns."""

    code = "E0754"
    title = "`{name}` is no place that owns something"
    label = "{why}"
    bad = "scheduler s\nvar n: u64\non tick(p) { keep n = 3 }\n"
    good = "scheduler s\nvar last: task?\non tick(p) { keep last = p }\n"
    name: str
    why: str


@dataclass(frozen=True)
class OwnerPlace(Diagnostic):
    """The kernel counts references only from values of hash, lru and array maps and from the state of tasks and cgroups (kernel/bpf/syscall.c,
    map_check_btf), and not from unions. So owners lie in variables, in members of `per` blocks and tables, in structs and arrays there, and
    alone as the values of a `hash`, `lru` or `array` map; not in queues, stacks, rings, trees, variants, tuples, arrays of varying length."""

    code = "E0755"
    title = "{type} cannot lie in {what}"
    label = "an owner has no place there"
    help = "{edit}"
    bad = "scheduler s\nmap waiting: queue<task?>[8]\non tick(p) { }\n"
    good = "scheduler s\nmap waiting: hash<u64, task?>[8]\non tick(p) { keep waiting[3] = p }\n"
    type: str
    what: str
    edit: str = "keep its pid or id there, and look it up with `task(pid)` or `cgroup(id)`"


@dataclass(frozen=True)
class TooManyOwners(Diagnostic):
    """Owners of a task or a cgroup lie in values of ten (include/linux/btf.h, BTF_FIELDS_MAX), each a map of its own, and one that is named by
    a variable index is found by comparing it with each. Elsewhere an owner is an entry of one map, and a million may be."""

    code = "E0756"
    title = "{count} owners in {what}: at most {most}"
    label = "too many"
    help = "keep some in a table or a map"
    bad = "scheduler s\nper task { seen: [task?; 65] }\non tick(p) { keep p.seen[3] = p }\n"
    good = "scheduler s\nper task { seen: [task?; 64] }\non tick(p) { keep p.seen[3] = p }\n"
    count: int
    what: str
    most: int
