# SPDX-License-Identifier: GPL-2.0-only
"""flatcg: shares of nested cgroups, on the model of the kernel with the interpreter, and on real kernels."""

from pathlib import Path

import pytest
from spying import ON, machine

from scxdsl.compiler import build, check
from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.load import NESTED
from scxdsl.guest.protocol import Role
from scxdsl.guest.run import Run
from scxdsl.interp import Interpreter
from scxdsl.model import Model, Topology
from scxdsl.model.cgroups import add_cgroup, set_cgroup_weight
from scxdsl.model.events import spawn
from scxdsl.model.attach import attach
from scxdsl.model.task import Cgroup, Task

TEXT = (Path(__file__).parents[2] / "examples" / "flatcg.scx").read_text(encoding="utf-8")
SECOND = 1_000_000_000


def started(series: str, cpus: int) -> Model:
    m = Model(series, Topology.of(cpus))
    policy = check(TEXT, "flatcg.scx").policy
    assert attach(m, lambda kernel: Interpreter(policy, kernel))
    return m


def group(m: Model, above: Cgroup | None, weight: int) -> Cgroup:
    made = add_cgroup(m, above, weight=weight)
    assert made is not None
    return made


def spinners(m: Model, cg: Cgroup, n: int) -> list[Task]:
    out = []
    for _ in range(n):
        p = spawn(m, cgroup=cg)
        assert p is not None
        out.append(p)
    return out


def shares(m: Model, crowds: list[list[Task]], seconds: int) -> list[float]:
    before = [sum(p.ran for p in crowd) for crowd in crowds]
    m.advance(seconds * SECOND)
    assert m.exit is None, m.exit
    used = [sum(p.ran for p in crowd) - b for crowd, b in zip(crowds, before, strict=True)]
    return [u / sum(used) for u in used]


@pytest.mark.parametrize("series", ["6.12", "6.18", "7.3"])
@pytest.mark.parametrize("cpus", [1, 2])
def test_nested_weights_share_the_machine(series: str, cpus: int) -> None:
    """Half as much for `light` as for `heavy`, whose part its children share 1 : 3, however many tasks each has."""
    m = started(series, cpus)
    light, heavy = group(m, None, 100), group(m, None, 200)
    small, large = group(m, heavy, 100), group(m, heavy, 300)
    crowds = [spinners(m, light, 6), spinners(m, small, 3), spinners(m, large, 4)]
    m.advance(SECOND)
    for got, wanted in zip(shares(m, crowds, 20), (1 / 3, 1 / 6, 1 / 2), strict=True):
        assert abs(got / wanted - 1) < 0.1, (got, wanted)
    set_cgroup_weight(m, light, 400)
    m.advance(SECOND)
    for got, wanted in zip(shares(m, crowds, 20), (2 / 3, 1 / 12, 1 / 4), strict=True):
        assert abs(got / wanted - 1) < 0.1, (got, wanted)


CROWD = [WorkerSpec(Role.SPIN, cgroup=group) for group, n in (("light", 6), ("heavy/small", 3), ("heavy/large", 4)) for _ in range(n)]


def off(run: Run) -> float:
    """How far the worst share is from what it is due, as a part of that. Shares are of what all workers got on the same CPUs in the same
    time, so that a busy host takes from all alike."""
    due = {"light": 1 / 3, "heavy/small": 1 / 6, "heavy/large": 1 / 2}
    got = dict.fromkeys(due, 0.0)
    for worker, spec in zip(run.workers, CROWD, strict=True):
        got[spec.cgroup] += worker.share
    return max(abs(got[group] / share - 1) for group, share in due.items())


@ON
@pytest.mark.guest
def test_nested_weights_share_a_real_machine(kernel: str) -> None:
    """As above, within 10 %. A host that stops the guest's CPUs for long can spoil a short run: then a long one decides."""
    made = build(TEXT, "flatcg.scx")
    assert made.object is not None
    with machine(kernel, cores=2) as guest:
        for seconds in (6, 30):
            run = guest.run(made.object, seconds=seconds, load=CROWD, groups=NESTED)
            assert run.clean, run
            if off(run) < 0.1:
                break
    assert off(run) < 0.1, run.workers


SLEEPER = [WorkerSpec(Role.SLEEP, argument=700, cgroup="light")]
BUSY = [WorkerSpec(Role.YIELD, cgroup=group) for group in ("heavy/small", "heavy/small", "heavy/small", "heavy/large")]


@ON
@pytest.mark.guest
def test_a_task_on_its_way_into_the_queue_is_not_lost(kernel: str) -> None:
    """`insert` takes effect when `enqueue` has ended. A CPU that comes in between finds a cgroup with a place and nothing in its queue;
    took it the place for good, a lone task would wait until the kernel ends the policy. Here that gap lasts milliseconds."""
    ends = "    if cg.ordered.swap(1) == 0 { place(cg) }\n}"
    assert TEXT.count(ends) == 1 and TEXT.count("scheduler flatcg\n") == 1 and TEXT.count("stat picked,") == 1
    text = TEXT.replace(ends, ends.removesuffix("}") + "    repeat 3000 { waited += 1 }\n}")
    text = text.replace("scheduler flatcg\n", "scheduler flatcg { timeout: 5s }\n").replace("stat picked,", "stat waited, picked,")
    made = build(text, "flatcg.scx")
    assert made.object is not None, made.diagnostics
    with machine(kernel, cores=2) as guest:
        run = guest.run(made.object, seconds=12, load=SLEEPER + BUSY, groups=NESTED)
    assert run.clean, run
    assert run.stats["empty"] > 100  # the gap was met
    assert all(worker.share > 0 for worker in run.workers)
