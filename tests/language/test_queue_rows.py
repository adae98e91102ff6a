# SPDX-License-Identifier: GPL-2.0-only
"""Queues with two indices, rows of queues of members, of cgroups: every one is made, told apart, and goes."""

import pytest
from patience import counted, run_until

from scxdsl.compiler import build, check
from scxdsl.source.diagnostic import Severity

GRID = """\
scheduler grid
const LEVELS = 3
dsq grid[LEVELS][llc]
dsq flat[12][2]
table dom[4] { dsq q[2][llc]; dsq one[cpu]; n: u64 }
per cgroup { dsq q[llc]; dsq two[3]; dsq own }
per llc { dsq lv[2][3] }
per task { n: u64; at: u64 }
stat moved, kept
var n: u64
fn push(p: task, mut rounds: u64) {
    let l = p.cpu.llc
    rounds += 1
    let k = rounds % 7
    if k == 0 { grid[rounds % 3][l].insert(p); return }
    if k == 1 { flat[rounds % 12][1].insert(p); return }
    if k == 2 { if let d = dom(rounds % 4) { d.q[rounds % 2][l].insert(p); return } }
    if k == 3 { if let d = dom(1) { d.one[p.cpu].insert(p); return } }
    if k == 4 { l.lv[1][rounds % 3].insert(p); return }
    p.at = p.cgroup.id
    if p.at != 1 { kept += 1; GLOBAL.insert(p); return }
    if k == 5 { p.cgroup.q[l].insert(p); return }
    p.cgroup.two[rounds % 3].insert(p)
}
on enqueue(p, flags) { push(p, p.n) }
on dispatch(cpu, prev) {
    for i in 0 .. 3 {
        for l in llc { if grid[i][l].move_to_local() { moved += 1 } }
        for l in llc { for j in 0 .. 2 { if l.lv[j][i].move_to_local() { moved += 1 } } }
    }
    for i in 0 .. 12 { flat[i][1].move_to_local() }
    for d in dom {
        for l in llc { d.q[0][l].move_to_local(); d.q[1][l].move_to_local() }
        for c in cpus { d.one[c].move_to_local() }
    }
    if let root = cgroup(1) {
        for l in llc { root.q[l].move_to_local() }
        for i in 0 .. 3 { root.two[i].move_to_local() }
        n = root.own.len as u64
    }
    if let t = prev { n += t.n }
}
"""


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("per task { dsq q }", "E0611", 2),
        ("dsq q[2][3][4]", "E0609", 2),
        ("per cgroup { dsq q[2][3] }", "E0609", 2),
        ("dsq q[0][3]", "E0609", 2),
        ("dsq q[3][llc]\non enqueue(p, f) { q[1].insert(p) }", "E0609", 3),
        ("dsq q[3][llc]\non enqueue(p, f) { q.insert(p) }", "E0609", 3),
        ("dsq q[3][llc]\non enqueue(p, f) { q[3][p.cpu.llc].insert(p) }", "E0302", 3),
        ("dsq q[3][llc]\non enqueue(p, f) { q[2][p.cpu].insert(p) }", "E0301", 3),
        ("dsq q[3][4]\non enqueue(p, f) { q[2][4].insert(p) }", "E0302", 3),
        ("dsq q[3]\non enqueue(p, f) { q[2][1].insert(p) }", "E0609", 3),
        ("per llc { dsq q[3][2] }\non enqueue(p, f) { p.cpu.llc.q[2].insert(p) }", "E0609", 3),
        ("per cgroup { dsq q[2] }\non enqueue(p, f) { p.cgroup.q.insert(p) }", "E0609", 3),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    found = check("scheduler s\n" + text, "p.scx").diagnostics
    assert (code, line) in [(d.code, d.span.line) for d in found if d.severity is Severity.ERROR]


@pytest.mark.guest
def test_they_run_on_real_kernels(guest) -> None:
    made = build(GRID, "grid.scx")
    assert made.object is not None, [(d.code, d.message) for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("moved"), seconds=2)
    assert run.attached and run.clean, (run.exit, run.refusal)
