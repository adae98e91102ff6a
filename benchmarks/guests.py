# SPDX-License-Identifier: GPL-2.0-only
"""What real kernels say: instructions that the verifier walks, and what each callback costs."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

from scxdsl import objects
from scxdsl.guest import Guest
from scxdsl.guest.load import LOADS
from scxdsl.kernel.facts import Facts

STATE = "/sys/kernel/sched_ext/state"


@dataclass(frozen=True)
class Verified:
    """Verified instructions by callback (the member of the ops table); `refusal` is the kernel's reason where it refuses."""

    by_callback: dict[str, int]
    refusal: str = ""

    @property
    def total(self) -> int:
        return sum(self.by_callback.values())


def callbacks(data: bytes) -> dict[str, str]:
    """Program name -> callback."""
    ops = objects.read(data).ops
    return {program: member for member, program in ops.programs.items()} if ops else {}


def verify(guest: Guest, data: bytes) -> Verified:
    names = callbacks(data)
    verdicts = guest.verify(data)
    refused = [v for v in verdicts if not v.accepted]
    if refused:
        return Verified({}, f"{refused[0].program}: {_reason(refused[0].reason)}".removeprefix(": "))
    return Verified({names.get(v.program, v.program): v.verified for v in verdicts})


def _constants(guest: Guest, data: bytes) -> list[tuple[str, int, bytes]]:
    """What the kernel tree's loaders write into `__SCX_NAME`: the running kernel's value of that constant."""
    facts = Facts.load()
    series = facts.set_of(guest.kernel.series)
    found = []
    for g in objects.read(data).globals:
        constant = facts.constant(g.name[2:]) if g.name.startswith("__SCX_") else None
        value = constant.values.within(series).newest if constant else None
        if value is not None:
            found.append((g.section, g.offset, (value % (1 << 64)).to_bytes(8, "little")[: g.size]))
    return found


def _settle(guest: Guest) -> None:
    """Waits until the kernel takes the next scheduler."""
    end = time.monotonic() + 20
    while guest.read_file(STATE) != "disabled\n" and time.monotonic() < end:
        time.sleep(0.05)


def _reason(words: str) -> str:
    """The line that tells most: libbpf also warns of what it can do without."""
    found = [line for line in words.splitlines() if line and not line.endswith(("Retrying without BTF.", "set to zero"))]
    return (found or words.splitlines() or ["no reason given"])[0]


def costs(guest: Guest, builds: Mapping[str, bytes], seconds: float, rounds: int, load: str = "mix") -> dict[str, dict[str, float]]:
    """Nanoseconds a call by callback, of each build: the median of rounds in which the builds take turns under the same load."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in builds}
    for _ in range(rounds):
        for name, data in builds.items():
            for callback, cost in _round(guest, data, seconds, load).items():
                found[name].setdefault(callback, []).append(cost)
    return {name: {c: statistics.median(values) for c, values in by.items()} for name, by in found.items()}


def _round(guest: Guest, data: bytes, seconds: float, load: str) -> dict[str, float]:
    link, names = guest.link, callbacks(data)
    link.open(data, 0)
    for section, offset, value in _constants(guest, data):
        link.patch(section, offset, value)
    try:
        loaded = link.load(300)
        if loaded.errno:
            raise RuntimeError(f"the kernel refused the object: {loaded.words}")
        link.costs()
        answer = link.attach()
        if answer.errno:
            raise RuntimeError(f"the kernel did not take the scheduler: {answer.words}")
        link.load_start(LOADS[load](guest.topology.cpus))
        held = link.watch(seconds, STATE, "enabled\n")
        counted = link.costs()
        link.load_stop()
        link.detach()
        _settle(guest)
        if held < seconds * 0.9:
            raise RuntimeError(f"the scheduler was ejected after {held:.1f} s")
    finally:
        link.close()
    return {names[c.program]: c.nanoseconds / c.calls for c in counted if c.calls > 50 and c.program in names}
