# SPDX-License-Identifier: GPL-2.0-only
"""The body of `scxdsl fuzz`: generated policies, or one given policy, on many scripts, both engines side by side."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .compare import SERIES, Difference, Subject
from .coverage import forms
from .findings import Found, of_difference
from .generate import generate
from .maker import Maker, Refused
from .productions import taken
from .script import generate as generate_script
from .tree import shrink


@dataclass
class Report:
    """What a run came to. `forms` counts forms of the generated policies, where that is wanted."""

    policies: int = 0
    scripts: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    begin: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begin


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


def one(maker: Maker, seed: int, scripts: int, length: int, report: Report | None = None) -> Found | None:
    """One generated policy on some scripts; a difference comes back shrunk. With a report its forms are counted."""
    root = generate(seed)
    text = str(root)
    try:
        made = maker.make(text)
    except Exception as crash:  # the compiler must not fall over a policy, whatever it is
        return Found("crash", seed, text, None, "", f"{type(crash).__name__}: {crash}")
    if isinstance(made, Refused):
        return Found("refused", seed, text, None, "", str(made))
    if report is not None:
        report.forms.update({f"grammar {n}": times for n, times in taken(text).items()})
        report.forms.update(forms(made.policy))
    for i in range(scripts):
        series = made.kernels[(seed + i // 2) % len(made.kernels)]  # two scripts a kernel: linking costs as much as running
        script = generate_script(seed * 1000 + i, length, exchange=made.exchanges)
        try:
            difference = made.compare(script, series)
        except Exception as crash:  # an engine that falls over is a finding too
            return Found("crash", seed, text, script, series, f"{type(crash).__name__}: {crash}")
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
    return of_difference(seed, text, shrink_script(made, made.compare(difference.script, difference.series) or difference))


def policies(maker: Maker, seeds: Iterable[int], scripts: int, length: int, until: float, report: Report, count: bool = False) -> Iterator[Found]:
    """Everything that is found, as it is found; `until` is a reading of time.monotonic."""
    for seed in seeds:
        if time.monotonic() > until:
            return
        found = one(maker, seed, scripts, length, report if count else None)
        report.policies += 1
        report.scripts += scripts
        if found is not None:
            yield found


def given(subject: Subject, seeds: Iterable[int], length: int, until: float, report: Report) -> Iterator[Found]:
    """One policy of the author's, on generated scripts, until they differ."""
    report.policies = 1
    for seed in seeds:
        if time.monotonic() > until:
            return
        report.scripts += 1
        series = subject.kernels[seed % len(subject.kernels)]
        script = generate_script(seed, length, exchange=subject.exchanges)
        try:
            difference = subject.compare(script, series)
        except Exception as crash:
            yield Found("crash", seed, subject.text, script, series, f"{type(crash).__name__}: {crash}")
            return
        if difference is not None:
            yield of_difference(seed, subject.text, shrink_script(subject, difference))
            return


__all__ = ["SERIES", "Report", "given", "one", "policies", "shrink_script"]
