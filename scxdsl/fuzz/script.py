# SPDX-License-Identifier: GPL-2.0-only
"""Event scripts: what happens to a modelled machine, as data that can be generated, shrunk and kept.

Tasks are named by the order of their making, modulo those that live; events that make no sense then do nothing. So every
list of events is a script, and so is every part of one.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from scxdsl.model import Cgroup, Model, Task, Topology
from scxdsl.model import cgroups, events, hotplug
from scxdsl.model.constants import PF_KTHREAD
from scxdsl.model.state import PIDS

MILLISECOND = 1_000_000
GROUPS = frozenset(("sd_llc_id", "numa_node"))  # kernel/sched/topology.c with CONFIG_SMP, mm/page_alloc.c with CONFIG_NUMA
_NODES = frozenset(("numa_node",))
LACKING = (GROUPS, _NODES)
"""What kernels have not that were built without several CPUs or nodes in mind."""
_SELDOM = frozenset(("scarce", "names", "offline", "bare", "flat", "numbers", "capacities", "left", "pids"))


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
    values of the policy's parameters (settings.py); with 0 they have their defaults. With `scarce` the kernel has no memory
    for one thing of so many."""

    events: tuple[Event, ...]
    cpus: int = 2
    smt: int = 1
    llcs: int = 1
    nodes: int = 1
    before: int = 0
    seed: int = 0
    dump: bool = False  # whether an error asks for the debug dump
    params: int = 0
    scarce: int = 0
    names: tuple[str, ...] = ()  # of tasks and cgroups, beside the usual ones
    offline: int = 0  # the CPUs that are not there when the policy is attached, as bits; the first always is
    bare: bool = False  # a kernel that was built without groups of CPUs: one cache, one node, and no variables that number them
    left: int = 0  # what an earlier scheduler has left in the vtime and weight of tasks that are there, times their number
    numbers: tuple[int, ...] = ()  # that user space writes
    capacities: tuple[int, ...] = ()  # of the CPUs, in turn
    pids: int = PIDS  # those of tasks come after it
    flat: bool = False  # a kernel that was built without nodes: one node, and no variable that numbers it

    def model(self, series: str) -> Model:
        llcs, nodes = (1, 1) if self.bare else (self.llcs, 1 if self.flat else self.nodes)
        made = Model(series, Topology.of(self.cpus, self.smt, llcs, nodes), self.seed)
        made.numbers, made.capacities = self.numbers, self.capacities
        made.last_pid = self.pids
        made.scarce, made.names, made.lacks = self.scarce, self.names, GROUPS if self.bare else _NODES if self.flat else frozenset()
        return made

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "Script":
        """Of what `plain` made, or JSON of it. Raises TypeError, KeyError."""
        events = tuple(Event(**e) for e in data["events"])
        return cls(**{**data, "events": events, **{several: tuple(data.get(several, ())) for several in ("names", "numbers", "capacities")}})

    def plain(self) -> dict[str, Any]:
        """As JSON has it; what few scripts have stands there only where this one has it."""
        usual = {f.name: f.default for f in fields(self)}
        return {k: v for k, v in asdict(self).items() if k not in _SELDOM or v != usual[k]}

    def to_json(self) -> str:
        return json.dumps(self.plain())

    @classmethod
    def from_json(cls, text: str) -> "Script":
        return cls.from_plain(json.loads(text))


def _task(m: Model, n: int) -> Task | None:
    tasks = list(m.tasks.values())
    return tasks[n % len(tasks)] if tasks else None


def _spawn(m: Model, a: int, b: int, c: int) -> None:
    if len(m.tasks) < 24:
        by = _online(m, a)
        mask = c & m.topology.all if c % 3 == 0 else None
        names = ("worker", "kworker/0:1", "a", "fifteen_chars_x", *m.names)
        group = list(m.cgroups.values())[c % len(m.cgroups)]
        events.spawn(m, names[b % len(names)], by=by, nice=b % 40 - 20, cpus=mask or None, flags=PF_KTHREAD if b % 5 == 4 else 0, cgroup=group)


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
        name = "slice-of-work-" * (c % 7) if c % 3 == 0 else ""  # some are longer than what a policy sees of them
        cgroups.add_cgroup(m, groups[a % len(groups)], weight=1 + c * 97 % 10_000, name=name)
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


