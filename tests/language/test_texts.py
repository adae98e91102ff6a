# SPDX-License-Identifier: GPL-2.0-only
"""Texts: equal, prefixes; `fail` and `exit restart`."""

import pytest
from findings_of import codes
from patience import counted, run_until

from scxdsl.compiler import build

TEXTS = """\
scheduler texts
stat kthreads, same, s_tasks, others, groups
per task { name: str[16] }
fn check(p: task) { if p.comm == "never" { fail .eperm } }
on init_task(p, args) { check(p); p.name = p.comm }
on enqueue(p, flags) {
    if p.comm.starts_with("kworker/") || p.comm.starts_with("ksoft") { kthreads += 1 }
    if p.comm == p.comm { same += 1 } else { error "law 1" }
    if p.comm != p.comm { error "law 2" }
    if !(p.comm.starts_with("")) { error "law 3" }
    p.name = p.comm
    if !p.comm.starts_with(p.name) || p.name != p.comm { error "law 4: {p.name}" }
    if p.comm.starts_with("s") { s_tasks += 1; if !("spin" == p.comm) && !(p.comm == "sleep") && !p.name.starts_with("scx") && !p.comm.starts_with("s") { error "law 5" } } else { others += 1 }
    if p.comm == "swapper" || p.cgroup.name == "x" { groups += 1 }
    if let q = p.cgroup.parent { error "parent of the root {q.id}" }
    GLOBAL.insert(p)
}
on cpu_offline(c) { exit restart "CPU {c} went away" }
"""


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('var n: u64\non tick(p) { if p.comm == "sixteen-bytes-xx" { n = 1 } }', "E0709", 3),
        ('var n: u64\non tick(p) { if p.comm.starts_with("sixteen-bytes-xx") { n = 1 } }', "E0709", 3),
        ('var n: u64\non tick(p) { if p.comm.starts_with(n) { n = 1 } }', "E0301", 3),
        ('var n: u64\non tick(p) { if p.comm.starts_with() { n = 1 } }', "E0308", 3),
        ('var n: u64\non tick(p) { if p.comm < "a" { n = 1 } }', "E0301", 3),
        ('var n: u64\non tick(p) { if p.pid == "a" { n = 1 } }', "E0301", 3),
        ('on tick(p) { exit quickly "x" }', "E0101", 2),
        ("on tick(p) { fail .enomem }", "E0710", 2),
        ("fn f() { fail .enomem }\non tick(p) { f() }", "E0710", 2),
        ("on select_cpu(p, prev, w) { fail .einval }", "E0710", 2),
        ("on init { fail .enope }", "E0206", 2),
        ("on init { fail 12 }", "E0206", 2),
        ('stat a\non init { exit restart "x"\n a += 1 }', "E0323", 4),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes("scheduler s\n" + text)


def test_a_function_may_fail_where_all_its_callers_may() -> None:
    assert codes("scheduler s\nfn f() { fail .enomem }\non init { f() }\non init_task(p, args) { f() }") == []


@pytest.mark.guest
def test_it_runs_on_real_kernels(guest) -> None:
    made = build(TEXTS, "texts.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("kthreads", "others"))
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["kthreads"] > 0 and run.stats["same"] >= run.stats["others"] > 0 and run.stats["groups"] == 0


@pytest.mark.guest
def test_a_failing_init_is_refused_with_its_number_and_a_restart_is_asked_for(guest) -> None:
    failing = build("scheduler s\non init { fail .enospc }", "s.scx")
    assert failing.object is not None
    assert "init() failed (-28)" in guest.run(failing.object, seconds=1, load="idle").exit.message
    leaving = build('scheduler s\nvar n: u64\non enqueue(p, f) { GLOBAL.insert(p)\n exit restart "again {n}" }', "s.scx")
    assert leaving.object is not None
    run = guest.run(leaving.object, seconds=2, load="mix")
    assert "again 0" in run.exit.message and run.exit.code == 1 << 48
