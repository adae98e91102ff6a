# SPDX-License-Identifier: GPL-2.0-only
"""Record and replay on real kernels: every decision of a recorded run is what the interpreter comes to."""

from pathlib import Path

import pytest

from scxdsl.compiler import build
from scxdsl.fuzz.records import KernelRecord, replay
from scxdsl.guest import Guest

EXAMPLES = Path(__file__).parents[2] / "examples"
# simple; queues of pids and state of tasks and CPUs; sets of CPUs and timers; virtual time by cache
NAMES = ("simple", "qmap", "nest", "llc")


@pytest.mark.guest
@pytest.mark.parametrize("seconds", [1, pytest.param(5, marks=pytest.mark.sweep)])
def test_the_interpreter_decides_as_the_kernel_did(guest: Guest, seconds: int) -> None:
    for name in NAMES:
        text = (EXAMPLES / f"{name}.scx").read_text()
        made = build(text, f"{name}.scx", record=True)
        assert made.object is not None
        run = guest.run(made.object, seconds=seconds, load="mix")
        assert run.clean and run.lost == 0, run
        record = KernelRecord(f"{name}.scx", text, run.kernel, guest.kernel.series, guest.topology.cpus, {}, run.lost, run.record)
        done, found = replay(KernelRecord.from_bytes(record.to_bytes()), made.checked.policy)
        assert found == [] and done.incomplete == 0, (name, found[:3])
        assert done.invocations > 50 and {"enqueue", "dispatch"} <= set(done.by_program), done.by_program
