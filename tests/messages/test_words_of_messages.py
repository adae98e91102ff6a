# SPDX-License-Identifier: GPL-2.0-only
"""What the checks say, word for word: each NAME.scx holds one mistake, NAME.txt beside it the messages. Those for malformed texts are in
tests/syntax/golden.

After a change that is meant, write them anew with `SCXDSL_GOLDEN=1 pytest tests/messages` and read the difference as somebody who is tired.
"""

import os
from pathlib import Path

import pytest

from scxdsl.compiler import check
from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.render_text import render

HERE = Path(__file__).parent
INPUTS = sorted(HERE.glob("*.scx"))
SYNTAX = HERE.parent / "syntax" / "golden"


def findings(path: Path) -> list[Diagnostic]:
    return check(path.read_text(encoding="utf-8"), path.name).diagnostics


def test_there_are_enough() -> None:
    assert len(INPUTS) + len(list(SYNTAX.glob("*.scx"))) >= 200


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_messages(path: Path) -> None:
    expected = path.with_suffix(".txt")
    said = render(findings(path))
    if os.environ.get("SCXDSL_GOLDEN"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_one_mistake_gives_one_message(path: Path) -> None:
    """Beside those about names that are never used, which the small texts have."""
    assert len([d for d in findings(path) if d.code != "W0201"]) == 1
