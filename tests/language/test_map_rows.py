# SPDX-License-Identifier: GPL-2.0-only
"""Rows of maps: of every kind, of tables, with owners; each with a capacity of its own."""

import pytest
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.source.diagnostic import Severity

ROWS = """\
scheduler rows
struct Pair { a: u64; b: u32 }
map fifo[5]: queue<i32>[16]
map lifo[3]: stack<u64>[4]
map seen[4]: hash<u64, Pair>[8]
map old[2]: lru<i32, u64>[4]
map row[3]: array<u64>[4]
map own[2]: hash<u64, task?>[8]
table dom[6] { map q: queue<i32>[8]; n: u64; map last: hash<u64, task?>[4] }
stat pushed, popped, full, found
var n: u64
per task { runs: u64 }
dsq shared
fn put(i: u64, pid: i32) -> bool { fifo[i].push(pid) }
on enqueue(p, flags) {
    let k = p.runs % 5
    if put(k, p.pid) { pushed += 1 } else { full += 1; if let x = fifo[k].pop() { n += x as u64 } }
    if !lifo[k % 3].push(p.runs) { let _ = lifo[k % 3].pop() }
    if let s = seen[k % 4][p.runs % 12] { found += 1; n += s.a }
    seen[k % 4][p.runs % 12] = Pair(a: p.runs, b: p.weight)
    if p.runs % 12 in seen[k % 4] { n += 1 }
    if !seen[2].add(p.runs % 3, Pair(1, 2)) { seen[2].remove(p.runs % 3) }
    old[k % 2][p.pid] = p.runs
    n += old[k % 2][(p.pid - 1) as i32] ?? 5
    row[k % 3][p.runs % 6] = n
    row[1].remove(2)
    keep own[k % 2][p.pid as u64 % 10] = p
    if let t = own[1 - k % 2][p.pid as u64 % 10] { t.runs += 1 }
    if let d = dom(k) { if !d.q.push(p.pid) { full += 1 }; d.n += 1; keep d.last[p.runs % 5] = p }
    for d in dom {
        if let pid = d.q.peek() { if d.n % 3 == 0 { let _ = d.q.pop(); popped += 1; n += pid as u64 } }
        if let t = take d.last[2] { n += t.runs }
    }
    p.runs += 1
    shared.insert(p)
}
on dispatch(cpu, prev) { if let x = fifo[n % 5].peek() { n += x as u64 }; shared.move_to_local() }
"""


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("map m[4]: queue<u32>[64]\non tick(p) { m.push(1) }", "E0642", 3),
        ("map m[4]: queue<u32>[64]\non tick(p) { m[4].push(1) }", "E0302", 3),
        ("map m[0]: queue<u32>[64]", "E0642", 2),
        ("map m[49]: queue<u32>[64]", "E0642", 2),
        ("map m[40]: queue<u32>[64]\nmap k[9]: queue<u32>[64]", "E0642", 3),
        ("map m[4][2]: queue<u32>[64]", "E0642", 2),
        ("var n: u64\nmap m[n]: queue<u32>[64]", "E0312", 3),
        ("per cpu { map m: queue<u32>[64] }", "E0642", 2),
        ("per task { map m: hash<u32, u32>[64] }", "E0642", 2),
        ("per cgroup { map m: array<u32>[64] }", "E0642", 2),
        ("table t[4] { map m[2]: queue<u32>[64] }", "E0642", 2),
        ("table t[64] { map m: queue<u32>[64] }", "E0642", 2),
        ("table t[4] { map m: queue<u32>[64]; m: u64 }", "E0602", 2),
        ("map m[4]: hash<u32, u32>[64]\nvar n: u64\non tick(p) { n = m[1] }", "E0210", 4),
        ("map m[4]: hash<u32, u32>[64]\non tick(p) { m[1].push(3) }", "E0641", 3),
        ("map m[4]: hash<u32, u32>[64]\non tick(p) { m[5ms][3] = 1 }", "E0301", 3),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    found = check("scheduler s\n" + text, "p.scx").diagnostics
    assert (code, line) in [(d.code, d.span.line) for d in found if d.severity is Severity.ERROR]


def test_each_is_a_map_of_its_own() -> None:
    made = {m.name: m for m in lower(check(ROWS, "rows.scx")).maps}
    assert [made[f"fifo__{i}"].max_entries for i in range(5)] == [16] * 5
    assert [made[f"dom_q__{i}"].kind for i in range(6)] == ["queue"] * 6


@pytest.mark.guest
def test_they_run_on_real_kernels(guest) -> None:
    made = build(ROWS, "rows.scx")
    assert made.object is not None, [(d.code, d.message) for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("pushed", "popped", "full", "found"), seconds=2)
    assert run.attached and run.clean, (run.exit, run.refusal)
