# SPDX-License-Identifier: GPL-2.0-only
"""Runs on real kernels that a busy machine may slow down: what a policy is to have counted by the end may take it longer."""

from collections.abc import Callable, Sequence
from typing import Any

from scxdsl.guest import Guest
from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.run import Run

RUNS = 3


def run_until(
    guest: Guest, data: bytes, holds: Callable[[Run], bool], seconds: float = 3.0, load: str | Sequence[WorkerSpec] = "mix", **options: Any
) -> Run:
    """The first run of which `holds` is true, each twice as long as the one before and three at most; else the last, for the caller
    to look at. A run that was not clean ends the search: patience is for what comes late, not for faults."""
    run = guest.run(data, seconds=seconds, load=load, **options)
    for _ in range(RUNS - 1):
        if not run.clean or holds(run):
            break
        seconds *= 2
        run = guest.run(data, seconds=seconds, load=load, **options)
    return run


def counted(*names: str) -> Callable[[Run], bool]:
    """Each of these counters is above 0."""
    return lambda run: all(run.stats[name] > 0 for name in names)
