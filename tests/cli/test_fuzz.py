# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl fuzz`: what it says, what it saves, and how it ends."""

import json
from pathlib import Path

import pytest

from scxdsl.cli.main import main
from scxdsl.fuzz.findings import Found
from scxdsl.machine.on_model.program import Bytecode

SIMPLE = str(Path(__file__).parents[2] / "examples" / "simple.scx")


def test_generated_policies_agree(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--examples", "2", "--scripts", "1"]) == 0
    assert "2 policies, 2 scripts" in (out := capfd.readouterr().out) and out.endswith("no difference\n")


def test_one_policy_on_many_scripts_in_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", SIMPLE, "--examples", "5", "--format", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert {k: told[k] for k in ("version", "ok", "policies", "scripts", "findings")} == {
        "version": 1, "ok": True, "policies": 1, "scripts": 5, "findings": [],
    }  # fmt: skip


def test_a_policy_with_errors_is_at_fault(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.scx"
    path.write_text("scheduler s\non tick(p) { x = 1 }\n")
    assert main(["fuzz", str(path)]) == 1
    assert "error[" in capfd.readouterr().err


def test_a_difference_is_made_small_saved_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    right = Bytecode.call

    def wrong(self: Bytecode, name: str, args: tuple[object, ...]) -> object:
        found = right(self, name, args)
        return 0 if name == "select_cpu" else found  # whatever the policy says

    with monkeypatch.context() as changed:
        changed.setattr(Bytecode, "call", wrong)
        assert main(["fuzz", SIMPLE, "--examples", "50", "--save", str(tmp_path)]) == 1
        said = capfd.readouterr().out
        (saved,) = tmp_path.glob("difference-*.json")
        found = Found.from_json(saved.read_text())
        assert found.script is not None and len(found.script.events) < 10 and "select_cpu" in said
        assert main(["fuzz", "--replay", str(saved)]) == 1
    assert main(["fuzz", "--replay", str(saved)]) == 0  # mended


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "kind": "odd", "policy": "", "series": "", "script": null}',
                                  '{"version": 1, "kind": "difference", "policy": "", "series": "6.18", "script": {"events": [3]}}'])  # fmt: skip
def test_a_file_without_a_finding_is_a_wrong_call(tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert main(["fuzz", "--replay", str(path)]) == 2
    assert "no saved finding" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["--examples", "0"], ["--length", "x"], ["nowhere.scx"]])
def test_wrong_calls(words: list[str]) -> None:
    assert main(["fuzz", *words]) == 2
