# SPDX-License-Identifier: GPL-2.0-only
"""The messages for malformed texts, word for word: each golden/NAME.scx beside NAME.txt.

After a change that is meant, write them anew with `SCXDSL_GOLDEN=1 pytest tests/syntax/test_messages.py` and read the difference.
"""

import os
from pathlib import Path

import pytest

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.render_text import render
from scxdsl.source.text import Source
from scxdsl.syntax.parser import parse

GOLDEN = Path(__file__).parent / "golden"
INPUTS = sorted(GOLDEN.glob("*.scx"))


def messages(path: Path) -> str:
    found = Diagnostics()
    parse(Source(path.name, path.read_text(encoding="utf-8")), found)
    return render(found.sorted())


def test_there_are_enough() -> None:
    assert len(INPUTS) >= 40


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_messages(path: Path) -> None:
    expected = path.with_suffix(".txt")
    if os.environ.get("SCXDSL_GOLDEN"):
        expected.write_text(messages(path), encoding="utf-8")
    assert messages(path) == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_each_has_a_finding(path: Path) -> None:
    assert messages(path)
