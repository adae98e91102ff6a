# SPDX-License-Identifier: GPL-2.0-only
"""qmap: levels by weight, and how much of a round each gets."""

import pytest
from patience import run_until
from spying import EXAMPLES, ON, machine

from scxdsl.compiler import build
from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.load import nice_of
from scxdsl.guest.protocol import Role
from scxdsl.guest.run import Run


def in_order(run: Run) -> bool:
    """Each level had twice as many turns as the one below it, within 15 %."""
    first, second, third = run.globals["head"][:3]
    return first > 20 and 1.7 <= second / first <= 2.3 and 1.7 <= third / second <= 2.3


@ON
@pytest.mark.guest
def test_heavier_levels_get_more_of_each_round(kernel: str) -> None:
    """Of three weights more spinners than their levels take in a round, 1, 2 and 4, on a machine of one CPU: so many leave each."""
    made = build((EXAMPLES / "qmap.scx").read_text(encoding="utf-8"), "qmap.scx")
    assert made.object is not None
    crowd = [WorkerSpec(Role.SPIN, nice=nice_of(weight)) for weight, n in ((15, 4), (40, 5), (100, 8)) for _ in range(n)]
    with machine(kernel, cores=1) as guest:
        run = run_until(guest, made.object, in_order, seconds=8, load=crowd)
    assert run.clean and run.stats["overflows"] == 0, run
    assert in_order(run), run.globals
    assert run.stats["dispatched"] >= 0.9 * sum(run.globals["head"])
