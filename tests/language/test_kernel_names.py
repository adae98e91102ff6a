# SPDX-License-Identifier: GPL-2.0-only
"""The kernel under its own names: fields, constants, helpers, run queues; calls that come in pairs; what a kernel lacks."""

import pytest

from scxdsl.compiler import build, check
from scxdsl.source.diagnostic import Severity

# Each law is the same thing said in two ways.
NAMES = """\
scheduler names
stat calls, users, kthreads, drawn, late, ticks, timers
var interrupts: u64
map seen: hash<i32, u64>[64]
on enqueue(p, flags) {
    calls += 1
    if p.cpus_ptr != p.cpus_allowed || bpf_cpumask_weight(p.cpus_ptr) as u64 != p.cpus_allowed.len { error "law 1" }
    if bpf_get_smp_processor_id() != this_cpu || bpf_get_numa_node_id() != this_cpu.node { error "law 2" }
    if (p.flags & PF_KTHREAD != 0) != p.is_kthread { error "law 3" }
    if (p.scx.flags & SCX_TASK_QUEUED != 0) != p.queued { error "law 4" }
    if !p.is_kthread && p.flags & PF_EXITING == 0 && p.mm == none { error "law 5" }
    if p.group_leader == none || p.group_leader.pid != p.tgid { error "law 6" }
    if this_cpu.rq.cpu as u64 != this_cpu.index || SCX_CPUPERF_ONE != 1024 { error "law 7" }
    if in_nmi() { error "law 8" }
    if (seen[p.pid] == none) != (!(p.pid in seen)) { error "law 9" }
    seen[p.pid] = calls_of(p)
    if in_hardirq() || in_softirq() { interrupts += 1 }
    if p.mm != none { users += 1 } else { kthreads += 1 }
    if bpf_get_prandom_u32() % 2 == 1 { drawn += 1 }
    if bpf_ktime_get_boot_ns() < now() - 1s { late += 1 }
    GLOBAL.insert(p)
}
on tick(p) {
    ticks += 1
    if !in_hardirq() || in_nmi() { error "law 11" }
}
timer t every 10ms {
    timers += 1
    if !in_softirq() || in_hardirq() || in_nmi() { error "law 12" }
}
on init_task(p, args) { if in_hardirq() || in_softirq() || in_nmi() { error "law 13" } }
fn calls_of(p: task) -> u64 { p.cpus_mask.len + bpf_jiffies64() * 0 }
on select_cpu(p, prev, wake) {
    if kernel has scx_bpf_nr_node_ids { if bpf_get_current_pid_tgid() >> 32 != 0 && scx_bpf_nr_node_ids() == 0 { error "law 10" } }
    prev
}
"""
EVENTS = """\
scheduler events
var kept: i64
on tick(p) {
    if kernel has scx_event_stats.SCX_EV_DISPATCH_KEEP_LAST { kept = scx_bpf_events().SCX_EV_DISPATCH_KEEP_LAST }
    if kernel has task_struct.scx.tid { kept += p.scx.tid as i64 * 0 }
}
"""


def codes(text: str) -> list[tuple[str, int]]:
    """Errors of a policy: code and line."""
    return [(d.code, d.span.line) for d in check(text, "p.scx").diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("on tick(p) { bpf_rcu_read_lock() }", "E0431"),
        ("on tick(p) { bpf_preempt_disable() }", "E0431"),
        ("on cgroup_init(cg, args) { bpf_cgroup_release(cg) }", "E0431"),
        ("on tick(p) { bpf_task_release(p) }", "E0431"),
        ("on tick(p) { scx_bpf_put_cpumask(p.cpus_allowed) }", "E0431"),
        ("on tick(p) { bpf_cpumask_set_cpu(0, p.cpus_allowed) }", "E0416"),
        ("on enqueue(p, f) { GLOBAL.insert(p, SLICE, SCX_ENQ_HEAD) }", "E0432"),
        ("var n: u64\non tick(p) { n = SCX_TASK_READY }", "E0433"),
        ("var n: u64\non tick(p) { n = p.stats.nr_wakeups_sync }", "E0408"),
        ("on tick(p) { scx_bpf_task_set_slice(p, 1ms) }", "E0408"),
        ("var n: u64\non tick(p) { n = scx_bpf_cpu_node(this_cpu) as u64 }", "E0408"),
        ("var n: u64\non tick(p) { if kernel has task_struct.nothing { n = 1 } }", "E0415"),
        ("var n: u64\non tick(p) { if kernel has task_struct.real_parent.pid { n = 1 } }", "E0415"),
        ("var n: u64\non tick(p) { if p.weight == none { n = 1 } }", "E0315"),
        ("var n: u64\non tick(p) { if p == none { n = 1 } }", "E0315"),
    ],
)
def test_refused_with_its_code(text: str, code: str) -> None:
    assert codes("scheduler s\n" + text) == [(code, text.count("\n") + 2)]


@pytest.mark.guest
def test_they_say_the_same_as_the_short_forms_on_real_kernels(guest) -> None:
    for text in (EVENTS, NAMES):
        made = build(text, "names.scx")
        assert made.object is not None, [d.message for d in made.diagnostics]
        assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = guest.run(made.object, seconds=2, load="mix")
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["users"] > 0 and run.stats["kthreads"] > 0 and run.stats["calls"] > run.stats["drawn"] > 0
    assert run.stats["late"] == 0
    assert run.stats["ticks"] > 10 and run.stats["timers"] > 10
