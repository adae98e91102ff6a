# SPDX-License-Identifier: GPL-2.0-only
"""Asks what becomes of automatic mutants of the compiler (source_mutants.py) and of planted ones (mutants/), and keeps it as data.

    python tests/equivalence/fates.py                            # those whose fate is not known yet, or whose function has changed
    python tests/equivalence/fates.py --again                    # all
    python tests/equivalence/fates.py --stale                    # those that the example which caught them no longer shows
    python tests/equivalence/fates.py --survivors --seconds 60   # those not caught
    python tests/equivalence/fates.py --unexplained --seconds 60 # those of them without a reason
    python tests/equivalence/fates.py --kernel 6.18              # what a kernel's verifier says of those where the engines agree
    python tests/equivalence/fates.py --planted                  # the planted ones instead

The reasons of survivors are written by hand into source_mutants.json, and stay as long as the function is the same.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # when it is run as a command

from reached import corpus  # noqa: E402
from court import CAUGHT, SETTLED, Court  # noqa: E402
from source_mutants import Mutant, all_mutants, in_place, sample  # noqa: E402

DATA = Path(__file__).parent / "source_mutants.json"
PLANTED = Path(__file__).parent / "planted_mutants.json"
COUNT, SEED = 303, 2026

Rows = dict[str, dict[str, Any]]


def identity(m: Mutant) -> str:
    return f"{m.file} {m.function} {m.code} {m.node}"


def known(path: Path = DATA) -> Rows:
    """The kept fates by mutant."""
    return {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))} if path.exists() else {}


def keep(rows: Rows, path: Path = DATA) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows.values() if row)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def asked() -> list[Mutant]:
    """Those of the data that there still are, and as many others of the sample as are missing."""
    now = {identity(m): m for m in all_mutants()}
    kept = [now[id] for id in known() if id in now]
    files = {m.file for m in kept}
    drawn = sorted((m for m in sample(COUNT, SEED) if m not in kept), key=lambda m: m.file in files)
    return kept + drawn[: max(0, COUNT - len(kept))]


def shown(row: dict[str, Any], m: Mutant, court: Court) -> bool:
    """Whether the example that caught a mutant does so still: scripts and policies may have changed."""
    examples = corpus({row["example"]})
    return bool(examples) and court.fate(lambda: in_place(m), examples, 60).how in CAUGHT


def ask(again: bool, survivors: bool, unexplained: bool, stale: bool, seconds: float) -> Rows:
    wanted, old = asked(), known()
    rows = {identity(m): old.get(identity(m), {}) for m in wanted}
    first = Court([])
    todo = [
        m for m in wanted
        if again or not (row := rows[identity(m)]) or (survivors and row["how"] not in SETTLED)
        or (unexplained and row["how"] not in SETTLED and not row["reason"])
        or (stale and row["how"] == "differs" and not shown(row, m, first))
    ]  # fmt: skip
    first.backend.close()
    court = Court(corpus() if todo else [])
    for m in todo:
        fate = court.mutant(m, seconds)
        reason = "" if fate.how in CAUGHT else rows[identity(m)].get("reason", "")
        rows[identity(m)] = {"id": identity(m), "line": m.line, "what": m.what, **asdict(fate), "reason": reason}
        print(m, fate, flush=True)
        keep(rows)
    keep(rows)
    return rows


def ask_kernel(series: str) -> Rows:
    """Of the unexplained ones on which the engines agree: whether a kernel accepts what became of small examples."""
    from scxdsl.guest import Guest

    rows, now = known(), {identity(m): m for m in all_mutants()}
    todo = [now[id] for id, row in rows.items() if id in now and row["how"] == "engines agree" and not row["reason"]]
    court = Court(corpus() if todo else [])
    with Guest(series) as guest:
        for m in todo:
            fate = court.on_kernel(m, guest.verify, series)
            print(m, fate, flush=True)
            if fate is not None:
                rows[identity(m)] |= asdict(fate)
                keep(rows)
    return rows


def ask_planted(again: bool, survivors: bool, seconds: float) -> Rows:
    from mutants import MUTANTS
    from planting import planted

    old = known(PLANTED)
    rows = {name: old.get(name, {}) for name in sorted(MUTANTS)}
    todo = [n for n, row in rows.items() if again or not row or survivors and row["how"] not in SETTLED]
    court = Court(corpus() if todo else [])
    for name in todo:
        fate = court.fate(lambda name=name: planted(MUTANTS[name]), court.examples, seconds)
        rows[name] = {"id": name, **asdict(fate)}
        print(name, fate, flush=True)
        keep(rows, PLANTED)
    keep(rows, PLANTED)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--survivors", action="store_true")
    parser.add_argument("--unexplained", action="store_true")
    parser.add_argument("--stale", action="store_true")
    parser.add_argument("--kernel", metavar="SERIES", default="")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--seconds", type=float, default=6.0, help="of CPU time for one mutant")
    args = parser.parse_args()
    if args.planted:
        rows = ask_planted(args.again, args.survivors, args.seconds)
    elif args.kernel:
        rows = ask_kernel(args.kernel)
    else:
        rows = ask(args.again, args.survivors, args.unexplained, args.stale, args.seconds)
    print(Counter(row["how"] for row in rows.values()))


if __name__ == "__main__":
    main()
