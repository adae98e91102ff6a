# SPDX-License-Identifier: GPL-2.0-only
"""Wall time of commands, each time in a fresh process. Files are in the page cache; nothing else is kept between runs."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Time:
    """Seconds of one command: wall time with all CPUs (median and least), with one CPU, and least CPU time of all its processes."""

    median: float
    least: float
    one_cpu: float
    cpu: float


def scxdsl(*words: str) -> list[str]:
    """A command line of scxdsl."""
    return [sys.executable, "-m", "scxdsl.cli.main", *words]


def measure(commands: Mapping[str, Sequence[str]], repeat: int) -> dict[str, Time]:
    """Times of each command, which take turns so that what disturbs the machine disturbs all alike. One run of each is not
    counted: it leaves Python's bytecode, as an installation does, and the files in the page cache."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        everywhere = os.sched_getaffinity(0)
        runs: dict[str, dict[bool, list[tuple[float, float]]]] = {name: {True: [], False: []} for name in commands}
        for command in commands.values():
            _once(command, environment)
        for _ in range(repeat):
            for alone in (False, True):
                os.sched_setaffinity(0, {min(everywhere)} if alone else everywhere)
                for name, command in commands.items():
                    runs[name][alone].append(_once(command, environment))
        os.sched_setaffinity(0, everywhere)
    return {name: _time(found) for name, found in runs.items()}


def _time(found: Mapping[bool, Sequence[tuple[float, float]]]) -> Time:
    wall = [wall for wall, _ in found[False]]
    least_cpu = min(cpu for runs in found.values() for _, cpu in runs)
    return Time(statistics.median(wall), min(wall), statistics.median(w for w, _ in found[True]), least_cpu)


def _once(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    before, start = _cpu(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start, _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
