# SPDX-License-Identifier: GPL-2.0-only
"""Asks what becomes of automatic mutants of the compiler (source_mutants.py) and of planted ones (mutants/), and keeps it as data.

    python tests/equivalence/fates.py                            # those whose fate is not known yet, or whose function has changed
    python tests/equivalence/fates.py --again                    # all
    python tests/equivalence/fates.py --survivors --seconds 60   # those not caught
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
from court import CAUGHT, Court  # noqa: E402
from source_mutants import Mutant, all_mutants, sample  # noqa: E402

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


def ask(again: bool, survivors: bool, seconds: float) -> Rows:
    wanted, old = asked(), known()
    rows = {identity(m): old.get(identity(m), {}) for m in wanted}
    todo = [m for m in wanted if again or not rows[identity(m)] or survivors and rows[identity(m)]["how"] not in CAUGHT]
    court = Court(corpus() if todo else [])
    for m in todo:
        fate = court.mutant(m, seconds)
        reason = "" if fate.how in CAUGHT else rows[identity(m)].get("reason", "")
        rows[identity(m)] = {"id": identity(m), "line": m.line, "what": m.what, **asdict(fate), "reason": reason}
        print(m, fate, flush=True)
        keep(rows)
    keep(rows)
    return rows


def ask_planted(again: bool, survivors: bool, seconds: float) -> Rows:
    from mutants import MUTANTS
    from planting import planted

    old = known(PLANTED)
    rows = {name: old.get(name, {}) for name in sorted(MUTANTS)}
    todo = [n for n, row in rows.items() if again or not row or survivors and row["how"] not in CAUGHT]
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
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--seconds", type=float, default=6.0, help="of CPU time for one mutant")
    args = parser.parse_args()
    rows = (ask_planted if args.planted else ask)(args.again, args.survivors, args.seconds)
    print(Counter(row["how"] for row in rows.values()))


if __name__ == "__main__":
    main()
