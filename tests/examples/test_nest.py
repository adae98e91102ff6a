# SPDX-License-Identifier: GPL-2.0-only
"""nest: at low load, fewer cores."""

import pytest
from patience import run_until
from spying import ON, machine, spied, values

from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.protocol import Role
from scxdsl.guest.run import Run

LIGHT = [WorkerSpec(Role.FORK)]  # a parent that waits for one short-lived child after the other


def on_two(run: Run) -> float:
    """The part of all runs that the two busiest CPUs had."""
    counts = sorted(run.globals["ran_on"])
    return sum(counts[-2:]) / sum(counts)


@ON
@pytest.mark.guest
def test_a_line_of_children_needs_fewer_cores_than_with_simple(kernel: str) -> None:
    """Where any idle core will do, the children wander over all four; in the nest they come to those that were just used."""
    spy = "if !p.is_kthread { ran_on[p.cpu.index] += 1 }"
    nest, simple = (spied(name, r"^on running", spy, "var ran_on: [u64; 8]") for name in ("nest", "simple"))
    with machine(kernel) as guest:
        many = guest.run(simple, seconds=3, load=LIGHT)
        few = run_until(guest, nest, lambda run: on_two(run) > on_two(many) + 0.1, load=LIGHT, params=values(nest, {"p_remove": "25ms"}))
    assert few.clean and many.clean, (few, many)
    assert few.stats["warm"] > few.stats["elsewhere"] + few.stats["from_reserve"]
    assert on_two(few) > on_two(many) + 0.1, (few.globals, many.globals)
