# SPDX-License-Identifier: GPL-2.0-only
"""One run of a scheduler: attach, load, watch, detach, and everything that can be learnt from it."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..objects import Object
from ..objects.exchange import hooks, rings
from ..objects.layout import layout_of, unpack
from ..objects.object import Global
from ..objects.shape_layout import value_of
from . import kmsg
from .errors import GuestError
from .kernels import Kernel
from .link import Link, WorkerSpec
from .load import Group, Worker, results
from .protocol import ProgramLines

STATE = "/sys/kernel/sched_ext/state"
ROOT = "/sys/kernel/sched_ext/root"
UNREGISTERED = "SCX_EXIT_UNREG"
# Detaching waits for the kernel's own disabling, which a work item does.
SETTLE = 30.0
MOST_RECORDS = 1000  # of a ring, in a Run
RECORD_RING, RECORD_LOST, MOST_ENTRIES = "__record", "__record_lost", 1 << 31


@dataclass(frozen=True)
class Place:
    """A place in a .scx file; lines and columns count from 1."""

    file: str
    line: int
    column: int | None = None


@dataclass(frozen=True)
class Exit:
    """Why the scheduler ended, in the kernel's words. `kind` is the kernel's name (SCX_EXIT_UNREG), `number` its value."""

    kind: str
    number: int
    code: int
    reason: str
    message: str
    place: Place | None = None


@dataclass(frozen=True)
class Call:
    """Something to do in the middle of a run: call the program `name` with a context, or with `inbox` post `data` to the inbox."""

    name: str
    data: bytes
    inbox: bool = False


@dataclass(frozen=True)
class Answer:
    """What a call came to: what the program returned (0, or a negative errno) and its context afterwards."""

    name: str
    status: int
    data: bytes


@dataclass(frozen=True)
class Run:
    """One run. `seconds`: how long the scheduler was attached. `refusal`: why it could not be attached, or what the kernel ran in its
    place. `faults`: lines of the
    kernel's log that tell of a fault. `stats` sum all CPUs; `events` are the kernel's own counters (6.16 and later); `answers` those of
    the commands that were called; `rings` what user space found in each; `left_out` the hooks whose target the kernel lacks; `record` the
    entries that an object built for recording wrote (docs/objects.md), `lost` how many found no room; `called` how often the kernel ran
    each program, where that was asked for."""

    kernel: str
    attached: bool
    seconds: float
    refusal: str = ""
    ejected: bool = False
    stats: dict[str, Any] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    globals: dict[str, Any] = field(default_factory=dict)
    answers: tuple["Answer", ...] = ()
    rings: dict[str, list[Any]] = field(default_factory=dict)
    record: bytes = field(default=b"", repr=False)
    lost: int = 0
    called: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    workers: tuple[Worker, ...] = ()
    exit: Exit | None = None
    zeroed: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    dmesg: tuple[str, ...] = field(default=(), repr=False)

    @property
    def clean(self) -> bool:
        """Attached, let go by user space and by nobody else, and the kernel's log has no complaint."""
        return self.attached and not self.ejected and not self.faults and self.exit is not None and self.exit.kind == UNREGISTERED


@dataclass
class UnknownGlobal(GuestError):
    """A value was given for a parameter that the object does not have."""

    name: str
    known: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"the object has no parameter `{self.name}`; it has {', '.join(self.known) or 'none'}"


@dataclass
class WrongSize(GuestError):
    name: str
    got: int
    size: int

    @property
    def message(self) -> str:
        return f"parameter `{self.name}` has {self.size} bytes, {self.got} were given"


def patches(obj: Object, values: Mapping[str, bytes]) -> list[tuple[str, int, bytes]]:
    """Where in which section each value goes; UnknownGlobal or WrongSize."""
    result = []
    for name, data in values.items():
        variable = obj.variable(name)
        if variable is None or not variable.section.startswith(".rodata"):
            raise UnknownGlobal(name, tuple(g.name for g in obj.globals if g.section.startswith(".rodata") and not g.static))
        if len(data) != variable.size:
            raise WrongSize(name, len(data), variable.size)
        result.append((variable.section, variable.offset, data))
    return result


