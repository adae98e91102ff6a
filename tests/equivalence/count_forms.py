# SPDX-License-Identifier: GPL-2.0-only
"""Makes docs/generated.md: how often each form of the language comes in generated policies. Nothing is run, only made and checked.

    python tests/equivalence/count_forms.py --policies 4000 --counts counts.json

The counts are kept after every fifty policies, and the same command goes on where it was ended. A policy that the compiler refuses ends it.

    scxdsl fuzz --seed 100000 --examples 100 --scripts 1 --length 30 --coverage --format json > runs/100000.json      # and so on
    python tests/equivalence/count_forms.py --runs runs/*.json

sums what runs of the engines counted while they compared them.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from scxdsl.compiler import check
from scxdsl.fuzz.coverage import count, table
from scxdsl.fuzz.maker import load

PAGE = Path(__file__).parents[2] / "docs" / "generated.md"
FIRST = 100_000
"""The seed that test_generated.py begins with, too."""
HEAD = """# Forms in generated policies

Made by `python tests/equivalence/count_forms.py`: productions of the grammar, nodes of the typed tree, operators, properties,
operations of the kernel, questions of masks, operations of maps, and callbacks. What is owed is computed (scxdsl/fuzz/coverage.py). Of which seeds: docs/interp.md.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policies", type=int, default=4000, help="how many, altogether")
    parser.add_argument("--counts", type=Path, help="a file that keeps what was counted")
    parser.add_argument("--runs", type=Path, nargs="+", help="what `scxdsl fuzz --coverage --format json` said: nothing is made then")
    args = parser.parse_args()
    if args.runs:
        said = [json.loads(file.read_text()) for file in args.runs]
        _write(sum((Counter[str](run["forms"]) for run in said), Counter[str]()), sum(run["policies"] for run in said))
        return
    if args.counts is None:
        parser.error("--counts or --runs is needed")
    state = json.loads(args.counts.read_text()) if args.counts.exists() else {"policies": 0, "forms": {}}
    done, total = state["policies"], Counter[str](state["forms"])
    while done < args.policies:
        more = min(50, args.policies - done)
        total += count(check, load, range(FIRST + done, FIRST + done + more))
        done += more
        args.counts.write_text(json.dumps({"policies": done, "forms": total}))
    _write(total, done)


def _write(total: Counter[str], policies: int) -> None:
    PAGE.write_text(HEAD + table(total, policies), encoding="utf-8")


if __name__ == "__main__":
    main()
