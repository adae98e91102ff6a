# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl new`."""

from pathlib import Path

import pytest

from .conftest import Run


def test_the_new_policy_is_accepted_and_built(scxdsl: Run) -> None:
    assert scxdsl("new", "mine").status == 0
    assert scxdsl("check", "mine.scx", "--werror").status == 0
    assert scxdsl("build", "mine.scx").status == 0


def test_it_is_in_the_style(scxdsl: Run) -> None:
    scxdsl("new", "mine")
    assert scxdsl("fmt", "--check", "mine.scx").status == 0


def test_it_tells_what_it_is_for_a_reader(scxdsl: Run) -> None:
    assert scxdsl("new", "mine", "-o", "-").out.startswith("/// mine: ")


def test_nothing_is_overwritten(scxdsl: Run) -> None:
    Path("mine.scx").write_text("precious")
    done = scxdsl("new", "mine")
    assert (done.status, done.err) == (2, "scxdsl: mine.scx exists already; it is left as it is\n")
    assert Path("mine.scx").read_text() == "precious"


@pytest.mark.parametrize("name", ["3x", "if", "a-b", "", "a b", "x{y", "café", "p" * 200, "a/b", "../x"])
def test_what_cannot_name_a_scheduler(scxdsl: Run, name: str, tmp_path: Path) -> None:
    done = scxdsl("new", name)
    assert done.status == 2 and "cannot name a scheduler" in done.err
    assert not list(tmp_path.iterdir())
