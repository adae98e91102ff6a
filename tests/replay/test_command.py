# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl replay`: what it says of a record, of a wrong one, and of what is none."""

import json
from pathlib import Path

import pytest
from recording import recorded

from scxdsl.cli.main import main
from scxdsl.fuzz.records import KernelRecord

TEXT = (Path(__file__).parents[2] / "examples" / "simple.scx").read_text()


def written(tmp_path: Path, wrong: bool = False) -> Path:
    made = recorded(TEXT, "simple", 3)
    raw = made.raw
    if wrong:  # the first decision that has a number gets another one
        sites = made.built.checked.policy.recording.sites
        site = next(i for i, s in enumerate(sites) if s.what == "what is given as arguments" and str(s.type) == "duration")
        at = next(i for i in range(0, len(raw), 8) if int.from_bytes(raw[i : i + 8], "little") == site | 1 << 32)
        raw = raw[: at + 8] + (77).to_bytes(8, "little") + raw[at + 16 :]
    path = tmp_path / "run.scxrec"
    path.write_bytes(KernelRecord("simple.scx", TEXT, "6.18.0-model", made.series, made.cpus, {}, 0, raw).to_bytes())
    return path


def test_a_run_that_agrees(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(written(tmp_path))]) == 0
    assert "0 differences" in capfd.readouterr().out
    assert main(["replay", str(written(tmp_path)), "--format", "json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["ok"] and said["followed"]["enqueue"] > 0 and said["differences"] == 0 and said["incomplete"] == 0


def test_a_difference_is_told_at_its_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(written(tmp_path, wrong=True))]) == 1
    said = capfd.readouterr()
    assert "E0921" in said.err and "recorded 77, interpreted 20000000" in said.err and "simple.scx:" in said.err and "1 difference" in said.out


@pytest.mark.parametrize("content", [b"", b"{}\n", b"no record", b'{"version": 1}\n', b'{"version": 2}\n123'])
def test_what_is_no_record(content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert main(["replay", str(path)]) == 2
    assert "is no record of a run" in capfd.readouterr().err


def test_a_record_cut_short(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    assert main(["replay", str(path)]) == 2
    assert "is no record of a run" in capfd.readouterr().err


@pytest.mark.parametrize(("policy", "what"), [
    ("lock l guards a\nvar a: u64\non tick(p) { under l { repeat 3 { a += 1 } } }", "a loop under a lock"),
    ("struct Wide { a: [u64; 20] }\nvar w: Wide\non tick(p) { let x = w\n if x.a[3] > 1 { p.slice = 1ms } }", "a value of type Wide"),
    ("ring out: u64[4K]\non tick(p) { if let e = out.reserve() { e = 3 } }", "a place in a ring"),
])  # fmt: skip
def test_what_cannot_be_recorded_is_told(policy: str, what: str) -> None:
    from scxdsl.compiler import build

    made = build(f"scheduler s\n{policy}\n", "s.scx", record=True)
    assert made.object is None
    assert [(d.code, d.message) for d in made.diagnostics][-1] == ("E0913", f"{what} cannot be recorded")
