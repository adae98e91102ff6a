# SPDX-License-Identifier: GPL-2.0-only
"""central: one CPU decides, the others ask; a timer ends what has no slice."""

import pytest
from patience import run_until
from spying import ON, machine, spied, values

from scxdsl.guest.run import Run


def slowest(run: Run) -> float:
    return min(w.share for w in run.workers)


@ON
@pytest.mark.guest
def test_only_the_deciding_cpu_hands_out_tasks(kernel: str) -> None:
    data = spied("central", r"^fn feed", "handed_out[this_cpu.index] += 1", "var handed_out: [u64; 8]")
    with machine(kernel) as guest:
        given = values(data, {"chief": "2"})
        run = run_until(guest, data, lambda run: run.globals["handed_out"][2] > 100, params=given)
    assert run.clean, run
    counts = run.globals["handed_out"]
    assert counts[2] > 100 and sum(counts) == counts[2]


@ON
@pytest.mark.guest
def test_tasks_without_a_slice_take_turns(kernel: str) -> None:
    """Eight spinners on four CPUs, none of which would ever give way: the timer sees to it that each gets its part."""
    data = spied("central", r"^timer turns", "fired += 1", "var fired: u64")
    with machine(kernel) as guest:
        run = run_until(guest, data, lambda run: run.stats["preempted"] > 20 and slowest(run) > 0.04, seconds=4, load="spin")
    assert run.clean, run
    assert run.globals["fired"] > 100 and run.stats["preempted"] > 20
    assert slowest(run) > 0.04, run.workers
