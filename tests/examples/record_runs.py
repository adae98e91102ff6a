# SPDX-License-Identifier: GPL-2.0-only
"""Runs every example on real kernels under each load, looks at what it claims, writes it down, and makes the page of it.

    python tests/examples/record_runs.py --kernel 6.12 --kernel 6.18 --kernel 7.3       # all: some twelve minutes a kernel
    python tests/examples/record_runs.py --kernel 7.3 --only maximal "pair watched"      # a part; what was recorded of the rest stays
    python tests/examples/record_runs.py --page                                          # the page alone, from what was recorded
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from long_runs import ALL, LOADED, NAMED, Long, done, went_well  # noqa: E402

from scxdsl.guest import Guest  # noqa: E402
from scxdsl.guest.errors import GuestError  # noqa: E402

FILE = Path(__file__).with_name("runs.json")
PAGE = Path(__file__).parents[2] / "docs" / "runs.md"


def load() -> dict[str, dict]:
    """Kernel, example and load as one text -> what came of the run."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def save(rows: dict[str, dict]) -> None:
    order = {case.key: n for n, case in enumerate(ALL)}
    known = {key: row for key, row in rows.items() if f"{row['example']} {row['load']}" in order}
    lines = (
        f" {json.dumps(key)}: {json.dumps(row, ensure_ascii=False)}"
        for key, row in sorted(known.items(), key=lambda item: (_number(item[1]["kernel"]), order[f"{item[1]['example']} {item[1]['load']}"]))
    )
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _number(kernel: str) -> list[int]:
    return [int(n) for n in kernel.split(".")]


def record(kernel: str, cases: Iterable[Long]) -> bool:
    """Runs the cases on a kernel, a machine for each topology, and saves after each. Prints what is not as it should be."""
    good = True
    for topology, same in groupby(sorted(cases, key=lambda case: repr(case.topology)), lambda case: case.topology):
        with Guest(kernel, topology=topology) as guest:
            for case in same:
                row = {"kernel": kernel, "example": case.name, "load": case.load} | _row(guest, case)
                save(load() | {f"{kernel} {case.key}": row})  # another kernel may be on its way in another process
                good &= row["good"]
                print("" if row["good"] else "WRONG ", " ".join(f"{k}={v}" for k, v in row.items() if v != []), sep="", flush=True)
    return good


def _row(guest: Guest, case: Long) -> dict:
    before = guest.restarts
    try:
        run, words, holds = done(guest, case)
    except GuestError as error:
        return {"good": False, "seconds": 0, "callbacks": 0, "exit": error.message, "faults": [], "claim": "", "boots": guest.restarts - before}
    if not went_well(case, run):
        print(*run.dmesg[-30:], sep="\n", flush=True)
    ended = run.exit.message or run.exit.reason if run.exit else run.refusal
    return {"good": went_well(case, run) and holds, "seconds": round(run.seconds, 1), "callbacks": sum(run.called.values()), "exit": ended,
            "faults": list(run.faults), "claim": words, "boots": guest.restarts - before}  # fmt: skip


# ---- the page


def page(rows: dict[str, dict]) -> Iterator[str]:
    kernels = sorted({row["kernel"] for row in rows.values()}, key=_number)
    yield "## Under load"
    yield ""
    yield f"Seconds attached and callbacks that the kernel ran, in the order {', '.join(f'`{load}`' for load in _loads())}."
    yield ""
    yield f"| example | {' | '.join(kernels)} |"
    yield f"|---|{'---|' * len(kernels)}"
    for name in dict.fromkeys(case.name for case in LOADED):
        yield f"| {name} | {' | '.join(_cell(rows, kernel, name) for kernel in kernels)} |"
    yield ""
    yield "## What each claims"
    yield ""
    yield "| example, load | kernel | seconds | callbacks | figure |"
    yield "|---|---|---|---|---|"
    for case in ALL:
        for kernel in kernels:
            row = rows.get(f"{kernel} {case.key}")
            if row and row["claim"]:
                sign = "" if row["good"] else " **not so**"
                yield f"| {case.key} | {kernel} | {row['seconds']} | {row['callbacks']:,} | {row['claim']}{sign} |"
    yield ""
    yield "## A CPU goes under a policy without callbacks for it"
    yield ""
    gone = [row for row in rows.values() if row["load"] == "hotplug" and row["example"] != "maximal"]
    words = sorted({row["exit"] for row in gone if row["good"]})
    yield f"{sum(row['good'] for row in gone)} of {len(gone)} runs ended in the kernel's words ({'; '.join(words)}), and the next run on the same machine went on."
    yield ""
    yield "## What the kernels said"
    yield ""
    said = sorted({(_alike(fault), row["kernel"]) for row in rows.values() for fault in row["faults"]})
    for fault in dict.fromkeys(fault for fault, _ in said):
        by = [kernel for found, kernel in said if found == fault]
        runs = sum(any(_alike(f) == fault for f in row["faults"]) for row in rows.values())
        yield f"- `{fault}` ({', '.join(sorted(by, key=_number))}; {runs} runs)"
    if not said:
        yield "Nothing."
    wrong = [(key, row) for key, row in rows.items() if not row["good"]]
    yield ""
    yield f"{len(rows)} runs, {len(wrong)} of them not as they should be; machines that had to boot again: {sum(row['boots'] for row in rows.values())}."
    for key, row in wrong:
        yield f"- {key}: {row['exit']} {row['claim']}"


def _alike(fault: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"CPU: \d+ PID: \d+ ", "", re.sub(r'"\w+"', "a scheduler", fault))


def _loads() -> list[str]:
    return list(dict.fromkeys(case.load for case in LOADED))


def _cell(rows: dict[str, dict], kernel: str, name: str) -> str:
    found = [rows.get(f"{kernel} {name} {load}") for load in _loads()]
    return "; ".join("-" if row is None else f"{row['seconds']} s, {row['callbacks']:,}" + ("" if row["good"] else " **ended**") for row in found)


HEAD = """# Ten seconds of each example

Made by `python tests/examples/record_runs.py --kernel 6.12 --kernel 6.18 --kernel 7.3` (`--page` makes this page alone, from tests/examples/runs.json); what is
run stands in tests/examples/long_runs.py. The machine of the loads has four CPUs in two sockets of two threads, and two NUMA nodes. `mix`: spinners, sleepers, forks,
a pipe, changes of affinity and of nice; `storm`: fork storms; `groups`: nested cgroups with weights, that come, go and change hands. A run is as it should be
if the kernel took the policy, nothing ended it before user space did, and the kernel's log has no complaint but those that are told below. Of these 6.12's on
`sched_cpu_dying` came without any scheduler of sched_ext as well, under the same load, and its one on `sub_running_bw` under the C original of qmap.
Callbacks are counted by the kernel (bpf_stats); CPUs are emulated, and some forty other processes shared the host's two cores. A figure that a busy host has spoilt is looked at in a second run, twice as long, and a third.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", default=[], help="a series; may be repeated")
    parser.add_argument("--only", nargs="*", default=[""], help="how names begin: `maximal`, `pair watched`")
    parser.add_argument("--page", action="store_true", help="the page alone")
    args = parser.parse_args()
    good = True
    for kernel in args.kernel if not args.page else ():
        good &= record(kernel, [case for case in ALL if case.key.startswith(tuple(args.only))])
    PAGE.write_text("\n".join([HEAD, *page(load())]) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
