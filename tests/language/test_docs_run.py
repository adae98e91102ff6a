# SPDX-License-Identifier: GPL-2.0-only
"""The blocks of docs/language that are whole policies run on real kernels. That kernels take every block is asked in tests/verdicts."""

import re

import pytest
from test_docs import FOLDER, _blocks

from scxdsl.compiler import build, check

EVERY = 12  # in CI one of so many; all with --sweep


def policies() -> list[str]:
    """Blocks with a `scheduler` line of their own."""
    return [p.values[0] for p in _blocks() if p.values[1] is None and re.search(r"^scheduler\b", p.values[0], re.MULTILINE)]


def test_there_are_some() -> None:
    assert len(policies()) >= 6 and (FOLDER / "README.md").exists()


@pytest.mark.guest
@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.sweep)])
def test_they_attach_run_and_let_go(guest, kernel: str, every: int) -> None:
    wrong = {}
    for text in policies()[::every]:
        if kernel in check(text).target.kernels:
            run = guest.run(build(text).object, seconds=1, load="mix")
            if not (run.attached and run.clean):
                wrong[text] = (run.exit, run.refusal)
    assert not wrong
