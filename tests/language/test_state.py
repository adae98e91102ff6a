# SPDX-License-Identifier: GPL-2.0-only
"""State of tasks, CPUs, cores, llcs, nodes, cgroups and tables; atomics, histograms, tasks that are looked for."""

import pytest
from findings_of import codes

from scxdsl.compiler import build, check, lower
from scxdsl.ir.ops import CallHelper, CallKfunc
from scxdsl.ir.walk import operations


def module(text: str):
    checked = check("scheduler s\n" + text, "p.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    return lower(checked)


def calls(text: str, program: str, name: str) -> int:
    """How often a program calls a helper or kernel function."""
    ops = operations(module(text).function(f"s_{program}").body)
    return sum(
        isinstance(op, CallHelper) and op.helper == name or isinstance(op, CallKfunc) and op.kfunc.symbol == name
        for op in ops
    )


# ---- what is refused


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("per thread { n: u64 }", "E0601", 2),
        ("per task { n: u64 }\nper task { n: u32 }", "E0602", 3),
        ("per task { weight: u64 }", "E0602", 2),
        ("table t[4] { index: u64 }", "E0602", 2),
        ("per task { atomic f: u16 }", "E0603", 2),
        ("per cpu { n: u64 }\non tick(p) { this_cpu.n.raise(3) }", "E0604", 3),
        ("atomic var n: duration\non tick(p) { n -= 5us }", "E0605", 3),
        ("var v: u64\nper cpu { n: u64 = v }", "E0606", 3),
        ("per task { n: u64 }\non tick(p) { this_cpu.curr.n = 3 }", "E0607", 3),
        ("table t[0] { n: u64 }", "E0608", 2),
        ("table t[4] count true { n: u64 }", "E0608", 2),
        ("per cpu { dsq q[3] }\non enqueue(p, flags) { p.cpu.q.insert(p) }", "E0609", 3),
        ("dsq q[70000]", "E0609", 2),
        ("per task { n: u64 }\non dispatch(c, prev) { prev.n = 3 }", "E0314", 3),
        ("per task { n: u64 }\non tick(p) { p.m = 3 }", "E0205", 3),
        ("per cpu { n: u64 }\non tick(p) { p.n = 3 }", "E0205", 3),
        ("table a[4] { n: u64 }\ntable b[4] { m: u64 }\non tick(p) { if let x = a(1) { x.m = 3 } }", "E0205", 4),
        ("dsq q[llc]\non enqueue(p, flags) { q[p.cpu].insert(p) }", "E0301", 3),
        ("var n: u64\non tick(p) { for c in n { } }", "E0322", 3),
        ("per task { n: u64 }\non tick(p) { if let w = waker() { w.n = 1 } }", "E0412", 3),
        ("stat a\nfn f() { if let _ = waker() { a += 1 } }\non tick(p) { f() }", "E0412", 3),
        ("per llc { a: [u64; 4096]; b: u8 }", "E0610", 2),
        ("per cpu { dsq q }\non enqueue(p, flags) { p.cpu.q.insert(p, vtime: p.vtime)\n p.cpu.q.insert(p) }", "E0501", 4),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes("scheduler s\n" + text)


def test_a_member_with_a_name_of_the_kernels_is_told_of_once_wherever_it_is_used() -> None:
    text = """per task { weight: u64 }
per cpu { perf: [u64; 2] }
on tick(p) {
    p.weight += 1
    p.cpu.perf[1] = p.weight
    this_cpu.perf = [1, 2]
    if p.weight > 3 { p.weight = 0 }
}"""
    assert codes("scheduler s\n" + text) == [("E0602", 2), ("E0602", 3)]


# ---- how it is laid out


def test_a_policy_without_state_of_tasks_has_no_init_task() -> None:
    assert "init_task" not in module("per cpu { n: u64 }\non tick(p) { this_cpu.n += 1 }").ops.programs


def test_each_kind_has_its_map() -> None:
    made = module("per task { a: u64 }\nper cpu { b: u64 }\nper node { c: u64 }\nper cgroup { d: u64 }\ntable t[5] { e: u64 }\nhist h")
    assert {m.name: (m.kind, m.max_entries, m.flags) for m in made.maps} == {
        "task_state": ("task_storage", 0, 1),
        "cpu_state": ("percpu_array", 1, 0),
        "node_state": ("array", 128, 0),
        "cgroup_state": ("cgrp_storage", 0, 1),
        "t_state": ("array", 5, 0),
        "hists": ("percpu_array", 1, 0),
    }


def test_a_row_is_looked_up_once_for_a_name_that_cannot_change() -> None:
    text = "per task { a, b: u64 }\nfn f(q: task) { q.b += 1 }\non tick(p) { p.a += 1\n p.b += p.a\n if p.a > 3 { f(p) } }"
    assert calls(text, "tick", "task_storage_get") == 1


def test_what_one_branch_looked_up_the_other_looks_up_itself() -> None:
    text = "per task { a: u64 }\non tick(p) { if p.weight > 3 { p.a = 1 } else { p.a = 2 }\n p.a += 1 }"
    assert calls(text, "tick", "task_storage_get") == 3


def test_a_held_task_is_released_on_every_way_out() -> None:
    text = "on tick(p) { for i in 0 .. 3 { let t = task(5) else { continue }\n if t.weight > 3 { return } } }"
    # no state; where there is none; on return; at the end of a turn
    assert calls(text, "tick", "bpf_task_release") == 4


SMALL = {
    "blocks of one kind add up": "per task { }\nper cpu { n: u64 }\nper cpu { m: u64 }\non tick(p) { this_cpu.n += this_cpu.m }",
    "a local may have a table's name": "table dom[4] { n: u64 }\nvar v: u64\non tick(p) { let dom = [1, 2]\n for d in dom { v = d } }",
    "a table is a type before it is declared": (
        "struct S { d: dom?, x: u64 }\ntable dom[4] { s: S }\nper task { s: S }\non tick(p) { if let d = p.s.d { d.s.x += 1 } }"
    ),
    "fields of structs are atomic too": (
        "struct S { atomic n: u32, x: u64 }\nper cpu { s: S }\nvar g: S\n"
        "on tick(p) { this_cpu.s.n.add(1)\n g.n += 1\n g.n.raise(4)\n let mut l: S\n l.n += 2\n g = l }"
    ),
    "arrays with a length, texts": "per task { r: [u32; ..16]; t: str[16] }\nvar n: u64\non tick(p) { n = p.r.len }",
    "indices are parameters and variables": (
        "table dom[4] { n: u64 }\nparam d: dom = 0\nvar e: dom\nper cpu { last: dom; arr: [dom?; 4] }\n"
        "on tick(p) { d.n += e.n\n this_cpu.last = d\n this_cpu.arr[2] = e\n if let x = this_cpu.arr[3] { x.n += 1 } }"
    ),
    "a member is a place": "per task { m: u64 }\nfn f(mut x: u64) { x += 1 }\non tick(p) { f(p.m)\n let mut r = ref p.m\n r += 2 }",
    "first values of every type": (
        "enum E { a, b(u32) }\nstruct S { x: u64 = 3 }\n"
        "per cpu { e: E = .b(4); s: S = S(x: 9); a: [u8; 4] = [1, 2, 3, 4]; o: u64? = 5; t: time? = none }\n"
        "per task { e: E = .b(4); s: S = S(x: 9); a: [u8; 4] = [1; 4]; o: u64? = 5 }\non tick(p) { p.s.x += 1 }"
    ),
    "indices have an order": (
        "per task { d: dom? }\ntable dom[8] { n: u64 }\nvar v: u64\n"
        "on tick(p) { if let d = p.d { for e in dom { if d != e && d < e { v += e.index - d.index } } } }"
    ),
    "who runs may be asked also where the program may sleep": (
        "per task { n: u64 }\nvar n: i32\ntimer t every 10ms { for c in online { if let x = ours(c.curr) { x.n += 1 } } }\n"
        "on init { n = this_cpu.curr.pid\n if let x = ours(this_cpu.curr) { x.n += 1 }\n if let y = task(1) { y.n += 1 } }"
    ),
    "structs are copied whole": (
        "struct S { a: u64, b: u64 }\nper task { s: S }\nper cpu { s: S }\non tick(p) { this_cpu.s = p.s\n p.s = S(a: 1) }"
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_accepted(name: str) -> None:
    made = build("scheduler s\n" + SMALL[name], "p.scx")
    assert made.ok, [(d.code, d.message) for d in made.diagnostics]


# ---- on real kernels

POLICY = """scheduler state
param rows: u32 = 3 in 1 ..= 8
param start: u32 = 41
struct Avg { n: u32, total: duration }
enum Where { nowhere, on(cpu) }

per task {
    runs: u64
    began: time?
    seven: u32 = 7
    more: u32 = start
    recent: [u32; 4]
    avg: Avg
    where: Where
    home: dom?
    atomic wakes: u32
    pair: (u32, u64)?
}
per cpu { at: time; turns: u64; cap: u32 = 1024; stat picks; dsq own; dsq rows[llc] }
per core { n: u32 = 9 }
per llc { dsq lev[3], many[20]; hits: u64; hist waits }
per node { n: u32 = 11 }
per cgroup { atomic members: u32; share: u32 = 100; dsq cq }
table dom[8] count rows { n: u64; cap: u32 = 5; atomic v: vtime; dsq q; dsq ql[llc] }
dsq shared, wide[300]
dsq perllc[llc]
hist latency

var nr_core, nr_llc, nr_node, nr_dom, nr_online, nr_possible, nr_table: u64
var sum_cap, sum_core, sum_node, sum_dom: u64
var wrapped: u64
var bad_default, bad_convert, bad_atomic, bad_maybe, held, ours_seen, wakers: u64
var cgroups: u64
atomic var top: i64 = -9
atomic var count: u64
atomic var cell: u32 = 4
stat enqueued, own, level, table_, ql, byllc, rest

on init {
    for c in cpus { nr_possible += 1; sum_cap += c.cap }
    for _ in online { nr_online += 1 }
    for k in core { nr_core += 1; sum_core += k.n }
    for _ in llc { nr_llc += 1 } else { nr_llc += 100 }
    for n in node { nr_node += 1; sum_node += n.n }
    for d in dom { nr_dom += 1; sum_dom += d.cap }
    if let c = cpu(1) { for d in cpus from c { wrapped = wrapped * 10 + d.index } }
    if let _ = cpu(5000) { bad_convert += 1 }
    if let _ = dom(3) { bad_convert += 1 }
    if let d = dom(2) { nr_table = d.index } else { bad_convert += 1 }
    if top.raise(-20) != -9 || top != -9 { bad_atomic += 1 }
    if top.raise(5) != -9 || top != 5 { bad_atomic += 1 }
    if cell.cas(3, 9) != 4 || cell != 4 { bad_atomic += 1 }
    if cell.cas(4, 9) != 4 || cell != 9 { bad_atomic += 1 }
    if cell.swap(0xffffffff) != 9 { bad_atomic += 1 }
    if cell.add(2) != 0xffffffff || cell != 1 { bad_atomic += 1 }
    cell |= 6
    cell -= 1
    if cell != 6 { bad_atomic += 1 }
}
on cgroup_init(cg, args) { cg.members += 1; if cg.share == 100 { cgroups += 1 } }
on init_task(p, args) {
    if p.seven != 7 || p.more != 41 || p.runs != 0 { bad_default += 1 }
    if let _ = p.began { bad_default += 1 }
    p.home = dom(p.pid as u64 % rows)
}
on select_cpu(p, prev, wake) {
    if let w = waker() { w.wakes += 1; wakers += 1 }
    return prev
}
on enqueue(p, flags) {
    enqueued += 1
    count += 1
    p.began = now()
    p.pair = (p.weight, 5)
    if let pair = p.pair { if pair.1 != 5 { bad_maybe += 1 } } else { bad_maybe += 1 }
    let c = p.cpu
    match p.pid % 5 {
        0 => c.own.insert(p),
        1 => c.llc.lev[p.seven % 3].insert(p),
        2 => {
            let d = p.home else { shared.insert(p); return }
            d.n += 1
            d.v.raise(p.vtime)
            d.q.insert(p)
        },
        3 => { if let d = p.home { d.ql[c.llc].insert(p) } else { shared.insert(p) } },
        else => { if p.weight > 100 { c.rows[c.llc].insert(p) } else { perllc[c.llc].insert(p) } },
    }
}
on dispatch(c, prev) {
    c.turns += 1
    if let _ = ours(c.curr) { ours_seen += 1 }
    for d in cpus from c {
        if d.own.move_to_local() { own += 1; c.picks += 1; return }
        if d.rows[d.llc].move_to_local() { rest += 1; return }
    }
    for l in llc {
        for i in 0 .. 3 { if l.lev[i].move_to_local() { level += 1; l.hits += 1; return } }
        if perllc[l].move_to_local() { byllc += 1; return }
    }
    for d in dom {
        if d.q.move_to_local() { table_ += 1; return }
        if d.ql[c.llc].move_to_local() { ql += 1; return }
    }
    if wide[7].move_to_local() { return }
    shared.move_to_local()
}
on running(p) {
    p.runs += 1
    p.recent[p.runs % 4] = p.weight
    p.where = .on(this_cpu)
    this_cpu.at = now()
    if let b = p.began {
        latency.add(now() - b)
        this_cpu.llc.waits.add(now() - b)
    }
}
on stopping(p, runnable) {
    p.avg.n += 1
    p.avg.total += now() - this_cpu.at
    p.vtime += 1000
    for i in 0 .. 3 {
        let t = task(p.pid) else { break }
        if t.runs == 0 { continue }
        held += 1
        if i == 1 { return }
    }
}
"""


@pytest.mark.guest
@pytest.mark.parametrize("kernel", ["6.12", "7.3"])
def test_small_policies_are_accepted_by_real_kernels(kernel: str) -> None:
    from scxdsl.guest import Guest

    objects = {name: build("scheduler s\n" + text, "p.scx").object for name, text in SMALL.items()}
    with Guest(kernel, cpus=2) as guest:
        refused = {name: [v.reason for v in guest.verify(data) if not v.accepted] for name, data in objects.items()}
    assert not any(refused.values()), refused


@pytest.fixture(scope="module")
def built():
    made = build(POLICY, "state.scx")
    assert made.ok, [(d.code, d.message) for d in made.diagnostics]
    return made.object


@pytest.mark.guest
@pytest.mark.parametrize("kernel", ["6.12", "6.18", "7.3"])
def test_state_lives_on_real_kernels(kernel: str, built) -> None:
    from scxdsl.guest import Guest

    with Guest(kernel, cpus=2) as guest:
        refused = [(v.program, v.line, v.reason) for v in guest.verify(built) if not v.accepted]
        assert refused == []
        run = guest.run(built, seconds=4, load="mix")
    assert run.attached and run.clean, run
    g, s = run.globals, run.stats
    assert (g["nr_possible"], g["nr_online"], g["nr_core"], g["nr_node"], g["nr_dom"]) == (2, 2, 2, 1, 3)
    assert g["nr_llc"] in (101, 102)
    assert (g["sum_cap"], g["sum_core"], g["sum_node"], g["sum_dom"]) == (2048, 18, 11, 15)
    assert (g["wrapped"], g["nr_table"]) == (10, 2)
    assert [g[f"bad_{what}"] for what in ("default", "convert", "atomic", "maybe")] == [0, 0, 0, 0]
    assert g["cgroups"] >= 1 and g["count"] == s["enqueued"] > 0
    assert g["held"] > 0 and g["ours_seen"] > 0 and g["wakers"] > 0
    assert all(s[name] > 0 for name in ("own", "level", "table_", "ql", "byllc")), s
