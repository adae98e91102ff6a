# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs: values and places, algebra, the kernel's live masks, idle CPUs."""

import pytest
from findings_of import codes
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.protocol import Role
from scxdsl.ir.ops import CallHelper, CallKfunc
from scxdsl.ir.walk import operations

# Every law ends the scheduler where it does not hold: on the way in, in callbacks under load, in a timer.
SLEEPERS = [WorkerSpec(Role.SLEEP, argument=us) for us in (1000, 2000)]  # CPUs are idle most of the time
LAWS = """\
scheduler masks
var primary: cpumask
var reserve: cpumask
percpu var mine: cpumask
stat picked, moved, walked
var n: u64
per task { last: cpumask }
per cpu { near: cpumask }
table group[4] { mask: cpumask }
dsq shared

fn promote(c: cpu) -> bool { primary.add(c) && !reserve.remove(c) }
fn both(m: cpumask) -> cpumask { m & primary }
fn must(ok: bool, place: u64) { if !ok { error "masks: law {place} does not hold" } }

on select_cpu(p, prev, wake) {
    let nest = p.cpus_allowed & primary
    if prev in nest && prev.claim() { picked += 1; LOCAL.insert(p); return prev }
    if let c = idle_cpu(nest, .core) { LOCAL.insert(p); return c }
    if let c = idle_cpu(p.cpus_allowed - reserve) { promote(c); LOCAL.insert(p); return c }
    if let c = idle_cpu((p.cpus_allowed | primary) - reserve) { return c }
    if idle_cpus.intersects(both(p.cpus_allowed)) { picked += 1 }
    prev
}

on enqueue(p, flags) {
    let mut m: cpumask
    must(m.empty && m.len == 0 && m.first ?? this_cpu == this_cpu, 1)
    must(m.add(p.cpu) && !m.add(p.cpu) && p.cpu in m && m.len == 1, 2)
    let a = m | p.cpus_allowed
    must(m.subset_of(a) && p.cpus_allowed.subset_of(a), 3)
    must((a & m) == m && (a ^ a).empty && (a - a).empty, 4)
    must((a - m).len == a.len - 1 && !(p.cpu in a - m), 5)
    must(~~m == m && !m.intersects(~m) && (m | ~m) == possible, 6)
    must(m.first ?? this_cpu == p.cpu && m.any ?? this_cpu == p.cpu, 7)
    must(if let c = (a & m).first { c == p.cpu } else { false }, 8)
    must(m.remove(p.cpu) && !m.remove(p.cpu) && m.empty, 9)
    m = a
    m &= ~reserve
    m -= idle_cores
    m ^= idle_cpus
    p.last = a
    mine = p.last
    p.cpu.near = online & p.last
    must(mine == a && p.cpu.near.subset_of(online), 10)
    if let g = group(1) {
        g.mask = a
        g.mask |= primary
        must(primary.subset_of(g.mask) || !primary.empty, 11)
    }
    let mut k: u64
    for c in a { k += 1; if c.is_idle { moved += 1 } }
    must(k == a.len, 12)
    for _ in m & p.cpus_allowed { walked += 1; break }
    m = {}
    must(m.empty, 13)
    shared.insert(p)
}
on dispatch(cpu, prev) { shared.move_to_local() }
on set_cpumask(p, mask) {
    p.last = mask
    n = mask.len
}
timer t every 10ms {
    reserve = possible - primary
    primary.remove(this_cpu)
    let all = primary | online
    if this_cpu in primary { n += all.len }
    for c in primary { if c.is_idle { n += 1 } }
    must(online.subset_of(all) && reserve.subset_of(possible), 14)
    must(primary == primary, 15)
}
on init() {
    primary = possible
    for c in primary { c.near = possible }
    let mut k = possible
    k -= primary
    if !k.empty { error "masks: law 16 does not hold" }
}
"""


