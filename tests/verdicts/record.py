# SPDX-License-Identifier: GPL-2.0-only
"""Asks check and real kernels about the corpus and writes down what they say.

    python tests/verdicts/record.py --kernel 7.3 --kernel 6.18            # all of it on two kernels
    python tests/verdicts/record.py --kernel 7.3 --only docs/ reject/     # a part; what was recorded of the rest stays
    python tests/verdicts/record.py --kernel 7.3 --kernel 6.18 --stale    # what is new, or has another text than was recorded
"""

import argparse
import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from asking import ACCEPTED, GuestError, Said, answer, codes, compiled, kind_on
from corpus import EJECTED, VERIFIER, Case, corpus

from scxdsl.codegen.backend import Backend
from scxdsl.compiler import check
from scxdsl.fuzz.maker import load as modules
from scxdsl.guest import Guest

FILE = Path(__file__).with_name("verdicts.json")


def load() -> dict[str, dict]:
    """Name -> {"kind", "code", "text": digest, "check": [codes], "for": {series: [codes]} where check of that kernel alone says otherwise,
    "kernels": {series: words}, "lines": {series: line that guest verify or run shows}}."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def digest(case: Case) -> str:
    """What changes with the text and what a kernel is asked about it."""
    return sha256(repr((case.text, case.code, case.kind, case.settings)).encode()).hexdigest()[:8]


def current(case: Case, verdicts: dict[str, dict], kernel: str | None = None) -> bool:
    """Whether the record is of this very text, and of what the kernel says of it, if it can be asked."""
    row = verdicts.get(case.name, {})
    if row.get("text") != digest(case):
        return False
    return kernel is None or kernel in row["kernels"] or "object" in row or not asks(case, kernel)


def save(verdicts: dict[str, dict]) -> None:
    rows = (f" {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in sorted(verdicts.items()))
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n")


def record(
    cases: list[Case], kernels: list[str], verdicts: dict[str, dict], kept: Callable[[dict], None] = lambda _: None, logs: Path | None = None,
    stale: bool = False,
) -> None:
    """Adds the verdicts of check and of these kernels to `verdicts`, which are `kept` now and then. `logs`: a folder for what the verifier wrote.
    `stale`: only what is not recorded as it stands. Prints what is not as it should be."""
    known = {(case.name, kernel) for case in cases for kernel in kernels if stale and current(case, verdicts, kernel)}
    cases = [case for case in cases if not kernels or any((case.name, kernel) not in known for kernel in kernels)]
    with Backend() as backend:
        made = {case.name: compiled(case, backend) for case in cases}
        for case in cases:
            row = verdicts.setdefault(case.name, {"kernels": {}})
            if not current(case, verdicts):  # what other kernels said of another text
                row.update(kernels={}, lines={})
            row.update(kind=case.kind, code=case.code, text=digest(case), check=codes(case.text))
            row["for"] = alone(case, row["check"])
            if isinstance(made[case.name], str):
                row.update(object=made[case.name], kernels={}, lines={})
            else:
                row.pop("object", None)
            if case.code not in row["check"] if case.code else row["check"] or "object" in row:
                print(f"{case.name}: check says {row['check']}, expected {case.code or 'nothing'} {row.get('object', '')}", flush=True)
        special = {(c.name, k): _for_kernel(c, k, backend) for c in cases for k, found in verdicts[c.name]["for"].items() if not found}
    for kernel in kernels:
        with Guest(kernel) as guest:
            wanted = [case for case in cases if (case.name, kernel) not in known]
            for number, case in enumerate(wanted, 1):
                data = special.get((case.name, kernel), made[case.name])
                row = verdicts[case.name]
                said = _said(case, data, guest) if isinstance(data, bytes) and asks(case, kernel) else None
                _put(row, kernel, said)
                if said is not None and said.words != ACCEPTED and not row["for"].get(kernel, row["check"]):
                    print(f"FALSE ACCEPT {case.name} on {kernel}: {said.words}", flush=True)
                if said is not None and said.log and logs is not None:
                    (logs / f"{case.name.replace('/', '+')}-{kernel}.log").write_text(said.log)
                if number % 100 == 0:
                    kept(verdicts)
        kept(verdicts)


def _put(row: dict, kernel: str, said: Said | None) -> None:
    row.setdefault("lines", {}).pop(kernel, None)
    row["kernels"].pop(kernel, None)
    if said is not None:
        row["kernels"][kernel] = said.words
        if said.line is not None:
            row["lines"][kernel] = said.line


def alone(case: Case, all: list[str]) -> dict[str, list[str]]:
    """What check says for one of the declared kernels alone, where that is not what it says for all of them."""
    if not case.code or case.kind not in (VERIFIER, EJECTED):
        return {}
    declared = check(case.text, load=modules).target.kernels
    said = {kernel: codes(case.text, kernel) for kernel in declared}
    return {kernel: found for kernel, found in said.items() if found != all}


def _for_kernel(case: Case, kernel: str, backend: Backend) -> bytes | str:
    """The object of a policy that check accepts for that kernel alone, with all rules."""
    return compiled(Case(case.name, case.text), backend, kernel)


# Callbacks that the load of a run comes to. What is wrong in `exit` is not heard: the scheduler ends already.
_REACHED = frozenset(
    "select_cpu enqueue dequeue dispatch runnable running stopping quiescent tick enable disable init init_task exit_task".split()
)


def asks(case: Case, kernel: str) -> bool:
    """Whether the policy is for that kernel, and loading or running tells anything: before 7.1 a call from the wrong callback ends
    the running scheduler, if the callback runs."""
    if kernel not in check(case.text, load=modules).target.kernels:
        return False
    if case.code != "E0407" or kind_on(case, kernel) != EJECTED or case.kind == EJECTED:
        return True
    return not case.name.startswith("places/") or case.name.split("/")[1].split("!")[0] in _REACHED


def _said(case: Case, data: bytes, guest: Guest) -> Said:
    try:
        return answer(case, data, guest)
    except GuestError as error:
        return Said(f"not asked: {error.message}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", default=[], help="a series; may be repeated; none: check alone")
    parser.add_argument("--only", nargs="*", default=[""], help="how names begin")
    parser.add_argument("--stale", action="store_true", help="only what is not recorded as it stands")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the verifier's logs of what is refused")
    args = parser.parse_args()
    cases = corpus()
    verdicts = {name: row for name, row in load().items() if name in {case.name for case in cases}}
    record([case for case in cases if case.name.startswith(tuple(args.only))], args.kernel, verdicts, save, args.logs, args.stale)
    save(verdicts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
