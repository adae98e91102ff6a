# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl fmt`."""

from pathlib import Path

import pytest

from .conftest import EXAMPLE, Run
from .shapes import FMT, fits

CROOKED = "scheduler   s\non tick( p ) {\n p.slice=5ms }\n"


@pytest.fixture
def straight(scxdsl: Run, policy) -> str:
    policy(CROOKED, "a.scx")
    scxdsl("fmt", "a.scx")
    return Path("a.scx").read_text()


def test_it_changes_the_file(straight: str) -> None:
    assert straight.startswith("scheduler s\n") and "p.slice = 5ms" in straight


def test_check_changes_nothing_and_tells(scxdsl: Run, policy, straight: str) -> None:
    policy(CROOKED, "b.scx")
    done = scxdsl("fmt", "--check", "a.scx", "b.scx")
    assert done.status == 1 and "b.scx is not in the style" in done.err and "a.scx" not in done.err
    assert Path("b.scx").read_text() == CROOKED
    assert scxdsl("fmt", "--check", "a.scx").status == 0


def test_the_example_is_in_the_style(scxdsl: Run) -> None:
    assert scxdsl("fmt", "--check", EXAMPLE).status == 0


def test_stdin_goes_to_stdout(process: Run, straight: str) -> None:
    assert process("fmt", "-", stdin=CROOKED.encode()).out == straight


def test_o_leaves_the_file(scxdsl: Run, policy, straight: str) -> None:
    policy(CROOKED, "b.scx")
    assert scxdsl("fmt", "b.scx", "-o", "-").out == straight
    assert scxdsl("fmt", "b.scx", "-o", "c.scx").status == 0
    assert (Path("b.scx").read_text(), Path("c.scx").read_text()) == (CROOKED, straight)
    assert scxdsl("fmt", "a.scx", "b.scx", "-o", "c.scx").status == 2


def test_a_text_with_syntax_errors_is_left_and_told(scxdsl: Run, policy) -> None:
    path = policy("scheduler s\non tick(p {\n")
    done = scxdsl("fmt", path)
    assert done.status == 1 and "error[" in done.err and path.read_text() == "scheduler s\non tick(p {\n"


def test_json(scxdsl: Run, policy) -> None:
    done = scxdsl("fmt", "--check", "--format", "json", policy(CROOKED))
    fits(done.json, FMT)
    assert done.status == 1 and done.json["files"][0]["changed"] is True
