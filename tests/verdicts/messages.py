# SPDX-License-Identifier: GPL-2.0-only
"""Which case of the corpus shows each message of the kernels that scxdsl knows, and on which kernels.

    python tests/verdicts/messages.py          # the table
    python tests/verdicts/messages.py --page   # puts it into docs/verdicts.md

A case is a policy that was compiled without the rules; what it met is in verdicts.json. Messages without a case are in no_case.json, with the reason why a
policy does not come to them.
"""

import json
import re
import sys
from pathlib import Path

from record import load

from scxdsl.rules import kernel_words

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "verdicts.md"
SHOWN = 3  # cases that the table names


def patterns() -> dict[str, list[str]]:
    """Pattern of the kernel's words -> codes, in the order in which they are tried."""
    return dict(json.loads(Path(kernel_words.__file__).with_suffix(".json").read_text())["words"])


def reasons() -> dict[str, str]:
    """Pattern -> why no policy comes to it."""
    return json.loads((HERE / "no_case.json").read_text())["why"]


def met(verdicts: dict[str, dict]) -> dict[str, dict[str, set[str]]]:
    """Pattern -> case -> kernels that said it."""
    found: dict[str, dict[str, set[str]]] = {pattern: {} for pattern in patterns()}
    for name, row in verdicts.items():
        for kernel, said in row["kernels"].items():
            kind, _, words = said.partition(": ")
            if kind in ("refused", "ejected"):
                pattern = next((p for p in found if re.search(p, words)), None)
                if pattern is not None:
                    found[pattern].setdefault(name, set()).add(kernel)
    return found


def unknown(verdicts: dict[str, dict]) -> list[str]:
    """What kernels said that no pattern knows."""
    words = (said.partition(": ") for row in verdicts.values() for said in row["kernels"].values())
    return sorted({w for kind, _, w in words if kind in ("refused", "ejected") and not any(re.search(p, w) for p in patterns())})


def table(verdicts: dict[str, dict]) -> str:
    out = ["| the kernel's words | codes | cases | kernels |", "|---|---|---|---|"]
    for pattern, cases in met(verdicts).items():
        words = pattern.replace("|", "\\|")
        codes = " ".join(patterns()[pattern])
        if cases:
            names = sorted(cases, key=lambda name: (not name.startswith("reject/"), name))
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            kernels = sorted(set().union(*cases.values()), key=lambda k: [int(n) for n in k.split(".")])
            out.append(f"| `{words}` | {codes} | {', '.join(names[:SHOWN])}{more} | {' '.join(kernels)} |")
        else:
            out.append(f"| `{words}` | {codes} | none: {reasons().get(pattern, '?')} | |")
    return "\n".join(out)


def put(page: str, verdicts: dict[str, dict]) -> str:
    """The page with the table of today."""
    return re.sub(r"(?s)(<!-- messages -->\n).*(\n<!-- end of messages -->)", lambda found: found[1] + table(verdicts) + found[2], page)


def main() -> int:
    verdicts = load()
    print(table(verdicts))
    if "--page" in sys.argv[1:]:
        PAGE.write_text(put(PAGE.read_text(), verdicts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
