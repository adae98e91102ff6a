# SPDX-License-Identifier: GPL-2.0-only
"""Every example, module of the library and block of the language's pages on many scripts, interpreter against machine, with the branches of
the bytecode that they took.

    python tests/equivalence/scripts.py --scripts 1000        # runs what scripts.json does not have yet, those with the most open arms first
    python tests/equivalence/scripts.py --only examples/      # only subjects whose name has that in it; --again: also those that are done
    python tests/equivalence/scripts.py --page                # writes docs/scripts.md

Each subject's result is written as soon as it is there; a run that was stopped goes on where it was. A difference is saved beside the results,
for `scxdsl fuzz --replay`, and the command ends with 1."""

import argparse
import json
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from subjects import Named, everything

from scxdsl.compiler import check, lower
from scxdsl.fuzz.arms import arms, never
from scxdsl.fuzz.compare import Arm, Subject, Ways
from scxdsl.fuzz.findings import Found, of_difference
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.wide import scripts

HERE = Path(__file__).parent
RESULTS = HERE / "scripts.json"
REASONS = HERE / "never_taken.toml"
PAGE = HERE.parents[1] / "docs" / "scripts.md"
VERSION = 1


def reasons() -> list[dict[str, str]]:
    """What no rule of scxdsl/fuzz/arms.py knows: `subject` and `line` (parts of the subject's name and of the source line), and `why`."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8")).get("arm", []) if REASONS.exists() else []


def sweep(subject: Subject, count: int) -> tuple[Ways, Found | None]:
    """All scripts, or those up to the first difference."""
    ways = Ways()
    for script, series in scripts(subject, count, ways):
        try:
            difference = subject.compare(script, series, ways)
        except Exception as crash:  # an engine that falls over is a finding too
            return ways, Found("crash", 0, subject.text, script, series, f"{type(crash).__name__}: {crash}")
        if difference is not None:
            return ways, of_difference(0, subject.text, difference)
    return ways, None


def place(subject: Subject, arm: Arm) -> tuple[int, str]:
    """Line of the source, and what stands there; 0 for what stems from a module."""
    function = next(f for f in subject.object.functions if f.name == arm[0])
    line = function.line_of(arm[1])
    lines = subject.text.split("\n")
    if line is None or line.line > len(lines) or line.text.strip() and line.text.strip() != lines[line.line - 1].strip():
        return 0, line.text.strip() if line is not None else ""
    return line.line, lines[line.line - 1].strip()


def result(named: Named, subject: Subject, count: int, ways: Ways, found: Found | None, seconds: float) -> dict[str, Any]:
    every, impossible = arms(subject.object), never(subject.object, subject.policy, subject.kernels)
    left = []
    for arm in sorted(every - ways.taken - impossible.keys()):
        line, text = place(subject, arm)
        left.append({"function": arm[0], "slot": arm[1], "taken": arm[2], "line": line, "text": text})
    return {
        "name": named.name, "text": hash_of(named.text), "scripts": count, "calls": ways.calls, "arms": len(every), "taken": len(ways.taken & every),
        "never": dict(Counter(why for arm, why in impossible.items() if arm not in ways.taken)), "wrong": sum(arm in ways.taken for arm in impossible),
        "left": left, "difference": found is not None, "seconds": round(seconds, 1),
    }  # fmt: skip


def hash_of(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read() -> dict[str, dict[str, Any]]:
    data = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"version": VERSION, "subjects": []}
    return {r["name"]: r for r in data["subjects"]}


def write(found: dict[str, dict[str, Any]]) -> None:
    order = {named.name: i for i, named in enumerate(everything())}
    rows = sorted((r for r in found.values() if r["name"] in order), key=lambda r: order[r["name"]])
    text = "{" + f'"version": {VERSION}, "subjects": [\n' + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n"
    new = RESULTS.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(RESULTS)


def run(count: int, only: list[str], again: bool, deadline: float, keep: Path | None) -> int:
    found, bad = read(), 0
    mine: dict[str, dict[str, Any]] = {}
    with Maker(check, lower) as maker:
        for named in sorted(everything(), key=lambda named: -len(found[named.name]["left"]) if named.name in found else 0):
            old = found.get(named.name)
            done = old is not None and old["scripts"] >= count and old["text"] == hash_of(named.text) and not old["difference"]
            if not any(part in named.name for part in only) or done and not again or time.time() > deadline:
                continue
            subject = maker.make(named.text, named.name)
            assert isinstance(subject, Subject), f"{named.name}: {subject}"
            start = time.process_time()
            ways, wrong = sweep(subject, count)
            row = result(named, subject, count, ways, wrong, time.process_time() - start)
            if wrong is not None:
                bad += 1
                where = Path(f"difference_{named.name.replace('/', '_').replace(' ', '_')}.json")
                where.write_text(wrong.to_json(), encoding="utf-8")
                print(f"{named.name}: {wrong.text}\n  kept in {where}", flush=True)
            mine[named.name] = row
            write({**read(), **mine})  # another run may have written meanwhile
            if keep is not None:
                kept = {"text": named.text, "ways": sorted(ways.taken), "calls": ways.calls, "scripts": count, "row": row}
                (keep / f"{named.name.replace('/', '_').replace(' ', '_')}.json").write_text(json.dumps(kept), encoding="utf-8")
            print(f"{named.name}: {row['calls']} calls, {row['taken']} of {row['arms']} arms, {len(row['left'])} left, {row['seconds']} s", flush=True)
    return 1 if bad else 0


# ---- the page


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scripts", type=int, default=1000)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--keep", type=Path, help="a folder for the arms that each subject's scripts took")
    parser.add_argument("--again", action="store_true", help="also those that have a result")
    parser.add_argument("--seconds", type=float, default=86_400, help="begin no subject after so long")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    if given.page:
        from scripts_page import page

        PAGE.write_text(page(), encoding="utf-8")
        return 0
    return run(given.scripts, given.only, given.again, time.time() + given.seconds, given.keep)


if __name__ == "__main__":
    raise SystemExit(main())
