# SPDX-License-Identifier: GPL-2.0-only
"""Every accepted block that docs/language/promises.md names loads into real kernels and is their scheduler for half a second: all in one boot a kernel."""

import pytest
from promises import accepted

from scxdsl.compiler import build

KERNELS = ("6.12", "6.18", "7.3")
SECONDS = 0.5  # also without a `dispatch` no task has waited too long by then


@pytest.mark.guest
@pytest.mark.sweep
@pytest.mark.parametrize("kernel", KERNELS, scope="session")
def test_they_are_verified_attach_run_and_let_go(guest, kernel: str) -> None:
    wrong = {}
    for shown in accepted():
        made = build(shown.policy, "doc.scx").object
        refused = [(v.program, v.reason) for v in guest.verify(made) if not v.accepted]
        if refused:
            wrong[shown.title] = refused
            continue
        run = guest.run(made, seconds=SECONDS, load="mix")
        if not run.clean:
            wrong[shown.title, shown.text] = (run.refusal, run.exit, run.faults)
    assert not wrong
