# SPDX-License-Identifier: GPL-2.0-only
"""pair: the CPUs of a core never run tasks of two cgroups, on the model at every millisecond, on real kernels at every switch and tick."""

import re

import pytest

from scxdsl.compiler import build, check
from scxdsl.guest import Guest
from scxdsl.guest.qemu import Topology
from scxdsl.interp import Interpreter
from scxdsl.model import Model, events
from scxdsl.model import Topology as ModelTopology
from scxdsl.model.cgroups import add_cgroup
from scxdsl.model.attach import attach

from spying import EXAMPLES

TEXT = (EXAMPLES / "pair.scx").read_text(encoding="utf-8")
# At each switch to a task of the policy (others run until all have come to it, and once they leave it): the cgroup that the kernel schedules
# the task by against the core's turn, and against what the core's other CPU runs while it takes part. A CPU with a task of another cgroup must have
# seized the core: it is on, and the turn is over.
SWITCH = """
    let here = this_cpu
    let k = here.core
    let own = if next.queued { next.sched_task_group.css.cgroup.kn.id } else { 0 }
    let alone = here.on && racy k.group != own && racy k.until == 0
    let mine = if alone { 0 } else { own }
    here.seen = mine
    if mine != 0 && (!here.on || racy k.group != mine) { outside += 1 }
    for other in cpus {
        if other == here || other.core != k { continue }
        let theirs = if other.on { other.seen } else { 0 }    // read once: it may turn 0 at any moment
        if mine != 0 && theirs != 0 && theirs != mine { beside += 1 }
        if mine != 0 && theirs == mine { together += 1 }
    }
"""
# At each tick: whoever runs is of the cgroup whose turn it is, or has the core alone.
TICK = """
on tick(p) {
    let k = this_cpu.core
    let gone = p.flags & 4 != 0                  // PF_EXITING: the cgroup of one that exits may be removed before its last moment
    if !gone && (!this_cpu.on || racy k.group != p.cgroup.id && racy k.until != 0) { wrong += 1 }
}
"""


def watched() -> bytes:
    """The policy with a watchman in its hook."""
    text, n = re.subn(r"(?<=if next.prio < 100 { seize\(this_cpu\) })(?= )", SWITCH.rstrip(), TEXT)
    assert n == 1
    text = text.replace("on dispatch(c, prev) {", "on dispatch(c, prev) {\n    c.seen = 0", 1)  # what ran gives way, or the tick finds it
    text = text.replace("    on: bool ", "    seen: u64\n    on: bool ", 1) + "\nstat outside, beside, wrong, together\n" + TICK
    out = build(text, "pair.scx")
    assert out.object is not None, [d.message for d in out.diagnostics]
    return out.object


@pytest.mark.parametrize("series", ["6.12", "6.18", "7.3"])
def test_one_cgroup_a_core_on_the_model(series: str) -> None:
    m = Model(series, ModelTopology.of(4, 2))
    policy = check(TEXT, "pair.scx").policy
    assert attach(m, lambda kernel: Interpreter(policy, kernel))
    crowds = []
    for size in (3, 1, 5):
        group = add_cgroup(m)
        crowds.append([events.spawn(m, cgroup=group) for _ in range(size)])
    mates = [[c for c in range(4) if m.topology.cores[c] == core] for core in sorted(set(m.topology.cores))]
    for step in range(1500):
        m.advance(1_000_000)
        if step % 100 == 50:  # a higher class takes a CPU for 3 ms: the core is empty beside it
            events.take_cpu(m, step // 100 % 4)
            m.advance(3_000_000)
            events.return_cpu(m, step // 100 % 4)
        assert m.exit is None, m.exit
        for cpus in mates:
            groups = {m.cpus[c].curr.cgroup for c in cpus if m.cpus[c].curr is not None}
            assert len(groups) < 2, f"after {step} ms"
    used = [sum(p.ran for p in crowd if p is not None) for crowd in crowds]
    assert all(0.5 < u / used[0] < 1.5 for u in (used[2], 2 * used[1])), used  # turns go round; a lone task leaves its sibling idle
    assert sum(m.program.stat("vacated")) > 5


@pytest.mark.guest
def test_one_cgroup_a_core_on_real_kernels(kernel: str) -> None:
    data = watched()
    with Guest(kernel, topology=Topology(sockets=1, cores=2, threads=2)) as guest:
        run = guest.run(data, seconds=4, load="groups")
    # 6.12 says of every policy without a flag that newer kernels refuse that it does not heed weights, which is so here
    faults = [line for line in run.faults if not (kernel == "6.12" and "does not implement cgroup cpu.weight" in line)]
    assert run.attached and not run.ejected and not faults, (run.refusal, run.exit, faults)
    assert [run.stats[name] for name in ("outside", "beside", "wrong")] == [0, 0, 0], run.stats
    assert run.stats["turns"] > 5 and run.stats["together"] > 5, run.stats
