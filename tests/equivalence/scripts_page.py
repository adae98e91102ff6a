# SPDX-License-Identifier: GPL-2.0-only
"""docs/scripts.md, from scripts.json: what ran, which branches were taken, which never are and why, which were not."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from scripts import kind_of, kinds, read

HEAD = """\
# Scripts: interpreter and bytecode side by side

Made by `python tests/equivalence/scripts.py --page` from tests/equivalence/scripts.json, which `python tests/equivalence/scripts.py --scripts 1000` writes. Subjects
are the examples, a caller of each module of the standard library that reaches every function of it, and the blocks of docs/language that are accepted (numbered in
their page). Each ran on that many scripts of events (scxdsl/fuzz/wide.py), half of them changed from ones that had taken a new branch; the first
are those of tests/equivalence/led.json, written for branches to which chance does not come or found once by other seeds; kernels rotate, 6.12 to 7.3, and
parameters, machines, names, numbers that user space writes and the memory that the kernel has vary. On every script both engines were compared: each callback, hook, timer and command with its
result, each kernel call with arguments and answer in order, the exit, and what is left in variables, queues and tasks.

An arm is a way out of a branch of the bytecode. "never" counts arms that no run can take, by a rule of scxdsl/fuzz/arms.py, which looks at what the branch asks, not
at where it stands; what is behind such an arm counts too. "open" are the arms that can be taken as far as the rules know, and were not.
"""


def page() -> str:
    rows = list(read().values())
    return "\n".join([HEAD, *_summary(rows), "", *_table(rows), "", *_never(rows), "", *_open(rows)]) + "\n"


def _group(name: str) -> str:
    return name.split("/")[0] if not name.startswith("docs") else "docs/language"


def _summary(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| subjects | with 1,000 scripts | scripts | callbacks, hooks, timers, commands | arms | taken | never | open | differences |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for group in ("examples", "stdlib", "docs/language", ""):
        of = [r for r in rows if not group or _group(r["name"]) == group]
        full = sum(r["scripts"] >= 1000 and not r["difference"] for r in of)
        yield (
            f"| {group or '**all**'}: {len(of)} | {full} | {sum(r['scripts'] for r in of):,} | {sum(r['calls'] for r in of):,} | {sum(r['arms'] for r in of):,} | "
            f"{sum(r['taken'] for r in of):,} | {sum(map(_nevers, of)):,} | {sum(len(r['left']) for r in of):,} | {sum(r['difference'] for r in of)} |"
        )


def _nevers(row: dict[str, Any]) -> int:
    return sum(row["never"].values())


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| subject | scripts | calls | arms | taken | never | open |"
    yield "|---|---|---|---|---|---|---|"
    for r in rows:
        yield f"| {r['name']} | {r['scripts']:,} | {r['calls']:,} | {r['arms']} | {r['taken']} | {_nevers(r)} | {len(r['left'])} |"


def _never(rows: list[dict[str, Any]]) -> Iterator[str]:
    every: Counter[str] = Counter()
    for r in rows:
        every.update(r["never"])
    yield "## Arms that are never taken"
    yield ""
    yield "| arms | why |"
    yield "|---|---|"
    for why, count in sorted(every.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {count} | {why} |"


def _open(rows: list[dict[str, Any]]) -> Iterator[str]:
    known = {(r["name"], i): kind_of(r["name"], arm) for r in rows for i, arm in enumerate(r["left"])}
    yield "## Arms that were not taken"
    yield ""
    yield "By kind. Of those with a name it was seen why no run of the model takes them (tests/equivalence/never_taken.toml, by line); no rule counts them as never, so they"
    yield "are open here."
    yield ""
    yield "| kind | arms | why not |"
    yield "|---|---|---|"
    count = Counter(kind for kind in known.values() if kind is not None)
    for kind, arms in sorted(count.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {kind} | {arms} | {kinds()[kind]['why']} |"
    # the others wait for scripts that get there, or for rules that show that none can; they are put together by what the branch asks
    others = Counter(_asks(arm) for r in rows for i, arm in enumerate(r["left"]) if known[r["name"], i] is None)
    for asks, arms in sorted(others.items(), key=lambda item: (-item[1], item[0])):
        yield f"| *not shown*: {asks} | {arms} | no script came to it |"
    yield ""
    yield "By line of the source."
    yield ""
    yield "| subject | arms | line | kind |"
    yield "|---|---|---|---|"
    for r in rows:
        lines = Counter((arm["text"], known[r["name"], i] or "") for i, arm in enumerate(r["left"]))
        for (text, kind), arms in lines.items():
            yield f"| {r['name']} | {arms} | {_code(text)} | {kind} |"


def _asks(arm: dict[str, Any]) -> str:
    if not arm.get("reached", True):
        return "a branch that was not reached at all"
    asks = arm.get("asks", "a number")
    return "what the kernel answers or has" if asks.endswith("()") or asks.startswith("the kernel's") else "a field of the kernel's" if asks.startswith("the field") else asks


def _code(text: str) -> str:
    shown = text if len(text) <= 100 else text[:97] + "..."
    return f"`{shown}`".replace("|", "\\|") if shown else ""
