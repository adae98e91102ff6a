# SPDX-License-Identifier: GPL-2.0-only
"""Timers of rows: one for each CPU, cache, node and row of a table; the body knows whose it is."""

import pytest
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.source.diagnostic import Severity

BEATS = """\
scheduler beats
param rows: u32 = 3 in 1 ..= 4
per cpu {
    n: u64
    timer beat every 10ms { cpu.n += 1; if cpu == this_cpu { same += 1 } else { other += 1 } }
    timer once { shots += 1; cpu.n += 100 }
}
per llc { m: u64; timer t every 20ms { llc.m += 1; llcs += 1 } }
table dom[4] count rows {
    k: u64
    timer w every 15ms {
        dom.k += 1
        doms += 1
        if dom.index >= rows { error "there are {rows} rows, not {dom.index}" }
    }
}
per node { timer t { nodes += 1 } }
stat same, other, shots, llcs, doms, nodes
var n: u64
dsq q
on enqueue(p, flags) {
    let c = p.cpu
    if !c.once.armed { c.once.start(2ms, pinned) }
    if p.weight > 5000 { c.once.stop() }
    c.node.t.start(3ms)
    q.insert(p)
}
on dispatch(cpu, prev) { q.move_to_local() }
on stopping(p, r) { for d in dom { n += d.k; if d.index == 2 && n % 5 == 0 { d.w.stop() } } }
"""


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("per task { timer t { } }", "E0643", 2),
        ("per cgroup { timer t every 1s { } }", "E0643", 2),
        ("stat n\nper cpu { timer t { n += 1 }; t: u64 }", "E0602", 3),
        ("stat n\nper cpu { timer t { n += 1 } }\non tick(p) { p.cpu.t.begin() }", "E0205", 4),
        ("stat n\nper cpu { timer t { n += 1 } }\non tick(p) { p.cpu.t.start() }", "E0308", 4),
        ("stat n\nper cpu { timer t { n += 1 } }\non tick(p) { p.t.start(1ms) }", "E0205", 4),
        ("per cpu { timer t { p.slice = 1ms } }", "E0201", 2),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    found = check("scheduler s\n" + text, "p.scx").diagnostics
    assert (code, line) in [(d.code, d.span.line) for d in found if d.severity is Severity.ERROR]


def test_there_is_one_for_each_row_that_there_may_be() -> None:
    made = {m.name: m.max_entries for m in lower(check(BEATS, "beats.scx")).maps}
    assert made["cpu_beat"] == made["llc_t"] == 8192 and made["dom_w"] == 4 and made["node_t"] == 128


@pytest.mark.guest
def test_they_run_on_real_kernels(guest) -> None:
    made = build(BEATS, "beats.scx")
    assert made.object is not None, [(d.code, d.message) for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("shots", "llcs", "doms", "nodes"), seconds=2)
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["same"] + run.stats["other"] > 0
