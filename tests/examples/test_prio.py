# SPDX-License-Identifier: GPL-2.0-only
"""prio: strict order of weights."""

import pytest
from patience import run_until
from spying import EXAMPLES, ON, machine

from scxdsl.compiler import build
from scxdsl.guest.load import shares
from scxdsl.guest.run import Run


def light(run: Run) -> float:
    """The part of the CPU time that the spinners of weight 100 had."""
    return sum(w.share for w in run.workers if w.weight == 100)


@ON
@pytest.mark.guest
def test_lighter_tasks_wait_for_as_long_as_heavier_ones_are_there(kernel: str) -> None:
    """Two heavy spinners and two light ones on one CPU. With one heavy one the light would get every second turn: a task whose
    slice is over is queued only after dispatch has chosen the next."""
    made = build((EXAMPLES / "prio.scx").read_text(encoding="utf-8"), "prio.scx")
    assert made.object is not None
    with machine(kernel, cores=1) as guest:
        run = run_until(guest, made.object, lambda run: light(run) < 0.1, load=shares((100, 300, 100, 300)))
    assert run.clean, run
    assert light(run) < 0.1, run.workers
