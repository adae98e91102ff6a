# SPDX-License-Identifier: GPL-2.0-only
"""Every example, module of the library and block of the language's pages on many scripts, interpreter against machine, with the branches of
the bytecode that they took.

    python tests/equivalence/scripts.py --scripts 1000        # runs what scripts.json does not have yet, those with the most open arms first
    python tests/equivalence/scripts.py --only examples/      # only subjects whose name has that in it; --again: also those that are done
    python tests/equivalence/scripts.py --again --keep FOLDER # ... and keeps which arms were taken
    python tests/equivalence/scripts.py --count FOLDER        # counts those anew, by the rules and reasons of now
    python tests/equivalence/scripts.py --page                # writes docs/scripts.md

led.json has scripts for branches to which chance does not come, written by hand or found by other seeds, with the subject that each is for; these run first.

Each subject's result is written as soon as it is there; a run that was stopped goes on where it was. A difference is saved beside the results,
for `scxdsl fuzz --replay`, and the command ends with 1."""

import argparse
import json
import sys
import time
import tomllib
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from subjects import Named, everything

from scxdsl.compiler import check, lower
from scxdsl.fuzz.arms import arms, asked, never
from scxdsl.fuzz.compare import Arm, Subject, Ways
from scxdsl.fuzz.findings import Found, of_difference
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.script import Script
from scxdsl.fuzz.wide import scripts

HERE = Path(__file__).parent
RESULTS = HERE / "scripts.json"
LED = HERE / "led.json"
REASONS = HERE / "never_taken.toml"
PAGE = HERE.parents[1] / "docs" / "scripts.md"
VERSION = 1


@cache
def kinds() -> dict[str, dict[str, Any]]:
    """Why arms are never taken of which no rule of scxdsl/fuzz/arms.py knows: by kind the `why`, and `arms`, each a part of a subject's name, part of
    the source line, and what the branch asks, where that is said."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8"))


def kind_of(name: str, arm: dict[str, Any]) -> str | None:
    """The kind of an open arm of that subject; None where nobody has shown that it is never taken."""
    asks = arm.get("asks", "")

    def meant(subject: str, line: str, *what: str) -> bool:
        return subject in name and line in arm["text"] and (not what or asks in what)

    return next((kind for kind, of in kinds().items() if any(meant(*one) for one in of["arms"])), None)


@cache
def led() -> dict[str, list[tuple[Script, str]]]:
    """Scripts for certain branches, and the kernels they run on, by subject."""
    out: dict[str, list[tuple[Script, str]]] = {}
    for one in json.loads(LED.read_text(encoding="utf-8")):
        out.setdefault(one["subject"], []).append((Script.from_plain(one["script"]), one["kernel"]))
    return out


def sweep(subject: Subject, count: int, name: str = "") -> tuple[Ways, Found | None]:
    """All scripts, or those up to the first difference; the first are those that were written for the subject of that name."""
    ways, first = Ways(), led().get(name, [])[:count]
    for script, series in chain(first, scripts(subject, count - len(first), ways)):
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
    left, words = [], asked(subject.object, every - ways.taken - impossible.keys())
    for arm in sorted(words):
        line, text = place(subject, arm)
        other = (arm[0], arm[1], not arm[2]) in ways.taken
        left.append({"function": arm[0], "slot": arm[1], "taken": arm[2], "line": line, "text": text, "asks": words[arm], "reached": other})
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


def count_again(kept: Path) -> int:
    """Rows of what was kept, as far as the object is still the same."""
    found = read()
    with Maker(check, lower) as maker:
        for named in everything():
            path = kept / file_of(named)
            data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
            if data is None or data["text"] != named.text:
                continue
            subject = maker.make(named.text, named.name)
            assert isinstance(subject, Subject), f"{named.name}: {subject}"
            ways = Ways({(f, slot, taken) for f, slot, taken in data["ways"]}, data["calls"])
            if len(arms(subject.object)) != data["row"]["arms"]:
                print(f"{named.name}: the object is another one")
                continue
            row = result(named, subject, data["scripts"], ways, None, data["row"]["seconds"]) | {"difference": data["row"]["difference"]}
            if row["wrong"]:
                print(f"{named.name}: {row['wrong']} arms that rules call impossible were taken")
            found[named.name] = row
    write(found)
    return 1 if any(row.get("wrong") for row in found.values()) else 0


def file_of(named: Named) -> str:
    return f"{named.name.replace('/', '_').replace(' ', '_')}.json"


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
            ways, wrong = sweep(subject, count, named.name)
            row = result(named, subject, count, ways, wrong, time.process_time() - start)
            if wrong is not None:
                bad += 1
                where = Path(f"difference_{file_of(named)}")
                where.write_text(wrong.to_json(), encoding="utf-8")
                print(f"{named.name}: {wrong.text}\n  kept in {where}", flush=True)
            mine[named.name] = row
            write({**read(), **mine})  # another run may have written meanwhile
            if keep is not None:
                kept = {"text": named.text, "ways": sorted(ways.taken), "calls": ways.calls, "scripts": count, "row": row}
                (keep / file_of(named)).write_text(json.dumps(kept), encoding="utf-8")
            print(f"{named.name}: {row['calls']} calls, {row['taken']} of {row['arms']} arms, {len(row['left'])} left, {row['seconds']} s", flush=True)
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scripts", type=int, default=1000)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--keep", type=Path, help="a folder for the arms that each subject's scripts took")
    parser.add_argument("--count", type=Path, help="such a folder: its arms are counted anew")
    parser.add_argument("--again", action="store_true", help="also those that have a result")
    parser.add_argument("--seconds", type=float, default=86_400, help="begin no subject after so long")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    if given.count is not None:
        return count_again(given.count)
    if given.page:
        from scripts_page import page

        PAGE.write_text(page(), encoding="utf-8")
        return 0
    return run(given.scripts, given.only, given.again, time.time() + given.seconds, given.keep)


if __name__ == "__main__":
    raise SystemExit(main())
