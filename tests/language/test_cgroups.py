# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups: held without a word, walked through, asked for only where the kernel tells."""

import pytest
from findings_of import calls, codes
from patience import counted, run_until

from scxdsl.compiler import build

GROUPS = """\
scheduler groups
per cgroup { runs: u64; below: u64 }
per task { group: u64 }
dsq shared
stat seen, below, found, parents, walked, named
var n: u64
fn note(p: task) {
    let cg = p.cgroup
    cg.runs += 1
    if cg.level > 0 { if let a = cg.parent { parents += 1; n = a.id } }
    if let r = cg.ancestor(0) { if r.id != 1 { error "root {r.id}" } }
    if let r = cg.ancestor(cg.level) { if r.id != cg.id { error "self {r.id}" } } else { error "none" }
    if let _ = cg.ancestor(cg.level + 1) { error "below" }
}
fn paths(p: task) {
    let cg = p.cgroup
    let path = cg.path
    if !path.starts_with("/") || (path == "/") != (cg.level == 0) { error "path {path}" }
    if let up = cg.parent && up.level == 0 && (path == "/") { error "{path} is below the root" }
    if path.starts_with("/g") { n += 1 }
}
on select_cpu(p, prev, w) { note(p); paths(p); prev }
on enqueue(p, flags) {
    note(p)
    p.group = p.cgroup.id
    if p.weight > 5 && p.cgroup.level >= 0 { seen += 1 }
    shared.insert(p)
}
on dispatch(cpu, prev) {
    if let t = prev { if let g = cgroup(t.group) { found += 1; if g.id != t.group { error "id" } } }
    shared.move_to_local()
}
on dequeue(p, f) { note(p) }
on tick(p) { note(p); log "{p.cgroup.path}" }
on runnable(p, f) { note(p) }
on running(p) { note(p) }
on stopping(p, r) { note(p); log "{p.cgroup.name}" }
on quiescent(p, f) { note(p) }
on set_weight(p, w) { note(p) }
on set_cpumask(p, m) { note(p) }
on enable(p) { note(p) }
on yield(p, to) { note(p); false }
on cgroup_init(cg, args) { cg.below = cg.level as u64; named += 1 }
timer again every 100ms {
    if let root = cgroup(1) {
        for g in root.descendants { walked += 1; if g.level < 1 { error "level" }; if g.runs > 1000 { continue }; if let x = g.parent { n = x.id } }
    }
}
on init() { let r = cgroup(1) else { return }
  for g in r.descendants { n += g.id } }
"""


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("var n: u64\non dispatch(c, prev) { if let t = prev { n = t.cgroup.id } }", "E0708", 3),
        ("var n: u64\nfn f(t: task) { n = t.cgroup.id }\non tick(p) { f(p); if let t = task(1) { f(t) } }", "E0708", 3),
        ("var n: u64\nper task { a: u64 }\ntimer x every 1ms { if let t = task(1) { n = t.cgroup.id } }", "E0708", 4),
        ("var n: u64\non init_task(p, args) { n = p.cgroup.id }", "E0708", 3),
        ("fn f(p: task) -> cgroup { p.cgroup }\non tick(p) { f(p) }", "E0702", 2),
        ("on tick(p) { let mut g = p.cgroup\n if let a = g.parent { g = a } }", "E0702", 3),
        ("var n: u64\non tick(p) { let g = if p.weight > 3 { p.cgroup } else { p.cgroup }\n n = g.id }", "E0702", 3),
        ("var n: u64\non tick(p) { n = p.cgroup.parent.id }", "E0314", 3),
        ("var n: u64\non tick(p) { if let g = cgroup(5ms) { n = g.id } }", "E0301", 3),
        ("var n: u64\non tick(p) { if let g = cgroup() { n = g.id } }", "E0308", 3),
        ("var n: u64\non tick(p) { n = p.cgroup.idd }", "E0205", 3),
        ("var n: u64\non tick(p) { n = this_cpu.curr.cgroup.id }", "E0205", 3),
        ("var g: cgroup", "E0418", 2),
        ("stat a\non update_idle(c, idle) { a += 1 }\non tick(p) { p.cpu.claim() }", "E0503", 4),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes("scheduler s\n" + text)


def test_a_cgroup_in_a_condition_that_is_not_reached_is_released_where_it_was_taken() -> None:
    made = calls("var n: u64\non tick(p) { if p.weight > 5 && p.cgroup.level > 1 { n = 1 } }", "s_tick")
    assert made == ["scx_bpf_task_cgroup", "bpf_cgroup_release"]


@pytest.mark.guest
def test_it_runs_on_real_kernels(guest) -> None:
    made = build(GROUPS, "groups.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("seen", "found"))
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["seen"] > 0 and run.stats["found"] > 0
