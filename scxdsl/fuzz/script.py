# SPDX-License-Identifier: GPL-2.0-only
"""Event scripts: what happens to a modelled machine, as data that can be generated, shrunk and kept.

Tasks are named by the order of their making, modulo those that live; events that make no sense then do nothing. So every
list of events is a script, and so is every part of one.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from scxdsl.model import Model, Task, Topology
from scxdsl.model import cgroups, events, hotplug
from scxdsl.model.constants import PF_KTHREAD

MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Event:
    """`what` is one of EVENTS; `a`, `b` and `c` are its numbers."""

    what: str
    a: int = 0
    b: int = 0
    c: int = 0


@dataclass(frozen=True)
class Script:
    """`before`: tasks that are there when the policy is attached. `smt`, `llcs`, `nodes` shape the machine. `params` is a seed of other
    values of the policy's parameters (settings.py); with 0 they have their defaults."""

    events: tuple[Event, ...]
    cpus: int = 2
    smt: int = 1
    llcs: int = 1
    nodes: int = 1
    before: int = 0
    seed: int = 0
    dump: bool = False  # whether an error asks for the debug dump
    params: int = 0

    def model(self, series: str) -> Model:
        return Model(series, Topology.of(self.cpus, self.smt, self.llcs, self.nodes), self.seed)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Script":
        data = json.loads(text)
        data["events"] = tuple(Event(**e) for e in data["events"])
        return cls(**data)


def _task(m: Model, n: int) -> Task | None:
    tasks = list(m.tasks.values())
    return tasks[n % len(tasks)] if tasks else None


def _spawn(m: Model, a: int, b: int, c: int) -> None:
    if len(m.tasks) < 24:
        by = _online(m, a)
        mask = c & m.topology.all if c % 3 == 0 else None
        names = ("worker", "kworker/0:1", "a", "fifteen_chars_x")
        group = list(m.cgroups.values())[c % len(m.cgroups)]
        events.spawn(m, names[b % 4], by=by, nice=b % 40 - 20, cpus=mask or None, flags=PF_KTHREAD if b % 5 == 4 else 0, cgroup=group)


def _online(m: Model, n: int) -> int:
    here = [c.id for c in m.cpus if c.online]
    return here[n % len(here)]


def _with_task(do: Callable[[Model, Task, int, int], object]) -> Callable[[Model, int, int, int], None]:
    def run(m: Model, a: int, b: int, c: int) -> None:
        p = _task(m, a)
        if p is not None:
            do(m, p, b, c)

    return run


def _offline(m: Model, a: int, b: int, c: int) -> None:
    number = a % len(m.cpus)
    if m.cpus[number].online:
        hotplug.offline(m, number)
    else:
        hotplug.come_online(m, number)


def _group(m: Model, a: int, b: int, c: int) -> None:
    groups = list(m.cgroups.values())
    if len(groups) < 6 and b % 3:
        cgroups.add_cgroup(m, groups[a % len(groups)], weight=1 + c * 97 % 10_000)
    elif b % 3 == 1:
        cgroups.set_cgroup_weight(m, groups[a % len(groups)], 1 + c * 97 % 10_000)
    else:
        cgroups.remove_cgroup(m, groups[a % len(groups)])


def _regroup(m: Model, p: Task, b: int, c: int) -> None:
    groups = list(m.cgroups.values())
    cgroups.move_task(m, p, groups[b % len(groups)], by=_online(m, c))


def _rt(m: Model, a: int, b: int, c: int) -> None:
    cpu = _online(m, a)
    if m.cpus[cpu].higher:
        events.return_cpu(m, cpu)
    else:
        events.take_cpu(m, cpu)


def _bytes(size: int, *numbers: int) -> bytes:
    """What user space may write: mostly small numbers, now and then anything."""
    r = random.Random(repr(numbers))
    return bytes(r.choice((0, 0, 0, 0, 1, 2, 3, r.randrange(256))) for _ in range(size))