def calls(text: str, program: str) -> list[str]:
    """The kernel functions and helpers that a program calls, in order."""
    checked = check("scheduler s\n" + text, "p.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    ops = operations(lower(checked).function(program).body)
    return [
        op.helper if isinstance(op, CallHelper) else op.kfunc.symbol for op in ops if isinstance(op, CallHelper | CallKfunc)
    ]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("var n: u64\non tick(p) { if p.cpu in n { n = 1 } }", "E0703", 3),
        ("var n: u64\non dispatch(c, prev) { if c in prev { n = 1 } }", "E0314", 3),
        ("var m: [cpumask; 4]", "E0704", 2),
        ("struct S { a: u64, m: cpumask }", "E0704", 2),
        ("enum E { a, b(cpumask) }", "E0704", 2),
        ("per task { m: cpumask? }", "E0704", 2),
        ("fn f() -> (cpumask, bool) { error \"x\" }", "E0704", 2),
        ("per cpu { " + "; ".join(f"m{i}: cpumask" for i in range(11)) + " }", "E0705", 2),
        ("var m: cpumask\non tick(p) { m += p.cpus_allowed }", "E0305", 3),
        ("var m: cpumask\non tick(p) { m = m * m }", "E0305", 3),
        ("var m: cpumask\non tick(p) { m = m & 3 }", "E0301", 3),
        ("var m: cpumask\non tick(p) { if 3 in m { m.add(p.cpu) } }", "E0301", 3),
        ("var m: cpumask\non tick(p) { m.add(p) }", "E0301", 3),
        ("on tick(p) { p.cpus_allowed.add(p.cpu) }", "E0307", 2),
        ("on tick(p) { idle_cpus = {} }", "E0307", 2),
        ("on tick(p) { let m = online\n m.add(p.cpu) }", "E0307", 3),
        ("on tick(p) { let m = online\n m = {} }", "E0307", 3),
        ("on set_cpumask(p, m) { m.add(p.cpu) }", "E0307", 2),
        ("var m: cpumask\non tick(p) { m.ad(p.cpu) }", "E0205", 3),
        ("on select_cpu(p, prev, w) { idle_cpu(p.cpus_allowed) }", "E0314", 2),
        ("on select_cpu(p, prev, w) { idle_cpu() ?? prev }", "E0308", 2),
        ("on select_cpu(p, prev, w) { idle_cpu(p.cpus_allowed, .idle) ?? prev }", "E0206", 2),
        ("var online: u64", "E0203", 2),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes("scheduler s\n" + text)


# ---- what it costs


def test_a_question_about_the_allowed_cpus_is_one_call() -> None:
    assert calls("var n: u64\non tick(p) { if this_cpu in p.cpus_allowed { n = 1 } }", "s_tick") == [
        "get_smp_processor_id",
        "bpf_cpumask_test_cpu",
    ]


def test_a_local_mask_needs_no_allocation_where_the_program_cannot_sleep() -> None:
    text = "var a: cpumask\non select_cpu(p, prev, w) { let m = p.cpus_allowed & a\n idle_cpu(m) ?? prev }"
    assert calls(text, "s_select_cpu") == ["map_lookup_elem", "bpf_cpumask_and", "scx_bpf_pick_idle_cpu"]


def test_first_and_any_of_an_intersection_make_no_mask() -> None:
    text = "var a: cpumask\nvar n: cpu\non tick(p) { n = (p.cpus_allowed & a).%s ?? n }"
    assert "bpf_cpumask_first_and" in calls(text % "first", "s_tick")
    made = calls(text % "any", "s_tick")
    assert "bpf_cpumask_any_and_distribute" in made and "map_lookup_elem" not in made


def test_a_live_mask_is_put_on_every_way_out() -> None:
    text = "on enqueue(p, flags) { for c in idle_cpus { if c == p.cpu { return }\n c.kick() } }"
    made = calls(text, "s_enqueue")
    assert made.count("scx_bpf_get_idle_cpumask") == 1 and made.count("scx_bpf_put_idle_cpumask") == 3  # a loop too long, return, end


def test_a_timer_reads_masks_in_rcu_sections() -> None:
    made = calls("var a: cpumask\ntimer t every 1ms { a.add(this_cpu) }", "t_expired")
    unlock = "bpf_rcu_read_unlock"  # the first one stands where the mask is missing
    assert made[made.index("bpf_rcu_read_lock") :] == ["bpf_rcu_read_lock", unlock, "bpf_cpumask_test_and_set_cpu", unlock, "timer_start"]


def test_masks_go_through_functions_as_values_and_as_places() -> None:
    text = """
scheduler s
var m: cpumask
fn pick(p: task, only: cpumask) -> cpu? {
    if let c = idle_cpu(only & p.cpus_allowed) { return c }
    none
}
fn grow(mut t: cpumask, c: cpu) { t.add(c) }
fn big() -> cpumask { m | online }
on select_cpu(p, prev, wake) {
    let mut a = big()
    grow(a, prev)
    grow(m, prev)
    if p.weight > 3 { a = big() }
    let b = if p.weight > 5 { a } else { m }
    for c in b & a { if c == prev { continue }; if c.is_idle { return c } } else { m = b }
    pick(p, a - b) ?? prev
}
"""
    assert build(text, "s.scx").object is not None


AMONG = """
scheduler among
var fast: cpumask
stat taken
on init { fast = online }
on select_cpu(p, prev, wake) {
    if let c = select_cpu_and(p, prev, wake, fast & p.cpus_allowed) { taken += 1; LOCAL.insert(p); return c }
    prev
}
"""


@pytest.mark.guest
def test_the_kernels_choice_among_some_cpus(guest) -> None:
    made = build(AMONG, "among.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    run = run_until(guest, made.object, counted("taken"), seconds=2, load=SLEEPERS)
    assert run.clean and run.stats["taken"] > 0, (run.exit, run.refusal, run.stats)


@pytest.mark.guest
def test_the_laws_hold_on_real_kernels(guest) -> None:
    made = build(LAWS, "masks.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    busy = run_until(guest, made.object, counted("walked"))
    assert busy.attached and busy.clean and busy.stats["walked"] > 0, (busy.exit, busy.refusal, busy.stats)
    light = run_until(guest, made.object, counted("picked"), seconds=2, load=SLEEPERS)
    assert light.attached and light.clean and light.stats["picked"] > 0, (light.exit, light.refusal, light.stats)
