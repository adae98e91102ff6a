# SPDX-License-Identifier: GPL-2.0-only
"""Every example, ten seconds under each load that exercises it, on a machine with siblings, caches and NUMA nodes, on every kernel."""

from pathlib import Path

import pytest

from scxdsl.compiler import build
from scxdsl.guest import Guest
from scxdsl.guest.qemu import Topology
from scxdsl.guest.run import Run

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.scx"))
WIDE = Topology(sockets=2, cores=1, threads=2, nodes=2)
SECONDS = 10

# What a kernel says by itself of a policy that is right: 6.12 asks for flags that later kernels warn of; deprecated callbacks.
EXPECTED = ("does not implement cgroup cpu.weight", "->cpu_acquire/release() are deprecated")


def object_of(path: Path) -> bytes:
    """With the longest timeout: how long an emulated CPU stands still while another is taken away depends on the host."""
    text = path.read_text(encoding="utf-8").replace("timeout: 5s", "timeout: 30s")
    made = build(text, path.name)
    assert made.object is not None, [d.message for d in made.diagnostics]
    return made.object


def unexpected(run: Run) -> list[str]:
    return [fault for fault in run.faults if not any(words in fault for words in EXPECTED)]


@pytest.mark.guest
@pytest.mark.sweep
def test_ten_seconds_under_each_load(kernel: str) -> None:
    """Spinners, sleepers, forks, changes of affinity and weight; fork storms; nested cgroups that come, go and change hands."""
    with Guest(kernel, topology=WIDE) as guest:
        for path in EXAMPLES:
            for load in ("mix", "storm", "groups"):
                run = guest.run(object_of(path), seconds=SECONDS, load=load)
                assert run.attached and not run.ejected, (path.stem, load, run)
                assert run.exit is not None and run.exit.kind == "SCX_EXIT_UNREG" and not unexpected(run), (path.stem, load, run)


@pytest.mark.guest
@pytest.mark.sweep
def test_a_cpu_goes(kernel: str) -> None:
    """The kernel ends a policy without callbacks for it, says so, and nothing is left behind. That maximal, which has them, goes on is
    not shown: docs/status.md."""
    simple = object_of(next(path for path in EXAMPLES if path.stem == "simple"))
    with Guest(kernel, cpus=2) as guest:
        ended = guest.run(simple, seconds=SECONDS, load="hotplug")
        again = guest.run(simple, seconds=2, load="mix")
    assert ended.ejected and ended.exit is not None and ended.exit.kind == "SCX_EXIT_UNREG_KERN" and "offline" in ended.exit.message, ended
    assert again.clean, again