def _bytes(m: Model, size: int, *numbers: int) -> bytes:
    """What user space may write: mostly small numbers, now and then anything; numbers of the script, where it has some."""
    r = random.Random(repr(numbers))
    if m.numbers and r.random() < 0.8:
        return b"".join(_word(r, m.numbers) for _ in range(size // 8 + 1))[:size]
    if numbers[-1] % 4 == 1:  # words of which each is a small number: what indices, pids and counts are
        word = r.choice((4, 8))
        return b"".join(r.choice((r.randrange(5), r.randrange(5), 100 + r.randrange(12))).to_bytes(word, "little") for _ in range(size // word + 1))[:size]
    return bytes(r.choice((0, 0, 0, 0, 1, 2, 3, r.randrange(256))) for _ in range(size))


def _word(r: random.Random, numbers: tuple[int, ...]) -> bytes:
    """Eight bytes: a number, or two of half the size."""
    some = [
        r.choice(numbers) if r.random() < 0.8 else r.choice((r.randrange(5), 0, r.randrange(300), r.randrange(1 << 64)))
        for _ in range(2)
    ]  # fmt: skip
    if r.random() < 0.6:
        return some[0].to_bytes(8, "little")
    return b"".join((n & 0xFFFFFFFF).to_bytes(4, "little") for n in some)


def _command(m: Model, a: int, b: int, c: int) -> None:
    program = m.program
    names = sorted(program.commands) if program is not None else []
    if program is not None and names and m.enabled:
        name = names[a % len(names)]
        m.command(name, _bytes(m, program.commands[name], a, b, c), _online(m, b))


def _feed(m: Model, a: int, b: int, c: int) -> None:
    program = m.program
    names = sorted(program.inboxes) if program is not None else []
    if program is not None and names:
        name = names[a % len(names)]
        size = program.inboxes[name] - (c % 16 == 15)  # now and then one that is too short
        for i in range(1 + b % 3):
            program.post(name, _bytes(m, size, a, b, c, i))


def _crowd(m: Model, a: int, b: int, c: int) -> None:
    """Many tasks at once, most of which wake nobody."""
    group = list(m.cgroups.values())[c % len(m.cgroups)]
    for i in range(2 + a % 16):
        if len(m.tasks) < 60:
            name = m.names[(b + i) % len(m.names)] if m.names and c % 2 else f"crowd{i}"
            events.spawn(m, name, by=_online(m, b), nice=(b + i) % 40 - 20, cgroup=group)


def _churn(m: Model, p: Task, b: int, c: int) -> None:
    """A task's nice value changes again and again: it is queued as often."""
    for i in range(4 << (b % 11 if c % 8 == 0 else b % 3)):
        if m.done or p.dead:
            return
        events.set_nice(m, p, i % 2, by=_online(m, c))


def _starve(m: Model, a: int, b: int, c: int) -> None:
    """Real-time tasks take every CPU, and the clock jumps as it does for a paused machine: the watchdog ends the policy if a task waits."""
    _spawn(m, a, b, 1)
    for cpu in m.cpus:
        if cpu.online and not cpu.higher:
            events.take_cpu(m, cpu.id)
    _jump(m, 2 * m.timeout)
    m.advance(m.timeout // 100)


def _jump(m: Model, nanoseconds: int) -> None:
    """The machine stood still, its clock did not: what was due meanwhile comes now, and once."""
    m.now += nanoseconds
    m.advance(0)


def _other(m: Model, b: int) -> Task:
    tasks = list(m.tasks.values())
    return tasks[b % len(tasks)]


def _of_group(do: Callable[[Model, Cgroup, int, int], object]) -> Callable[[Model, int, int, int], None]:
    return lambda m, a, b, c: do(m, list(m.cgroups.values())[a % len(m.cgroups)], b, c) and None


_NAMES = ("system.slice", "user.slice", "init.scope", "a", "a-very-long-name-of-a-cgroup-that-goes-on-and-on.service", "")


def _child(m: Model, group: Cgroup, b: int, c: int) -> None:
    """A named cgroup below one that there is; the last one now and then, so that some lie deep."""
    if len(m.cgroups) < 24:
        above = list(m.cgroups.values())[-1] if c % 2 else group
        cgroups.add_cgroup(m, above, weight=1 + c * 97 % 10_000, name=(_NAMES + m.names)[b % len(_NAMES + m.names)])


def _deep(m: Model, group: Cgroup, b: int, c: int) -> None:
    """Named cgroups one below another, and a task that moves into the lowest."""
    names = _NAMES + m.names
    for i in range(1 + b % 4):
        name = names[(b // 4 + i * (1 + c % 2)) % len(names)]
        made = cgroups.add_cgroup(m, group, weight=1 + c * 97 % 10_000, name=name) if len(m.cgroups) < 24 else None
        if made is None:
            return
        group = made
    p = _task(m, c)
    if p is not None:
        cgroups.move_task(m, p, group, by=_online(m, c))


def _vanish(m: Model, group: Cgroup, b: int, c: int) -> None:
    """A cgroup's tasks move to the root, and it is removed while something of it may still be known."""
    for p in list(m.tasks.values()):
        if p.cgroup is group and group is not m.root:
            cgroups.move_task(m, p, m.root, by=_online(m, b))
    cgroups.remove_cgroup(m, group)


def _multitude(m: Model, a: int, b: int, c: int) -> None:
    """So many tasks that maps fill, and if `a` is odd each in a cgroup of its own; real-time tasks have the CPUs, so that all of them wait."""
    if len(m.tasks) > 100:
        return
    for cpu in m.cpus:
        if c % 2 and cpu.online and not cpu.higher:
            events.take_cpu(m, cpu.id)
    for i in range(1100 if b % 2 else 300):
        group = cgroups.add_cgroup(m) if a % 2 else m.root
        if m.done or group is None:
            return
        events.spawn(m, f"many{i}", by=_online(m, i), nice=i % 40 - 20, cgroup=group)


def _throng(m: Model, a: int, b: int, c: int) -> None:
    """More tasks wait than one dispatch may hand out."""
    for i in range(4):
        _crowd(m, 255, b + i, c)


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
    # those of scripts that are to take every branch
    "crowd": (0, _crowd),
    "churn": (0, _with_task(_churn)),
    "starve": (0, _starve),
    "sleep": (0, lambda m, a, b, c: m.advance((1 + a) * (30 if b % 64 == 0 else 1) * MILLISECOND)),
    "jump": (0, lambda m, a, b, c: _jump(m, (1 + a) << b % 32)),
    "compare": (0, _with_task(lambda m, p, b, c: events.core_sched_before(m, p, _other(m, b)))),
    "yield_to": (0, _with_task(lambda m, p, b, c: events.yield_to(m, p, _other(m, b)))),
    "child": (0, _of_group(_child)),
    "deep": (0, _of_group(_deep)),
    "remove": (0, _of_group(lambda m, g, b, c: cgroups.remove_cgroup(m, g))),
    "weigh": (0, _of_group(lambda m, g, b, c: cgroups.set_cgroup_weight(m, g, (1, 10_000)[b % 2] if c % 2 else 1 + (b << 8 | c) % 10_000))),
    "vanish": (0, _of_group(_vanish)),
    "throng": (0, _throng),
    "multitude": (0, _multitude),
    "bandwidth": (0, _of_group(lambda m, g, b, c: cgroups.set_cgroup_bandwidth(m, g, 1000 * (1 + b), 100 * c, c % 7))),
    "idle": (0, _of_group(lambda m, g, b, c: cgroups.set_cgroup_idle(m, g, bool(b % 2)))),
    "cancel": (0, _with_task(lambda m, p, b, c: cgroups.cancel_move(m, p, list(m.cgroups.values())[b % len(m.cgroups)], by=_online(m, c)))),
}
"""Each event with its weight in generated scripts; those of weight 0 stand in scripts that ask for them (wide.py, `exchange`)."""


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


def after(m: Model) -> None:
    """What user space does that has not seen the policy end: it calls the commands once more. Hooks are still there too."""
    tasks = list(m.tasks.values())[:4] if m.hooked else []
    for before, p in zip(tasks, tasks[1:], strict=False):  # another class runs them now
        m.fire("sched_switch", False, before, p, 1)
        for do in (events.wake, events.exit):
            do(m, p)
    program = m.program
    for name in sorted(program.commands) if program is not None else ():
        m.command(name, bytes(program.commands[name]))