def hooks_of(obj: Object, values: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """The hooks to load and those to leave out, by the parameters that they stand under: given ones, else the defaults."""
    wanted, unwanted = [], []
    for hook in hooks(obj):
        given = values.get(hook.condition)
        variable = obj.variable(hook.condition)
        if given is None and variable is not None:
            given = obj.sections[variable.section][variable.offset : variable.offset + variable.size]
        (wanted if given is None or any(given) else unwanted).append(hook.program)
    return wanted, unwanted


def _sum(values: Sequence[Any]) -> Any:
    """Adds what several CPUs hold of the same shape."""
    first = values[0]
    if isinstance(first, dict):
        return {name: _sum([v[name] for v in values]) for name in first}
    if isinstance(first, list):
        return [_sum([v[i] for v in values]) for i in range(len(first))]
    return sum(values)


def read_stats(obj: Object, entries: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """The per-CPU map `stats`, summed: by member for a struct, by index otherwise."""
    definition = obj.map("stats")
    if definition is None or definition.value_type is None or obj.btf is None:
        return {}
    layout = layout_of(obj.btf, definition.value_type)
    step = (layout.size + 7) & ~7
    result: dict[str, Any] = {}
    for key, value in entries:
        total = _sum([unpack(layout, value[at : at + layout.size]) for at in range(0, len(value), step)])
        if isinstance(total, dict):
            return total
        result[str(int.from_bytes(key, "little"))] = total
    return result


def _writable(obj: Object) -> list[Global]:
    return [g for g in obj.globals if g.section.startswith((".data", ".bss"))]


def read_globals(obj: Object, sections: Mapping[str, bytes]) -> dict[str, Any]:
    """Writable globals by name, from their sections' present content; without the compiler's own, which begin with `__`."""
    result = {}
    for variable in _writable(obj):
        content = sections.get(variable.section)
        if content is not None and obj.btf is not None and not variable.name.startswith("__"):
            result[variable.name] = unpack(layout_of(obj.btf, variable.type), content[variable.offset : variable.offset + variable.size])
    return result


def exit_of(record: Mapping[str, Any] | None, kinds: Mapping[int, str], lines: Iterable[ProgramLines]) -> Exit | None:
    """The exit record `uei` as the derived exit callback filled it; None when it did not run."""
    if not record or not record.get("kind"):
        return None
    number = record["kind"]
    message = record.get("msg", "")
    trace = [address & (1 << 64) - 1 for address in record.get("bt", [])[: record.get("bt_len", 0)]]
    return Exit(
        kinds.get(number, str(number)), number, record.get("exit_code", 0), record.get("reason", ""), message,
        place_of(message, trace, lines),
    )  # fmt: skip


def place_of(message: str, trace: Iterable[int], lines: Iterable[ProgramLines]) -> Place | None:
    """The place of an ejection: named by the message of an `error` statement, else the innermost frame that is the policy's."""
    named = re.match(r"(\S+\.scx):(\d+)(?::(\d+))?: ", message)
    if named:
        return Place(named[1], int(named[2]), int(named[3]) if named[3] else None)
    programs = list(lines)
    for address in trace:
        for program in programs:
            code = program.at(address)
            if code is not None:
                return Place(code.file.rsplit("/", 1)[-1], code.line, code.column)
    return None


def parse_events(text: str) -> dict[str, int]:
    """`SCX_EV_NAME value` lines of sysfs."""
    return {name: int(value) for name, value in re.findall(r"^(\w+)\s+(-?\d+)\s*$", text, re.MULTILINE)}


def read_sections(link: Link, obj: Object) -> dict[str, bytes]:
    result = {}
    for section in {g.section for g in _writable(obj)}:
        entries = link.map(section)
        if entries:
            result[section] = entries[0][1]
    return result


def _lost(obj: Object, sections: Mapping[str, bytes]) -> int:
    variable = obj.variable(RECORD_LOST)
    if variable is None or variable.section not in sections:
        return 0
    return int.from_bytes(sections[variable.section][variable.offset : variable.offset + variable.size], "little")


class Session:
    """A loaded object in a guest, from attach to the end. `seconds`, `workers`: see Guest.run.

    `calm`: the load runs only while the scheduler is attached, not during attach and detach. Then the kernel rewrites its own code,
    and an older qemu that emulates CPUs in parallel can keep a stale copy of it: of runs with 7.2 one in eight ended in an oops, with
    10.0 none in 82.
    """

    def __init__(
        self, link: Link, kernel: Kernel, obj: Object, kmsg_mark: int, zeroed: tuple[str, ...], calm: bool, left_out: tuple[str, ...] = (),
        counting: bool = False,
    ) -> None:
        self._link, self._kernel, self._obj, self._mark, self._zeroed = link, kernel, obj, kmsg_mark, zeroed
        self._left_out = left_out
        self._calm = calm
        self._counting = counting

    def run(self, seconds: float, workers: Sequence[WorkerSpec], groups: Sequence[Group] = (), calls: Sequence[Call] = ()) -> Run:
        link = self._link
        lines = link.lines()
        for group in groups:
            link.cgroup(group.path, group.weight)
        if self._counting:  # before the load begins and until it has ended: the kernel rewrites its code for this too
            link.costs()
        if not self._calm:
            link.load_start(workers)
        try:
            answer = link.attach()
            if answer.errno:
                return self._finish(lines, refusal="\n".join([answer.words, *(m.strip() for m in answer.messages)]))
            if self._calm:
                link.load_start(workers)
            start = time.monotonic()
            before = link.load_read()
            wrong = self._others()
            held, answers = self._watch(seconds, calls) if not wrong else (0.0, [])
            after = link.load_read()
            ejected = bool(wrong) or link.file(STATE) != "enabled\n"
            events = link.file(f"{ROOT}/events") or ""
            called = {cost.program: cost.calls for cost in link.costs()} if self._counting else {}
            if self._calm:
                link.load_stop()
            link.detach()
            self._settle()
            return self._finish(
                lines, attached=True, refusal=wrong, seconds=held if ejected else time.monotonic() - start, ejected=ejected,
                events=parse_events(events), workers=results(before, after), answers=tuple(answers), rings=self._rings(), record=self._record(),
                called=called,
            )  # fmt: skip
        finally:
            link.load_stop()
            if self._counting:
                link.costs(on=False)
            for group in reversed(groups):
                link.cgroup(group.path, 0)

    def _watch(self, seconds: float, calls: Sequence[Call]) -> tuple[float, list[Answer]]:
        """Waits for the end of the run, and in its middle makes the calls, one after the other; seconds that the scheduler lived."""
        if not calls:
            return self._link.watch(seconds, STATE, "enabled\n"), []
        start, answers = time.monotonic(), []
        self._link.watch(seconds / 2, STATE, "enabled\n")
        for call in calls:
            if call.inbox:
                self._link.post(call.name, call.data)
            else:
                ((status, data),) = self._link.test_run(call.name, [call.data])
                answers.append(Answer(call.name, status, data))
        self._link.watch(seconds / 2, STATE, "enabled\n")
        return time.monotonic() - start, answers

    def _rings(self) -> dict[str, list[Any]]:
        return {
            ring.name: [value_of(ring.element, ring.layout, record) for record in self._link.take(ring.name, MOST_RECORDS)]
            for ring in rings(self._obj)
        }

    def _record(self) -> bytes:
        return b"".join(self._link.take(RECORD_RING, MOST_ENTRIES)) if self._obj.map(RECORD_RING) else b""

    def _others(self) -> str:
        """Empty unless the kernel runs another scheduler than this object's."""
        ops = self._obj.ops
        name = ops.values.get("name") if ops else None
        running = (self._link.file(f"{ROOT}/ops") or "").strip()
        return f"the kernel runs {running}" if running not in ("", name) else ""

    def _settle(self) -> None:
        """Waits until the kernel is back with its default scheduler."""
        limit = time.monotonic() + SETTLE
        while self._link.file(STATE) != "disabled\n" and time.monotonic() < limit:
            time.sleep(0.05)

    def _finish(self, lines: tuple[ProgramLines, ...], attached: bool = False, seconds: float = 0.0, **found: Any) -> Run:
        link, obj = self._link, self._obj
        sections = read_sections(link, obj)
        values = read_globals(obj, sections)
        record = values.pop("uei", None)
        stats = read_stats(obj, link.map("stats") or ()) if obj.map("stats") else {}
        raw, _ = link.kmsg(self._mark)
        records = [r for line in raw if (r := kmsg.parse(line))]
        return Run(
            self._kernel.name, attached, round(seconds, 3), stats=stats, globals=values, zeroed=self._zeroed, left_out=self._left_out,
            lost=_lost(obj, sections),
            exit=exit_of(record, dict(self._kernel.exit_kinds), lines), faults=kmsg.faults(records),
            dmesg=tuple(r.text for r in records), **found,
        )  # fmt: skip
