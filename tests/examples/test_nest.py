# SPDX-License-Identifier: GPL-2.0-only
"""nest: at low load, fewer cores."""

import pytest
from spying import ON, machine, spied, values

from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.protocol import Role
from scxdsl.guest.run import Run

LIGHT = [WorkerSpec(Role.SLEEP, argument=us) for us in (9000, 10000, 11000)]


def on_two(run: Run) -> float:
    """The part of all runs that the two busiest CPUs had."""
    counts = sorted(run.globals["ran_on"])
    return sum(counts[-2:]) / sum(counts)


@ON
@pytest.mark.guest
def test_three_sleepers_need_fewer_cores_than_with_simple(kernel: str) -> None:
    """Each sleeper alone would stay on a core of its own; in the nest they meet on those that were just used."""
    spy = "if !p.is_kthread { ran_on[p.cpu.index] += 1 }"
    nest, simple = (spied(name, r"^on running", spy, "var ran_on: [u64; 8]") for name in ("nest", "simple"))
    with machine(kernel) as guest:
        few = guest.run(nest, seconds=4, load=LIGHT, params=values(nest, {"p_remove": "25ms"}))
        many = guest.run(simple, seconds=4, load=LIGHT)
    assert few.clean and many.clean, (few, many)
    assert few.stats["warm"] > few.stats["elsewhere"] + few.stats["from_reserve"]
    assert on_two(few) > on_two(many), (few.globals, many.globals)
    assert on_two(few) > 0.75, few.globals
