# SPDX-License-Identifier: GPL-2.0-only
"""Scripts that look for branches which no script has taken yet: each has its own mixture of events, other parameters, little memory now and
then; and what led to something new before is changed and tried again."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from scxdsl.objects.instruction import Form

from . import settings
from .compare import Subject, Ways
from .script import EVENTS, Event, Script, generate

_LEFT = (1000, 10**7, 1 << 59, (1 << 64) - 10**6)  # times the number of the task: less than half of the range apart, as a vtime must be
_LENGTHS = (15, 30, 30, 60)
_LONGEST = 120
_KEPT = 64
SELDOM = {
    "churn": 1, "crowd": 2, "sleep": 1, "jump": 1, "compare": 4, "yield_to": 3, "child": 4, "deep": 2, "remove": 2,
    "vanish": 2, "throng": 0.3, "weigh": 3, "bandwidth": 1, "idle": 1, "cancel": 2,
}  # fmt: skip
"""Weights of events that other scripts do not have."""


def scripts(subject: Subject, count: int, ways: Ways) -> Iterator[tuple[Script, str]]:
    """So many scripts, each with its kernel, which rotate. Between two of them the caller runs the script and adds to `ways` what it took."""
    found: list[Script] = []
    r = random.Random("wide")
    constants = sorted(_constants(subject))
    for n in range(count):
        made = _changed(r, subject, found, constants) if found and r.random() < 0.5 else fresh(r, n, subject, constants)
        before = len(ways.taken)
        yield made, subject.kernels[n // 4 % len(subject.kernels)]
        if len(ways.taken) > before:
            found.append(made)
            del found[:-_KEPT]


def fresh(r: random.Random, seed: int, subject: Subject, constants: Sequence[int] = ()) -> Script:
    """A script of its own: with all that scripts can have, each seldom."""
    base = generate(seed, 1, quiet=True)
    events = [*base.events[:-1], *_events(r, r.choice(_LENGTHS), subject)]
    if r.random() < 0.04:
        events.append(Event("starve", r.randrange(256), r.randrange(256), r.randrange(256)))
    smt = 4 if base.cpus in (4, 8) and r.random() < 0.3 else base.smt
    params = _params(r)
    return replace(
        base, smt=smt, nodes=_nodes(r, base), bare=r.random() < 0.05, flat=r.random() < 0.08, offline=r.randrange(256) if r.random() < 0.15 else 0,
        events=tuple(events), names=_names(r, subject, params), numbers=_numbers(r, subject, constants), capacities=_capacities(r),
        before=r.choice((0, 1, 2, 6)), left=r.choice(_LEFT) if r.random() < 0.15 else 0,
        scarce=r.choice((2, 3, 6, 20)) if r.random() < 0.12 else 0, params=params,
    )  # fmt: skip


def _nodes(r: random.Random, base: Script) -> int:
    """Now and then several caches to a node, or nodes where there is one cache."""
    return r.choice((1, 2)) if base.cpus >= 4 and r.random() < 0.3 else base.nodes


def _capacities(r: random.Random) -> tuple[int, ...]:
    """Of CPUs that are not alike."""
    return tuple(r.choice((1024, 1024, 960, 959, 446, 250, 1)) for _ in range(r.randrange(1, 5))) if r.random() < 0.2 else ()


def _events(r: random.Random, length: int, subject: Subject) -> Iterator[Event]:
    """Of each event as many as it weighs, much more or none at all."""
    weights = {name: weight or SELDOM.get(name, 0) for name, (weight, _) in EVENTS.items()}
    commands = r.choice((12, 12, 80) if subject.policy.callbacks else (60, 600)) if subject.policy.commands else 0
    weights |= {"command": commands, "feed": 8 if subject.policy.inboxes else 0}
    if "queue<" in subject.text:
        weights["churn"] = 3
    if any(200 < int(n) <= 1100 for n in _ROOM.findall(subject.text)):
        weights["multitude"] = 0.05
    mixed = [w * r.choice((0, 1, 1, 1, 4)) for w in weights.values()]
    if r.random() < 0.6:
        mixed[list(weights).index("hotplug")] = 0
    if not any(mixed):
        mixed = list(weights.values())
    for name in r.choices(list(weights), mixed, k=length):
        yield Event(name, r.randrange(256), r.randrange(256), r.randrange(256))


def _changed(r: random.Random, subject: Subject, found: Sequence[Script], constants: Sequence[int]) -> Script:
    """One that led to something new, with a few changes."""
    base = r.choice(found[-16:] if r.random() < 0.5 else found)
    events = [e for e in base.events if e.what != "multitude" or r.random() < 0.1]  # which costs as much as a hundred scripts
    for _ in range(r.randrange(1, 5)):
        at = r.randrange(len(events) + 1)
        match r.randrange(5):
            case 0:
                events[at:at] = _events(r, r.randrange(1, 12), subject)
            case 1:
                del events[at : at + r.randrange(1, 6)]
            case 2:
                other = r.choice(found).events
                events[at:] = other[r.randrange(len(other) + 1) :]
            case 3 if at < len(events):
                events[at] = replace(events[at], **{r.choice("abc"): r.randrange(256)})
            case _:
                events[at:at] = events[at : at + r.randrange(1, 8)]
    made = replace(base, events=tuple(events[:_LONGEST]) or base.events)
    if r.random() < 0.3:
        params = _params(r)
        made = replace(made, params=params, names=_names(r, subject, params))
    if r.random() < 0.4:
        made = replace(made, numbers=_numbers(r, subject, constants))
    if r.random() < 0.2:
        other = fresh(r, r.randrange(1 << 16), subject)
        made = replace(made, cpus=other.cpus, smt=other.smt, llcs=other.llcs, nodes=other.nodes, seed=other.seed, capacities=other.capacities)
    return made


def _params(r: random.Random) -> int:
    return r.randrange(1, 2 * settings.MANY) if r.random() < 0.6 else 0


_TEXT = re.compile(r'"([^"{}\\\n]{1,40})"')


def _names(r: random.Random, subject: Subject, params: int) -> tuple[str, ...]:
    """Texts of the policy and of its parameters, whole and with one character more, less or other: what names are compared with."""
    out = []
    # sorted, for the order of a set of texts differs from process to process
    given = sorted({text for value in settings.chosen(subject.policy, params).values() for text in _texts(value)})
    for text in sorted(set(_TEXT.findall(subject.text)))[:24]:
        for part in sorted({text, text.strip("/").split("/")[0]}):
            at = r.randrange(len(part)) if part else 0
            out += [part, r.choice((part[:at], part + "x", part[:at] + "~" + part[at + 1 :]))]
    r.shuffle(out)
    base = r.choice(given if given and r.random() < 0.6 else ("fifteen_chars_x", *out[:3]))
    long = (base + "fifteen_chars_x"[len(base) :])[:15] if r.random() < 0.7 else base
    for at in r.sample(range(len(long)), min(8, len(long))):  # alike up to there
        out.insert(0, r.choice((long[:at], long[:at] + "~" + long[at + 1 :])))
    return (*given, *out[:12])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


_ROOM = re.compile(r"^(?:map|tree) .*\[(\d+)\]", re.MULTILINE)
_NUMBER = re.compile(r"\b(0x[0-9a-fA-F]+|[0-9][0-9_]*)(ns|us|ms|s|K|M)?\b")
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "K": 1 << 10, "M": 1 << 20}


def _constants(subject: Subject) -> set[int]:
    """Numbers that stand in the policy's text, and those that its bytecode compares with."""
    out = {int(number.replace("_", ""), 0 if number.startswith("0x") else 10) * _UNITS.get(unit, 1) for number, unit in _NUMBER.findall(subject.text)}
    for f in subject.object.functions:
        filled = f.relocation_at.keys() | f.core_at.keys()
        out |= {i.imm for i in f.instructions if i.form is Form.BRANCH and not i.register or i.form is Form.IMMEDIATE and i.at not in filled}
    return {n & _M64 for n in out}


_M64 = (1 << 64) - 1


def _numbers(r: random.Random, subject: Subject, constants: Sequence[int]) -> tuple[int, ...]:
    """What user space writes: numbers of the policy, those beside them, and the edges of what numbers can be."""
    if not subject.exchanges or not constants or r.random() < 0.2:
        return ()
    out = [r.choice(constants) * r.choice((1, 1, 1, 1, 2, 3, 21, 64)) + r.choice((-1, 0, 0, 0, 1)) for _ in range(r.randrange(2, 8))]
    out += [(1 << r.randrange(65)) + r.choice((-1, 0, 0, 1)) for _ in range(r.randrange(1, 4))]
    out += [r.randrange(1 << r.choice((8, 16, 32, 63, 64))), r.choice((0, 1, _M64, _M64 >> 1))]
    for _ in range(r.randrange(2, 7)):  # some that lie so far apart as the policy's numbers are
        out.append(r.choice(out) + r.choice(constants) * r.choice((0, 1, 1, 2, 3, 21, 64)) + r.choice((0, 0, 1, r.randrange(300))))
    out += r.choices(range(6), k=r.choice((0, 0, 3, 8)))
    return tuple(n & _M64 for n in out)


__all__ = ["SELDOM", "fresh", "scripts"]
