# SPDX-License-Identifier: GPL-2.0-only
"""The standard library as a whole: its own tests, its style, its words, and that kernels take it."""

import re
from pathlib import Path

import pytest

from scxdsl.cli.main import main
from scxdsl.compiler import build, check
from scxdsl.source.library import names, standard
from scxdsl.syntax.format import format_source

POLICY = (Path(__file__).parent / "whole.scx").read_text()


@pytest.mark.parametrize("name", names())
def test_its_own_tests_pass_on_both_engines(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).parents[2] / "stdlib" / f"{name}.scx"
    assert main(["test", str(path), "--engine", "all"]) == 0, capfd.readouterr().err


@pytest.mark.parametrize("name", names())
def test_it_is_written_in_the_one_style(name: str) -> None:
    source = standard(name)
    assert source is not None and format_source(source) == source.text
    assert source.text.startswith("// SPDX-License-Identifier: GPL-2.0-only\n")


@pytest.mark.parametrize("name", names())
def test_each_public_function_says_what_it_does_and_nothing_is_warned_of(name: str) -> None:
    source = standard(name)
    assert source is not None
    checked = check(source.text, source.path, module=True)
    assert not checked.diagnostics
    for found in re.finditer(r"^(.*)\n(pure )?fn (\w+)", source.text, re.MULTILINE):
        assert found[1].startswith("//"), f"{name}.{found[3]} has no words"


def test_one_policy_calls_every_function() -> None:
    for name in names():
        source = standard(name)
        assert source is not None
        for found in re.finditer(r"^///.*\n(?:pure )?fn (\w+)", source.text, re.MULTILINE):
            assert f"{name}.{found[1]}(" in POLICY, f"{name}.{found[1]}"


@pytest.mark.guest
def test_every_function_passes_the_verifier(guest) -> None:
    built = build(POLICY, "whole.scx")
    assert built.object is not None, [(d.code, d.message) for d in built.diagnostics]
    verdicts = guest.verify(built.object)
    assert all(v.accepted for v in verdicts), [(v.program, v.reason) for v in verdicts]
