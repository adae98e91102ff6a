# SPDX-License-Identifier: GPL-2.0-only
"""llc: a queue for each cache, and help from the others when it is empty."""

import pytest
from patience import run_until
from spying import ON, machine, spied, values

from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.protocol import Role

# Pinned by turns to each of four CPUs, the spinners end up where they are; what sleeps leaves CPUs empty for moments.
LOAD = [WorkerSpec(Role.SPIN) for _ in range(5)] + [WorkerSpec(Role.SLEEP, argument=2000) for _ in range(3)]


@ON
@pytest.mark.guest
def test_a_cpu_without_work_takes_from_the_other_cache(kernel: str) -> None:
    data = spied("llc", r"^on running", "ran[p.cpu.llc.index & 7] += 1", "var ran: [u64; 8]")
    with machine(kernel, sockets=2, cores=2) as guest:
        run = run_until(guest, data, lambda run: run.stats["local"] > run.stats["stolen"] > 0, seconds=4, load=LOAD)
        alone = guest.run(data, seconds=2, load=LOAD, params=values(data, {"steal": "false"}))
    assert run.clean and alone.clean, (run, alone)
    assert sum(n > 10 for n in run.globals["ran"]) == 2, "two caches"
    assert run.stats["stolen"] > 0 and run.stats["local"] > run.stats["stolen"]
    assert alone.stats["stolen"] == 0
