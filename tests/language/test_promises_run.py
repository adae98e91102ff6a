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
    said = {f"{shown.title}: {shown.text.splitlines()[0]}": came_of(build(shown.policy, "doc.scx").object, guest) for shown in accepted()}
    assert "\n".join(f"{name}: {words}" for name, words in said.items() if words) == ""


def came_of(made: bytes, guest) -> str:
    """What went wrong with one object; empty where nothing did."""
    refused = [f"{v.program or 'the object'} is refused: {v.reason}" for v in guest.verify(made) if not v.accepted]
    if refused:
        return refused[0]
    run = guest.run(made, seconds=SECONDS, load="mix")
    if run.clean:
        return ""
    return run.refusal or (run.exit.message or run.exit.reason if run.ejected and run.exit else "; ".join(run.faults)) or "no word of how it ended"
