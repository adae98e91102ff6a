# SPDX-License-Identifier: GPL-2.0-only
"""Loads generated policies on real kernels, each object once on each, and writes down what came of it.

    python tests/verdicts/loads.py --count 2000 --kernel 6.12 --kernel 6.18 --kernel 7.3 --log loads.jsonl --until 18:00
    python tests/verdicts/loads.py --log loads.jsonl --write          # tests/verdicts/generated.json from such a log

The log grows by a line an answer, so a run may be ended at any time and goes on where it was. The kernels are asked beside each other: some
processes make objects while a guest of each kernel loads them.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from threading import Lock, Thread
from time import monotonic
from typing import Any

from asking import ACCEPTED, NOT_MADE, REFUSED
from corpus import SEED

from scxdsl.codegen.backend import Backend
from scxdsl.compiler import build_with, check
from scxdsl.fuzz.generate import generate
from scxdsl.fuzz.maker import load as modules
from scxdsl.guest import Guest, GuestError
from scxdsl.source.diagnostic import Severity

FILE = Path(__file__).with_name("generated.json")
AHEAD = 256  # objects that wait for a kernel
BOOTS = 3
NO_ANSWER = "no answer"

Row = dict[str, Any]
"""Of a policy: {"seed", "check": [codes], "kernels": [series], "kinds": [of rewritings], "fault"?}; of an answer: {"seed", "kernel", "said",
"verified", "seconds"}; of a run: {"commit"}."""


class Log:
    """The rows of a file, and those that are added. For several threads."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        text = path.read_text() if path.exists() else ""
        self.rows: list[Row] = [json.loads(line) for line in text.splitlines()]

    def add(self, row: Row) -> None:
        with self._lock:
            self.rows.append(row)
            with self._path.open("a") as file:
                file.write(json.dumps(row) + "\n")

    def policies(self) -> dict[int, Row]:
        return {row["seed"]: row for row in self.rows if "check" in row}

    def answers(self) -> dict[tuple[int, str], Row]:
        """The last one where a policy was asked about again."""
        return {(row["seed"], row["kernel"]): row for row in self.rows if "said" in row}


_backend: Backend | None = None  # of a process that makes objects


def made(seed: int) -> tuple[Row, bytes | None]:
    """A policy's row, and its object."""
    global _backend
    checked = check(str(generate(seed)), "policy.scx", load=modules)
    row: Row = {"seed": seed, "check": [d.code for d in checked.diagnostics if d.severity is Severity.ERROR], "kernels": list(checked.target.kernels)}
    if not checked.ok:
        return row | {"kinds": []}, None
    _backend = _backend or Backend()
    try:
        built = build_with(checked, _backend)
    except Exception as fault:  # a fault of the compiler is an answer, too
        return row | {"kinds": [], "fault": f"{NOT_MADE}: {type(fault).__name__} {fault}"}, None
    kinds = sorted({r.kind for r in built.rewritings})
    if built.object is None:
        return row | {"kinds": kinds, "fault": f"{NOT_MADE}: {built.diagnostics[-1].code}"}, None
    return row | {"kinds": kinds}, built.object


def run(log: Log, seeds: Iterable[int], kernels: list[str], until: datetime | None, makers: int = 1) -> None:
    """Makes and loads what the log does not hold yet, with so many processes that make objects."""
    policies, answers = log.policies(), log.answers()
    wanted: dict[int, list[str]] = {}
    for seed in seeds:
        known = policies.get(seed)
        lacking = [k for k in kernels if (seed, k) not in answers and (known is None or k in known["kernels"])]
        if lacking and (known is None or not known["check"] and "fault" not in known):
            wanted[seed] = lacking
    queues = {kernel: Queue[tuple[int, bytes] | None](AHEAD) for kernel in kernels}
    with ProcessPoolExecutor(makers, get_context("spawn")) as pool:
        threads = [Thread(target=_loader, args=(log, kernel, queue, until)) for kernel, queue in queues.items()]
        for thread in threads:
            thread.start()
        for row, data in _ahead(pool, iter(wanted), until):
            if not all(thread.is_alive() for thread in threads):
                break
            if row["seed"] not in policies:
                log.add(row)
            for kernel in wanted[row["seed"]] if data is not None else ():
                if kernel in row["kernels"]:
                    queues[kernel].put((row["seed"], data))
        for thread, queue in zip(threads, queues.values(), strict=True):
            while thread.is_alive() and queue.full():
                thread.join(1)
            if thread.is_alive():
                queue.put(None)
        for thread in threads:
            thread.join()


def _ahead(pool: ProcessPoolExecutor, seeds: Iterator[int], until: datetime | None) -> Iterator[tuple[Row, bytes | None]]:
    """Policies in order, some of which are made while others are loaded."""
    waiting = deque(pool.submit(made, seed) for seed in islice(seeds, 16))
    while waiting and not _late(until):
        yield waiting.popleft().result()
        waiting += [pool.submit(made, seed) for seed in islice(seeds, 1)]
    for future in waiting:
        future.cancel()


def _late(until: datetime | None) -> bool:
    return until is not None and datetime.now() >= until


