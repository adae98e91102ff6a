# SPDX-License-Identifier: GPL-2.0-only
"""Walks over queues: the task at hand, moves out of the middle, looks at the head."""

import pytest
from findings_of import calls, codes
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.ir.ops import CallKfunc
from scxdsl.ir.walk import operations

WALKS = """\
scheduler walks
dsq shared, high, ordered
per task { boosted: bool; n: u64 }
stat walked, moved, lost, peeked, empty
var seq: u64
fn expedite(here: cpu) -> bool {
    for t in shared {
        walked += 1
        t.n += 1
        if t.weight < 100 { continue }
        if t.move(ordered, slice: SLICE * 2, vtime: seq as vtime) { moved += 1 } else { lost += 1 }
        seq += 1
    }
    for t in ordered {
        let c = if here in t.cpus_allowed { here } else { t.cpus_allowed.any ?? here }
        if t.migration_disabled > 0 && t.cpu != c { continue }
        if t.move(LOCAL(c), .preempt) { moved += 1
            if c == here { return true } } else { lost += 1 }
    } else { empty += 1 }
    false
}
on enqueue(p, flags) { shared.insert(p, SLICE, flags) }
on dispatch(cpu, prev) {
    if let t = shared.peek() { if t.pid > 0 { peeked += 1 } }
    if expedite(cpu) { return }
    for _ in high { for u in shared { if u.move(high) { break } } }
    if !high.move_to_local() { shared.move_to_local() }
}
timer again every 50ms { expedite(this_cpu)
    if let x = shared.peek() { if x.pid > 0 { peeked += 1 } } }
"""


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("dsq q\non dispatch(c, prev) { if let t = prev { t.move(q) } }", "E0706", 3),
        ("dsq q\nfn f(t: task) { t.move(q) }\non dispatch(c, prev) { for t in q { f(t) } }", "E0706", 3),
        ("dsq q\non dispatch(c, prev) { for t in q { let u = t\n u.move(LOCAL) } }", "E0706", 4),
        ("on dispatch(c, prev) { for t in LOCAL { t.move(GLOBAL) } }", "E0707", 2),
        ("on dispatch(c, prev) { for t in LOCAL(c) { t.move(GLOBAL) } }", "E0707", 2),
        ("var n: i32\non dispatch(c, prev) { if let t = GLOBAL.peek() { n = t.pid } }", "E0707", 3),
        ("dsq q\non cpu_release(c, a) { q.reenqueue() }", "E0308", 3),
        ("dsq q\non dispatch(c, prev) { for t in q { t.move() } }", "E0308", 3),
        ("dsq q\non dispatch(c, prev) { for t in q { t.move(LOCAL, slice: 3) } }", "E0301", 3),
        ("dsq q\non dispatch(c, prev) { for t in q { t.move(LOCAL, vtime: 5ms) } }", "E0301", 3),
        ("dsq q\non running(p) { for t in q { t.move(LOCAL) } }", "E0407", 3),
        ("dsq q\non dispatch(c, prev) { for t in q { t.move(GLOBAL, vtime: t.vtime) } }", "E0502", 3),
        ("dsq a, b\non enqueue(p, f) { b.insert(p) }\non dispatch(c, prev) { for t in a { t.move(b, vtime: t.vtime) } }", "E0501", 4),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes("scheduler s\n" + text)


def test_the_iterator_is_destroyed_on_every_way_out() -> None:
    made = calls("dsq q\non dispatch(c, prev) { for t in q { if t.weight > 5 { return }\n if t.move(LOCAL) { break } } }", "s_dispatch")
    assert made.count("bpf_iter_scx_dsq_new") == 1
    assert made.count("bpf_iter_scx_dsq_destroy") == 2  # `return`; `break` and the end of the queue leave in one place


def test_a_walk_over_a_queue_of_numbers_is_refused_with_its_type() -> None:
    assert codes("scheduler s\nvar n: u64\non tick(p) { for t in n { } }") == [("E0322", 3)]


@pytest.mark.guest
def test_walks_run_on_real_kernels(guest) -> None:
    made = build(WALKS, "walks.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("walked", "moved", "peeked"))
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["walked"] > 0 and run.stats["moved"] > 0 and run.stats["peeked"] > 0


@pytest.mark.parametrize("where", ["on init_task(p) { %s }", "on init { look.start(1s) }\ntimer look { %s }", "command head() -> i32 { %s ; 0 }"])
def test_a_look_at_the_head_stands_in_a_section_where_the_program_may_sleep(where: str) -> None:
    text = "scheduler s { kernels: 7.3.. }\ndsq q\nvar next: i32\n" + where % "if let t = q.peek() { next = t.pid }"
    made = lower(check(text))
    calls = [[op.kfunc.symbol for op in operations(f.body) if isinstance(op, CallKfunc)] for f in made.functions]
    looks = [found for found in calls if "scx_bpf_dsq_peek" in found]
    assert looks == [["bpf_rcu_read_lock", "scx_bpf_dsq_peek", "bpf_rcu_read_unlock"]]


def test_a_look_at_the_head_needs_none_where_it_may_not() -> None:
    text = "scheduler s { kernels: 7.3.. }\ndsq q\nvar next: i32\non tick(p) { if let t = q.peek() { next = t.pid } }"
    ops = operations(lower(check(text)).function("s_tick").body)
    assert [op.kfunc.symbol for op in ops if isinstance(op, CallKfunc)] == ["scx_bpf_dsq_peek"]
