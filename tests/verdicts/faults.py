# SPDX-License-Identifier: GPL-2.0-only
"""The lines at fault of refused policies that do not bear a mark: blocks of docs/language and the examples of `scxdsl explain`. Each was read by
somebody, and not taken from what check says.

    python tests/verdicts/faults.py            # policies that nobody has looked at, with the lines that check names
    python tests/verdicts/faults.py --keep     # the same, kept as they are: after they were read
"""

import json
import sys
from pathlib import Path

from asking import lines
from corpus import Case, corpus
from record import digest

FILE = Path(__file__).with_suffix(".json")
WHERE = ("docs/", "explain/")


def load() -> dict[str, list]:
    """Digest of the policy -> [name when it was read, [number and text of each line at fault]]. So a block may move on its page."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def unmarked(cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.code and case.name.startswith(WHERE)]


def named(case: Case) -> list[str]:
    """The number and text of each line that check names, a line once."""
    text = case.text.splitlines()
    return [f"{number}: {text[number - 1].strip()}"[:120] for number in sorted(set(lines(case.text)))]


def main() -> int:
    cases, read = unmarked(corpus()), load()
    new = [case for case in cases if digest(case) not in read]
    for case in new:
        found = set(lines(case.text))
        shown = "\n".join(f"{'>> ' if number in found else '   '}{line[:160]}" for number, line in enumerate(case.text.splitlines(), 1))
        print(f"{case.name}: {case.code}\n{shown}\n")
    if "--keep" in sys.argv[1:]:
        kept = {digest(case): read.get(digest(case)) or [case.name, named(case)] for case in cases}
        rows = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in sorted(kept.items(), key=lambda item: item[1][0]))
        FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