def _command(m: Model, a: int, b: int, c: int) -> None:
    program = m.program
    names = sorted(program.commands) if program is not None else []
    if program is not None and names and m.enabled:
        name = names[a % len(names)]
        m.command(name, _bytes(program.commands[name], a, b, c), _online(m, b))


def _feed(m: Model, a: int, b: int, c: int) -> None:
    program = m.program
    names = sorted(program.inboxes) if program is not None else []
    if program is not None and names:
        name = names[a % len(names)]
        size = program.inboxes[name] - (c % 16 == 15)  # now and then one that is too short
        for i in range(1 + b % 3):
            program.post(name, _bytes(size, a, b, c, i))


EVENTS: dict[str, tuple[int, Callable[[Model, int, int, int], None]]] = {
    "spawn": (10, _spawn),
    "wake": (20, _with_task(lambda m, p, b, c: events.wake(m, p, by=_online(m, b), sync=c % 4 == 0))),
    "block": (20, _with_task(lambda m, p, b, c: events.block(m, p))),
    "run": (30, lambda m, a, b, c: m.advance((1 + a * b % 50_000) * 1000)),
    "tick": (8, lambda m, a, b, c: m.advance(4 * MILLISECOND)),
    "nice": (4, _with_task(lambda m, p, b, c: events.set_nice(m, p, b % 40 - 20, by=_online(m, c)))),
    "affinity": (4, _with_task(lambda m, p, b, c: events.set_affinity(m, p, b, by=_online(m, c)))),
    "yield": (4, _with_task(lambda m, p, b, c: events.yield_cpu(m, p))),
    "exit": (4, _with_task(lambda m, p, b, c: events.exit(m, p))),
    "pin": (2, _with_task(lambda m, p, b, c: events.set_migration_disabled(m, p, bool(b % 2)))),
    "rt": (3, _rt),
    "hotplug": (1, _offline),
    "command": (0, _command),
    "feed": (0, _feed),
    "group": (2, _group),
    "regroup": (2, _with_task(_regroup)),
}
"""Each event with its weight in generated scripts."""


def generate(seed: int, length: int = 40, *, quiet: bool = False, exchange: bool = False) -> Script:
    """A script from a seed. `quiet`: no hotplug, which ends policies that do not handle it. `exchange`: user space calls commands and feeds
    inboxes, between the same events."""
    r = random.Random(seed)
    names = [n for n in EVENTS if not (quiet and n == "hotplug")]
    weights = [EVENTS[n][0] for n in names]
    chosen = r.choices(names, weights, k=length)
    made = [Event("spawn", r.randrange(8), r.randrange(256), r.randrange(256)) for _ in range(r.randrange(1, 4))]
    made += [Event(n, r.randrange(256), r.randrange(256), r.randrange(256)) for n in chosen]
    if exchange:
        made = list(_with_exchange(made, random.Random(f"exchange {seed}")))
    cpus = r.choice((1, 2, 2, 3, 4, 8))
    smt = 2 if cpus in (4, 8) and r.random() < 0.5 else 1
    llcs = 2 if cpus == 8 and r.random() < 0.5 else 1
    nodes = llcs if r.random() < 0.5 else 1
    return Script(tuple(made), cpus, smt, llcs, nodes, r.randrange(3), r.randrange(1 << 16), r.random() < 0.5, r.choice((0, r.randrange(1 << 16))))


def _with_exchange(made: list[Event], r: random.Random) -> Iterator[Event]:
    for event in made:
        yield event
        if r.random() < 0.25:
            yield Event(r.choice(("command", "command", "feed")), r.randrange(256), r.randrange(256), r.randrange(256))


def play(m: Model, script: Script) -> None:
    """All events of a script, as far as the policy lives."""
    for event in script.events:
        if m.done:
            return
        EVENTS[event.what][1](m, event.a, event.b, event.c)
