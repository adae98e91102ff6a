# SPDX-License-Identifier: GPL-2.0-only
"""The table of the corpus from what was recorded: check against kernels.

    python tests/verdicts/table.py            # the table, then every false accept and every false refusal
    python tests/verdicts/table.py --page     # puts the table into docs/verdicts.md too
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import messages
from asking import ACCEPTED, NOT_MADE, NOT_REACHED
from record import load

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"
HEAD = "| kernel | accepted, kernel accepts | **accepted, kernel refuses** | refused (V, E), kernel refuses or ejects | refused, kernel accepts | refused, not asked |"


def refuses(row: dict, kernel: str) -> bool:
    """Whether check refuses the policy for that kernel; a policy for several is refused where one of them is at fault."""
    return bool(row.get("for", {}).get(kernel, row["check"]))


def rows(verdicts: dict[str, dict]) -> Iterator[tuple[str, int, int, int, int, int]]:
    """For each kernel the five counts of HEAD."""
    kernels = sorted({k for row in verdicts.values() for k in row["kernels"]}, key=lambda k: [int(n) for n in k.split(".")])
    for kernel in kernels:
        count = [0, 0, 0, 0, 0]
        for row in verdicts.values():
            said = row["kernels"].get(kernel)
            if refuses(row, kernel):
                count[4 if said in (None, NOT_REACHED) else 3 if said == ACCEPTED else 2] += 1
            elif said is not None:
                count[said != ACCEPTED] += 1
        yield kernel, *count


def false_accepts(verdicts: dict[str, dict]) -> Iterator[tuple[str, str, str]]:
    """Name, kernel and words of what check accepts and a kernel, or LLVM, does not."""
    for name, row in verdicts.items():
        for kernel, said in row["kernels"].items():
            if said != ACCEPTED and not refuses(row, kernel):
                yield name, kernel, said
        if not row["check"] and "object" in row:
            yield name, "LLVM", row["object"]


def false_refusals(verdicts: dict[str, dict]) -> Iterator[tuple[str, str]]:
    """Name and kernel of what check refuses for that kernel as class V or E, and the kernel takes."""
    for name, row in verdicts.items():
        for kernel, said in row["kernels"].items():
            if said == ACCEPTED and refuses(row, kernel):
                yield name, kernel


def table(verdicts: dict[str, dict]) -> str:
    out = [HEAD, "|---|---|---|---|---|---|"]
    out += [f"| {' | '.join(map(str, row))} |" for row in rows(verdicts)]
    refused = [row for row in verdicts.values() if row["check"]]
    asked = sum(not row.get("object", "").startswith(NOT_MADE) for row in refused)
    head = f"{len(verdicts)} policies: check accepts {len(verdicts) - len(refused)} and refuses {len(refused)}; kernels were asked about {asked} of these."
    return "\n".join([head, "", *out])


def main() -> int:
    verdicts = load()
    print(table(verdicts))
    if "--page" in sys.argv[1:]:
        page = re.sub(r"(?s)(<!-- table -->\n).*(\n<!-- end -->)", lambda found: found[1] + table(verdicts) + found[2], PAGE.read_text())
        PAGE.write_text(messages.put(page, verdicts))
    wrong = list(false_accepts(verdicts))
    for name, kernel, said in wrong:
        print(f"false accept: {name} on {kernel}: {said}")
    for name, kernel in false_refusals(verdicts):
        print(f"false refusal: {name} on {kernel}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
