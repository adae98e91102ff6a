# SPDX-License-Identifier: GPL-2.0-only
"""Scripts that look for branches which no script has taken yet: each has its own mixture of events, other parameters, little memory now and
then; and what led to something new before is changed and tried again."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .compare import Subject, Ways
from .script import EVENTS, Event, Script, generate

_LENGTHS = (15, 30, 30, 60)
_LONGEST = 120
_KEPT = 64
SELDOM = {"churn": 1, "crowd": 2, "sleep": 1, "jump": 1, "compare": 4, "yield_to": 3, "child": 4, "deep": 2, "remove": 2, "weigh": 3, "bandwidth": 1, "idle": 1, "cancel": 2}
"""Weights of events that other scripts do not have."""


def scripts(subject: Subject, count: int, ways: Ways) -> Iterator[tuple[Script, str]]:
    """So many scripts, each with its kernel, which rotate. Between two of them the caller runs the script and adds to `ways` what it took."""
    found: list[Script] = []
    r = random.Random("wide")
    for n in range(count):
        made = _changed(r, subject, found) if found and r.random() < 0.5 else fresh(r, n, subject)
        before = len(ways.taken)
        yield made, subject.kernels[n // 4 % len(subject.kernels)]
        if len(ways.taken) > before:
            found.append(made)
            del found[:-_KEPT]


def fresh(r: random.Random, seed: int, subject: Subject) -> Script:
    """A script of its own: with all that scripts can have, each seldom."""
    base = generate(seed, 1, quiet=True)
    events = [*base.events[:-1], *_events(r, r.choice(_LENGTHS), subject)]
    if r.random() < 0.04:
        events.append(Event("starve", r.randrange(256), r.randrange(256), r.randrange(256)))
    smt = 4 if base.cpus in (4, 8) and r.random() < 0.3 else base.smt
    return replace(
        base, smt=smt, bare=r.random() < 0.05, offline=r.randrange(256) if r.random() < 0.15 else 0, events=tuple(events), names=_names(r, subject), before=r.choice((0, 1, 2, 6)), scarce=r.choice((2, 3, 6, 20)) if r.random() < 0.12 else 0, params=_params(r)
    )


def _events(r: random.Random, length: int, subject: Subject) -> Iterator[Event]:
    """Of each event as many as it weighs, much more or none at all."""
    weights = {name: weight or SELDOM.get(name, 0) for name, (weight, _) in EVENTS.items()}
    weights |= {"command": 12 if subject.policy.commands else 0, "feed": 8 if subject.policy.inboxes else 0}
    mixed = [w * r.choice((0, 1, 1, 1, 4)) for w in weights.values()]
    if r.random() < 0.6:
        mixed[list(weights).index("hotplug")] = 0
    if not any(mixed):
        mixed = list(weights.values())
    for name in r.choices(list(weights), mixed, k=length):
        yield Event(name, r.randrange(256), r.randrange(256), r.randrange(256))


def _changed(r: random.Random, subject: Subject, found: Sequence[Script]) -> Script:
    """One that led to something new, with a few changes."""
    base = r.choice(found[-16:] if r.random() < 0.5 else found)
    events = list(base.events)
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
        made = replace(made, params=_params(r))
    if r.random() < 0.2:
        other = fresh(r, r.randrange(1 << 16), subject)
        made = replace(made, cpus=other.cpus, smt=other.smt, llcs=other.llcs, nodes=other.nodes, seed=other.seed)
    return made


def _params(r: random.Random) -> int:
    return r.randrange(1, 1 << 16) if r.random() < 0.6 else 0


_TEXT = re.compile(r'"([^"{}\\\n]{1,40})"')


def _names(r: random.Random, subject: Subject) -> tuple[str, ...]:
    """Texts of the policy, whole and with one character more, less or other: what names are compared with."""
    out = []
    for text in sorted(set(_TEXT.findall(subject.text)))[:24]:
        for part in {text, text.strip("/").split("/")[0]}:
            at = r.randrange(len(part)) if part else 0
            out += [part, r.choice((part[:at], part + "x", part[:at] + "~" + part[at + 1 :]))]
    r.shuffle(out)
    return tuple(out[:8])


__all__ = ["SELDOM", "fresh", "scripts"]
