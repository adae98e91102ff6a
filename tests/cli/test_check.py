# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl check`."""

from pathlib import Path

import pytest

from .conftest import EXAMPLE, Run
from .shapes import CHECK, fits

BAD = "scheduler s\nvar a: u32\non tick(p) {\n    a = p.slice\n    b = 1\n}\n"
WARNS = "scheduler s { kernels: 7.3.. }\non cpu_acquire(cpu, args) { }\non cpu_release(cpu, args) { }\n"


def test_an_accepted_policy_is_told_with_the_kernels(scxdsl: Run) -> None:
    done = scxdsl("check", EXAMPLE)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"{EXAMPLE}: accepted for kernels 6.12 and 6.16 to 7.3\n"


def test_a_refused_one_with_all_its_errors_on_stderr(scxdsl: Run, policy) -> None:
    done = scxdsl("check", policy(BAD))
    assert (done.status, done.out) == (1, "")
    assert "p.scx:4:9" in done.err and "p.scx:5:5" in done.err and done.err.endswith("p.scx: 2 errors\n")


def test_other_kernels_than_declared(scxdsl: Run, policy) -> None:
    path = policy("scheduler s { kernels: 6.12.. }\n")
    assert scxdsl("check", path, "--kernels", "6.18").out.endswith("accepted for kernel 6.18\n")
    declared = scxdsl("check", path).out
    assert declared.endswith("accepted for kernels 6.12 and 6.16 to 7.3; no facts of 6.13, 6.14, 6.15; 7.3 is the newest known\n")


def test_several_files_are_all_checked(scxdsl: Run, policy) -> None:
    bad, good = policy(BAD, "bad.scx"), policy("scheduler g\n", "good.scx")
    done = scxdsl("check", bad, good)
    assert done.status == 1
    assert done.out.startswith(str(good)) and str(bad) in done.err


def test_stdin(process: Run) -> None:
    done = process("check", "-", stdin=BAD.encode())
    assert done.status == 1 and "stdin.scx:4:9" in done.err


def test_json(scxdsl: Run, policy) -> None:
    bad, good = policy(BAD, "bad.scx"), policy("scheduler g\n", "good.scx")
    done = scxdsl("check", bad, good, "--format", "json")
    assert (done.status, done.err) == (1, "")
    fits(done.json, CHECK)
    assert done.json["version"] == 1 and done.json["ok"] is False
    assert [(f["path"], f["ok"], f["scheduler"]) for f in done.json["files"]] == [(str(bad), False, "s"), (str(good), True, "g")]
    first = done.json["diagnostics"][0]
    assert (first["code"], first["span"]) == ("E0301", {"start": {"line": 4, "column": 9}, "end": {"line": 4, "column": 16}})
    assert first["help"][0]["edits"][0]["text"] == "p.slice as u32"


def test_json_of_an_accepted_policy(scxdsl: Run) -> None:
    done = scxdsl("check", EXAMPLE, "--format", "json")
    fits(done.json, CHECK)
    assert done.status == 0 and done.json["ok"] is True and done.json["diagnostics"] == []
    assert done.json["files"][0]["kernels"]["checked"][0] == "6.12"


def test_the_result_goes_where_o_says(scxdsl: Run, policy, tmp_path: Path) -> None:
    done = scxdsl("check", policy(BAD), "--format", "sarif", "-o", "out.sarif")
    assert (done.status, done.out, done.err) == (1, "", "")
    assert (tmp_path / "out.sarif").read_text().startswith("{")


@pytest.mark.parametrize(("flags", "status"), [([], 0), (["--werror"], 1)])
def test_warnings_are_errors_only_on_demand(scxdsl: Run, policy, flags: list[str], status: int) -> None:
    done = scxdsl("check", policy(WARNS), *flags)
    assert "warning[" in done.err and "error[" not in done.err
    assert done.status == status
    as_json = scxdsl("check", policy(WARNS), *flags, "--format", "json")
    assert as_json.json["ok"] is (status == 0) and as_json.json["files"][0]["ok"] is (status == 0)
