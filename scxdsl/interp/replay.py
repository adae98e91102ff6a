# SPDX-License-Identifier: GPL-2.0-only
"""The reference interpreter on the record of a real kernel's run: given the same answers it must come to the same decisions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scxdsl.model import Cgroup
from scxdsl.model import KernelOps
from scxdsl.source.records import dataclass, field
from scxdsl.typing import typed

from .context import Leave
from .engine import Interpreter
from .locks import has_locks
from .record import END, Difference, Diverged, Entry, Record


@dataclass
class Replayed:
    """What a replay came to. `by_program`: invocations that were followed to their end."""

    by_program: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    incomplete: int = 0  # the record lacks a part of these
    differences: list[tuple[str, int, Difference]] = field(default_factory=list)  # program, invocation

    @property
    def invocations(self) -> int:
        return sum(self.by_program.values())


class _Machine:
    """As much of a model as the interpreter looks at without asking the kernel."""

    def __init__(self, series: str, cpus: int) -> None:
        self.series, self.this, self.trace = series, 0, None
        self.cpus = range(cpus)
        self.online = (1 << cpus) - 1
        self.topology = self
        self.all = self.online
        self.subjects = (0, 0, 0, 0)
        self.cgroups: dict[int, Cgroup] = {}


class _Silent:
    """A kernel that knows its constants and answers nothing else: answers come from the record."""

    def __init__(self, series: str, cpus: int) -> None:
        self.m = _Machine(series, cpus)

    constant, has_kfunc, has_struct = KernelOps.constant, KernelOps.has_kfunc, KernelOps.has_struct

    def nr_cpu_ids(self) -> int:
        return len(self.m.cpus)

    def user_dsq(self, id: int) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(KernelOps, name):
            raise AttributeError(name)
        return lambda *given: 0


class Replay:
    """Follows the invocations of a recorded policy, whose tree has the marks. `params`: by name, other than the defaults."""

    def __init__(self, policy: typed.Policy, series: str, cpus: int, params: Mapping[str, Any] = {}) -> None:
        assert policy.recording is not None
        self.policy, self.recording = policy, policy.recording
        self.record = Record(self.recording, ordered=not has_locks(policy))
        self.interpreter = Interpreter(policy, _Silent(series, cpus), params, self.record)  # type: ignore[arg-type]

    def follow(self, entries: Sequence[Entry]) -> Difference | None:
        """One invocation, from its beginning to its end."""
        site, words = entries[0]
        name = self.recording.programs[site]
        self.record.begin(entries[1:])
        try:
            self._run(name, site, iter(words))
        except Leave:
            pass
        except Diverged as diverged:
            return diverged.difference
        left = self.record.left()
        if left:
            there = self.recording.sites[left[0][0]]
            return Difference(None, left[0][1], None, f"the record goes on with {there.what} in line {there.span.line}")
        return None

    def _run(self, name: str, site: int, words: Iterator[int]) -> None:
        callback = self.policy.callback(name)
        if callback is None:
            self._expire(site, words)
            return
        began = callback.body.statements[0]
        assert isinstance(began, typed.Began)
        given = {v: self.record.value(v.type, words) for v in began.variables}
        self.interpreter.bodies[name](tuple(given.get(p, 0) for p in callback.params))

    def _expire(self, site: int, words: Iterator[int]) -> None:
        for timer, states in zip(self.policy.timers, self.interpreter.state.timers, strict=True):
            began = timer.body.statements[0] if timer.body is not None else None
            if isinstance(began, typed.Began) and began.site == site:
                index = 0 if timer.here is None else self.record.value(timer.here.type, words)
                states[index].armed = True
                states[index].run()

    def all(self, invocations: Mapping[int, Sequence[Entry]]) -> Replayed:
        """All invocations of a record, by number."""
        out = Replayed()
        for number, entries in sorted(invocations.items()):
            out.entries += len(entries)
            if entries[-1] != (END, (len(entries) - 1,)) or entries[0][0] not in self.recording.programs:
                out.incomplete += 1
                continue
            name = self.recording.programs[entries[0][0]]
            found = self.follow(entries)
            if found is None:
                out.by_program[name] = out.by_program.get(name, 0) + 1
            else:
                out.differences.append((name, number, found))
        return out


def invocations(data: bytes) -> dict[int, list[Entry]]:
    """The entries of a record by invocation. Layout: u64 invocation, u32 site, u32 number of words, u64 each.

    Raises ValueError where the data ends within an entry.
    """
    out: dict[int, list[Entry]] = {}
    words = memoryview(data).cast("Q") if len(data) % 8 == 0 else None
    if words is None:
        raise ValueError("the record ends within an entry")
    at = 0
    while at < len(words):
        number, head = words[at], words[at + 1] if at + 1 < len(words) else 0
        site, count = head & 0xFFFFFFFF, head >> 32
        end = at + 2 + count
        if end > len(words):
            raise ValueError("the record ends within an entry")
        out.setdefault(number, []).append((site, tuple(words[at + 2 : end])))
        at = end
    return out
