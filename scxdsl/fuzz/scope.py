# SPDX-License-Identifier: GPL-2.0-only
"""What is known while a policy is generated: its declarations, and the names in reach."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .topic import Topic

UNSIGNED = ("u8", "u16", "u32", "u64")
SIGNED = ("i8", "i16", "i32", "i64")
UNITS = ("duration", "time", "vtime")
SCALARS = (*UNSIGNED, *SIGNED, *UNITS, "bool", "cpu")
# Words of the grammar that may be names.
WORDS = """atomic by command count dsq dump every exit from guards hist hook inbox keeping lock log map on optional per percpu pure
restart ring stat table test timer tree""".split()
BITS = {t: int(t[1:]) for t in (*UNSIGNED, *SIGNED)}


@dataclass(frozen=True)
class Fn:
    name: str
    params: tuple[tuple[str, str, bool], ...]  # name, type, mut
    result: str  # empty: nothing
    quiet: bool = False  # asks the kernel nothing and has no effect: may be called with a lock held
    under: str = ""  # the lock that callers hold


@dataclass
class Scope:
    """`names`: (text, type, may be written), innermost last."""

    r: random.Random
    names: list[tuple[str, str, bool]] = field(default_factory=list)
    globals: list[tuple[str, str, bool]] = field(default_factory=list)
    structs: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    enums: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = field(default_factory=dict)
    stats: list[str] = field(default_factory=list)
    fifo: list[str] = field(default_factory=list)  # queues that are used first in first out
    ordered: list[str] = field(default_factory=list)  # queues by vtime
    functions: list[Fn] = field(default_factory=list)
    task_fields: list[tuple[str, str]] = field(default_factory=list)  # members of tasks
    cpu_fields: list[tuple[str, str]] = field(default_factory=list)  # members of CPUs
    maps: list[tuple[str, str, str, str]] = field(default_factory=list)  # name, kind, key, value
    hists: list[str] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    atomics: list[tuple[str, str]] = field(default_factory=list)
    owners: list[Any] = field(default_factory=list)  # places that own tasks and cgroups: fuzz/owners.py
    sets: list[tuple[str, bool]] = field(default_factory=list)  # cpusets, and whether they may be written
    texts: list[tuple[str, int, bool]] = field(default_factory=list)  # texts, their room in bytes, whether they may be written
    topics: "tuple[Topic, ...]" = ()  # what this policy is about beside the basics
    opaque: dict[str, Any] = field(default_factory=dict)  # what topics know of their own declarations, by topic
    callback: str = ""
    quiet: bool = False  # with a lock held: the kernel answers nothing
    pure: bool = False  # neither questions to the kernel nor effects: fuzz/pure.py
    held: str = ""  # the lock, as it is named
    result: str = ""  # what `return` gives; empty: nothing
    tasks: list[str] = field(default_factory=list)
    loops: int = 0
    room: int = 0  # how many more statements may be made
    count: int = 0
    words: list[str] = field(default_factory=list)

    def fresh(self, stem: str) -> str:
        """A name that nothing has; now and then a word that means something elsewhere."""
        self.count += 1
        if stem in ("v", "a") and self.r.random() < 0.02 and len(self.words) < len(WORDS):
            word = self.r.choice([w for w in WORDS if w not in self.words])
            self.words.append(word)
            return word
        return f"{stem}{self.count}"

    def made(self, kind: str) -> list[Any]:
        """What a topic noted under that word; the list may be added to."""
        return self.opaque.setdefault(kind, [])

    @contextmanager
    def block(self) -> Iterator[None]:
        kept, tasks = len(self.names), self.tasks
        yield
        del self.names[kept:]
        self.tasks = tasks

    def reach(self, t: str, write: bool = False) -> list[str]:
        """Places of that type: locals, globals, and what lies in them."""
        out = []
        for name, found, mutable in (*self.globals, *self.names):
            if write and not mutable:
                continue
            if found == t:
                out.append(name)
            for path, inner in self._inside(found):
                if inner == t:
                    out.append(name + path)
        for p in self.tasks:
            out += [f"{p}.{name}" for name, found in self.task_fields if found == t]
        out += [f"this_cpu.{name}" for name, found in self.cpu_fields if found == t and self.callback]
        return out

    def writable(self) -> list[tuple[str, str]]:
        """Every scalar that may be written, with its type."""
        out = []
        for name, t, mutable in (*self.globals, *self.names):
            if mutable:
                out += [(name + path, inner) for path, inner in (("", t), *self._inside(t)) if inner in SCALARS]
        for p in self.tasks:
            out += [(f"{p}.{name}", t) for name, t in self.task_fields if t in SCALARS]
        if self.callback:
            out += [(f"this_cpu.{name}", t) for name, t in self.cpu_fields if t in SCALARS]
        return out

    def _inside(self, t: str) -> list[tuple[str, str]]:
        if t in self.structs:
            out = []
            for name, inner in self.structs[t]:
                out.append((f".{name}", inner))
                out += [(f".{name}{path}", deep) for path, deep in self._inside(inner)]
            return out
        if t.startswith("[") and not t.startswith("[("):
            of, length = t[1:-1].split("; ")
            return [(f"[{i}]", of) for i in range(int(length))][:3]
        return []

    def arrays(self, of: str, write: bool = False) -> list[tuple[str, int]]:
        """Arrays of elements of that type, with their length."""
        return [
            (name, int(t[1:-1].split("; ")[1]))
            for name, t, mutable in (*self.globals, *self.names)
            if t.startswith("[") and t[1:-1].split("; ")[0] == of and (mutable or not write)
        ]
