# SPDX-License-Identifier: GPL-2.0-only
"""What real kernels say: instructions that the verifier walks, and what each callback costs."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from scxdsl import objects
from scxdsl.guest import Guest
from scxdsl.guest.errors import GuestError
from scxdsl.guest.link import Loaded
from scxdsl.guest.load import GROUPS, LOADS
from scxdsl.guest.protocol import Role

from . import loaders
from .kconfig import config

STATE = "/sys/kernel/sched_ext/state"
FILL_SECONDS = 300.0


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: an object, and what its loader does before and after the load."""

    data: bytes
    before: loaders.Before | None = None
    after: loaders.After | None = None


@dataclass(frozen=True)
class Verified:
    """Verified instructions by callback (the member of the ops table); `refusal` is the kernel's reason where it refuses."""

    by_callback: dict[str, int]
    refusal: str = ""

    @property
    def total(self) -> int:
        return sum(self.by_callback.values())


@dataclass(frozen=True)
class Cost:
    """Of one callback: nanoseconds a call, the median of the rounds, and calls in all rounds."""

    nanoseconds: float
    calls: int


@dataclass
class Unfit(GuestError):
    """A scheduler did not hold out for its round."""

    name: str
    why: str

    @property
    def message(self) -> str:
        return f"{self.name}: {self.why}"


def callbacks(data: bytes) -> dict[str, str]:
    """Program name -> callback."""
    ops = objects.read(data).ops
    return {program: member for member, program in ops.programs.items()} if ops else {}


def load(guest: Guest, side: Side) -> Loaded:
    """Loads an object as its own loader would."""
    link, obj = guest.link, objects.read(side.data)
    link.open(side.data, 0, config(guest.kernel))
    loaders.enums(guest, obj)
    if side.before is not None:
        side.before(link, obj, guest.topology.cpus)
    return link.load(FILL_SECONDS)


def verify(guest: Guest, side: Side) -> Verified:
    names = callbacks(side.data)
    try:
        loaded = load(guest, side)
    except GuestError as error:  # libbpf makes nothing of it
        return Verified({}, error.message)
    guest.link.close()
    if loaded.errno:
        return Verified({}, _reason("\n".join(loaded.messages)))
    return Verified({names.get(p.name, p.name): p.verified for p in loaded.programs})


def _settle(guest: Guest) -> None:
    """Waits until the kernel takes the next scheduler."""
    end = time.monotonic() + 20
    while guest.read_file(STATE) != "disabled\n" and time.monotonic() < end:
        time.sleep(0.05)


def _reason(words: str) -> str:
    """The line that tells most: libbpf also warns of what it can do without."""
    found = [line for line in words.splitlines() if line and not line.endswith(("Retrying without BTF.", "set to zero"))]
    return (found or words.splitlines() or ["no reason given"])[0]


def costs(guest: Guest, sides: Mapping[str, Side], seconds: float, rounds: int, kind: str) -> dict[str, dict[str, Cost]]:
    """What each callback of each side costs under a load (a name of load.LOADS). The sides take turns, and turns at being the first."""
    found: dict[str, dict[str, list[tuple[int, int]]]] = {name: {} for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            for callback, cost in guest.steady(partial(_round, guest, name, sides[name], seconds, kind)).items():
                found[name].setdefault(callback, []).append(cost)
    return {name: {c: _cost(values) for c, values in by.items()} for name, by in found.items()}


def _cost(rounds: Sequence[tuple[int, int]]) -> Cost:
    return Cost(statistics.median(ns / calls for ns, calls in rounds), sum(calls for _, calls in rounds))


def _round(guest: Guest, name: str, side: Side, seconds: float, kind: str) -> dict[str, tuple[int, int]]:
    link, names, groups = guest.link, callbacks(side.data), GROUPS.get(kind, ())
    for group in groups:
        link.cgroup(group.path, group.weight)
    try:
        loaded = load(guest, side)
        if loaded.errno:
            raise Unfit(name, _reason("\n".join(loaded.messages)))
        if side.after is not None:
            side.after(link)
        link.costs()
        answer = link.attach()
        if answer.errno:
            raise Unfit(name, f"the kernel did not take it: {answer.words}")
        # the C original of flatcg (7.3) is ejected within a second where cgroups come and go
        link.load_start([w for w in LOADS[kind](guest.topology.cpus) if w.role is not Role.GROUPS])
        held = link.watch(seconds, STATE, "enabled\n")
        counted = link.costs()
        link.load_stop()
        link.detach()
        _settle(guest)
        if held < seconds * 0.9:
            raise Unfit(name, f"it was ejected after {held:.1f} s")
    finally:
        if guest.alive:
            link.load_stop()
            link.close()
            for group in reversed(groups):
                link.cgroup(group.path, 0)
    return {names[c.program]: (c.nanoseconds, c.calls) for c in counted if c.calls > 50 and c.program in names}
