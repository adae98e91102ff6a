# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl fuzz`: generated policies, or one given policy, on many scripts, both engines side by side.

`main(arguments, check, lower)` is the command's body: `check` and `lower` are the compiler's. It prints what it finds and
returns the exit status: 0 nothing found, 1 a difference, 2 a wrong call.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .compare import Difference, Subject
from .coverage import forms
from .generate import generate
from .maker import Maker, Refused
from .script import Script
from .script import generate as generate_script
from .tree import shrink

SERIES = ("6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3")


@dataclass(frozen=True)
class Found:
    """A difference with all that it takes to see it again. `kind`: "difference", "refused" or "crash"."""

    kind: str
    seed: int
    policy: str
    script: Script | None
    series: str
    text: str

    def to_json(self) -> str:
        script = json.loads(self.script.to_json()) if self.script else None
        fields = {"kind": self.kind, "seed": self.seed, "series": self.series, "policy": self.policy, "script": script}
        return json.dumps({"version": 1, **fields, "text": self.text}, indent=1)


@dataclass
class Report:
    """What a run came to."""

    policies: int = 0
    scripts: int = 0
    seconds: float = 0.0


def shrink_script(subject: Subject, difference: Difference) -> Difference:
    """The same policy, fewer events."""
    best = difference
    step = max(1, len(best.script.events) // 2)
    while step:
        at = 0
        while at < len(best.script.events):
            events = best.script.events
            shorter = replace(best.script, events=events[:at] + events[at + step :])
            found = subject.compare(shorter, best.series)
            if found is not None:
                best = found
            else:
                at += step
        step //= 2
    return best


def one(maker: Maker, seed: int, scripts: int, length: int, count: Counter[str] | None = None) -> Found | None:
    """One generated policy on some scripts; a difference comes back shrunk."""
    root = generate(seed)
    text = str(root)
    try:
        made = maker.make(text)
    except Exception as crash:  # the compiler must not fall over a policy, whatever it is
        return Found("crash", seed, text, None, "", f"{type(crash).__name__}: {crash}")
    if isinstance(made, Refused):
        return Found("refused", seed, text, None, "", str(made))
    if count is not None:
        count.update(forms(made.policy))
    for i in range(scripts):
        series = SERIES[(seed + i) % len(SERIES)]
        difference = made.compare(generate_script(seed * 1000 + i, length, exchange=made.exchanges), series)
        if difference is not None:
            return _shrunk(maker, seed, root, difference)
    return None


def _shrunk(maker: Maker, seed: int, root: Any, difference: Difference) -> Found:
    def still(text: str) -> bool:
        try:
            made = maker.make(text)
        except Exception:
            return False
        return not isinstance(made, Refused) and made.compare(difference.script, difference.series) is not None

    text = shrink(root, still)
    made = maker.make(text)
    assert isinstance(made, Subject)
    smallest = shrink_script(made, made.compare(difference.script, difference.series) or difference)
    return Found("difference", seed, text, smallest.script, smallest.series, str(smallest))


def policies(maker: Maker, seeds: Iterator[int], scripts: int, length: int, until: float, report: Report,
             count: Counter[str] | None = None) -> Iterator[Found]:  # fmt: skip
    """Everything that is found, as it is found."""
    for seed in seeds:
        if time.monotonic() > until:
            return
        found = one(maker, seed, scripts, length, count)
        report.policies += 1
        report.scripts += scripts
        if found is not None:
            yield found


def given(maker: Maker, path: str, seeds: Iterator[int], length: int, until: float, report: Report) -> Iterator[Found]:
    """One policy of the author's, on generated scripts."""
    text = Path(path).read_text()
    made = maker.make(text, path)
    report.policies = 1
    if isinstance(made, Refused):
        yield Found("refused", 0, text, None, "", str(made))
        return
    for seed in seeds:
        if time.monotonic() > until:
            return
        report.scripts += 1
        series = SERIES[seed % len(SERIES)]
        difference = made.compare(generate_script(seed, length, exchange=made.exchanges), series)
        if difference is not None:
            smallest = shrink_script(made, difference)
            yield Found("difference", seed, text, smallest.script, series, str(smallest))
            return


def main(arguments: list[str], check: Callable[..., Any], lower: Callable[[Any], Any], say: Callable[[str], None] = print) -> int:
    parser = argparse.ArgumentParser("scxdsl fuzz", description="Looks for a difference between the engines.")
    parser.add_argument("policy", nargs="?", help="a policy; without it policies are generated")
    parser.add_argument("--examples", type=int, default=200, help="policies, or scripts of the one policy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scripts", type=int, default=3, help="scripts for each generated policy")
    parser.add_argument("--length", type=int, default=30, help="events of a script")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after that time")
    parser.add_argument("--save", help="folder for what is found, a JSON file each")
    parser.add_argument("--coverage", action="store_true", help="print how often each form was generated")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:
        return 2 if end.code else 0
    begin, report, count = time.monotonic(), Report(), Counter[str]()
    until = begin + options.minutes * 60 if options.minutes else float("inf")
    seeds = iter(range(options.seed, options.seed + options.examples))
    bad = 0
    with Maker(check, lower) as maker:
        if options.policy:
            stream = given(maker, options.policy, seeds, options.length, until, report)
        else:
            stream = policies(maker, seeds, options.scripts, options.length, until, report, count)
        for found in stream:
            bad += 1
            say(f"{found.kind}, seed {found.seed}\n{found.text}\n{found.policy if found.kind == 'difference' else ''}")
            if options.save:
                folder = Path(options.save)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{found.kind}-{found.seed}.json").write_text(found.to_json() + "\n")
    report.seconds = time.monotonic() - begin
    if options.coverage:
        for name, times in sorted(count.items(), key=lambda row: (row[1], row[0])):
            say(f"{times:8} {name}")
    say(f"{report.policies} policies, {report.scripts} scripts, {bad} findings, {report.seconds:.0f} s")
    return 1 if bad else 0