def _loader(log: Log, kernel: str, queue: "Queue[tuple[int, bytes] | None]", until: datetime | None) -> None:
    """Asks one kernel until there is no more, or it is late."""
    with closing(_booted(kernel)) as guest:
        while (item := queue.get()) is not None:
            if _late(until):
                continue  # who makes them may wait for room
            seed, data = item
            begin = monotonic()
            try:
                verdicts = guest.verify(data)
            except GuestError as error:
                print(f"{seed} {kernel}: {error.message}", flush=True)
                log.add({"seed": seed, "kernel": kernel, "said": f"{NO_ANSWER}: {error.message}", "verified": 0, "seconds": round(monotonic() - begin, 2)})
                continue
            wrong = next((v for v in verdicts if not v.accepted), None)
            said = ACCEPTED if wrong is None else f"{REFUSED}: {wrong.program or 'the object'}: {wrong.reason}"
            log.add({"seed": seed, "kernel": kernel, "said": said, "verified": sum(v.verified for v in verdicts), "seconds": round(monotonic() - begin, 2)})
            if wrong is not None:
                print(f"FALSE ACCEPT seed {seed} on {kernel}: {said}", flush=True)


def _booted(kernel: str) -> Guest:
    """On a busy host the boot of an emulated machine hangs now and then."""
    for _ in range(BOOTS):
        try:
            return Guest(kernel, cpus=1).__enter__()
        except GuestError as error:
            print(f"{kernel}: {error.message}", flush=True)
    return Guest(kernel, cpus=1).__enter__()


def summary(log: Log) -> dict[str, Any]:
    """`{"commits", "first", "policies", "check": {"accepted", "refused"}, "faults", "rewritings": {kind: policies}, "kernels":
    {series: {"accepted", "refused": {seed: words}, "no answer": [seeds], "verified", "rewritings": {kind: policies}}}}`; rewritings are counted over what check accepts and, of a kernel,
    over what it was asked about."""
    policies, answers = log.policies(), log.answers()
    good = [row for row in policies.values() if not row["check"]]
    kernels = {}
    for kernel in sorted({kernel for _, kernel in answers}, key=lambda name: [int(part) for part in name.split(".")]):
        said = {seed: row["said"] for (seed, of), row in answers.items() if of == kernel}
        accepted = sum(words == ACCEPTED for words in said.values())
        kernels[kernel] = {
            "accepted": accepted, "no answer": sorted(seed for seed, words in said.items() if words.startswith(NO_ANSWER)),
            "refused": {seed: words for seed, words in sorted(said.items()) if words.startswith(REFUSED)}, "verified": sum(answers[seed, kernel]["verified"] for seed in said),
            "rewritings": _shares(policies[seed] for seed in said),
        }  # fmt: skip
    return {
        "commits": list(dict.fromkeys(row["commit"] for row in log.rows if "commit" in row)), "first": min(policies, default=0), "last": max(policies, default=0),
        "check": {"accepted": len(good), "refused": len(policies) - len(good)}, "faults": sum("fault" in row for row in good),
        "rewritings": _shares(good), "kernels": kernels,
    }  # fmt: skip


def _shares(rows: Iterable[Row]) -> dict[str, int]:
    return dict(sorted(Counter(kind for row in rows for kind in row["kinds"]).items()))


def table(found: dict[str, Any]) -> str:
    """Markdown for docs/verdicts.md."""
    kinds = list(found["rewritings"])
    lines = [f"| kernel | accepts | **refuses** | no answer in 300 s | {' | '.join(kinds)} |", "|---|---:|---:|---:|" + "---:|" * len(kinds)]
    for kernel, row in found["kernels"].items():
        all_ = row["accepted"] + len(row["refused"]) + len(row["no answer"])
        shares = " | ".join(f"{100 * row['rewritings'].get(kind, 0) / all_:.0f} %" for kind in kinds)
        lines.append(f"| {kernel} | {row['accepted']} | {len(row['refused'])} | {len(row['no answer'])} | {shares} |")
    return "\n".join(lines) + "\n"


def _commit() -> str:
    words = ["git", "-C", str(FILE.parent), "rev-parse", "--short", "HEAD"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def _moment(text: str) -> datetime:
    hour, minute = text.split(":")
    return datetime.now().replace(hour=int(hour), minute=int(minute), second=0)


def _seeds(args: argparse.Namespace) -> Iterator[int]:
    yield from range(args.seed, args.seed + args.count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", default=[], help="a series; may be repeated")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=SEED, help="the first one")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--makers", type=int, default=1, help="processes that make objects")
    parser.add_argument("--until", type=_moment, help="HH:MM of today: nothing is begun after it")
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name} from the log, and print the table; asks nobody")
    args = parser.parse_args()
    log = Log(args.log)
    if not args.write:
        log.add({"commit": _commit()})
        run(log, _seeds(args), args.kernel, args.until, args.makers)
    found = summary(log)
    if args.write:
        FILE.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found) + json.dumps(found))
    return 0 if not found["faults"] and not any(row["refused"] for row in found["kernels"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
