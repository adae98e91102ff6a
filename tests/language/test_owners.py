# SPDX-License-Identifier: GPL-2.0-only
"""Owners: places that hold tasks and cgroups, in structs three deep, in arrays, in state of every kind, in maps."""

import pytest
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.ir.ops import CallHelper, CallKfunc
from scxdsl.ir.walk import operations
from scxdsl.source.diagnostic import Severity

# Every law ends the scheduler where it does not hold. What other CPUs change meanwhile is under no law.
OWNERS = """\
scheduler owners
struct Seat { who: task?; since: time }
struct Bench { seats: [Seat; 3]; group: cgroup?; n: u32 }
struct Hall { best: Bench; rest: [Bench; 2]; open: bool }
per task { hall: Hall; runs: u64; self: task?; mate: task?; home: cgroup? }
per cpu { last: task?; before: [task?; 3]; hall: Hall }
per llc { lead: task? }
per node { lead: task? }
per cgroup { boss: task?; parts: [cgroup?; 12] }
table dom[8] { hall: Hall; lead: task? }
var lead: task?
var hall: Hall
percpu var mine: Bench
map by: hash<u64, task?>[16]
map few: lru<u64, task?>[4]
map row: array<cgroup?>[5]
dsq shared
stat kept, taken, met, missed, left
var n: u64

fn must(ok: bool, place: u64) { if !ok { error "owners: law {place} does not hold" } }
fn sit(mut seat: Seat, t: task) { keep seat.who = t; seat.since = now() }
fn swap(mut a: task?, mut b: task?) { let x = take a; keep a = take b; keep b = x }
fn rises(mut b: Bench) -> u64 {
    let mut k: u64
    for i in 0 .. 3 { if let t = take b.seats[i].who { k += 1; if t.runs > 3 { taken += 1 } } }
    k
}

on select_cpu(p, prev, wake) {
    if let w = waker() { keep p.mate = w }
    prev
}
on enqueue(p, flags) {
    keep p.self = p
    if let me = p.self { must(me.pid == p.pid, 1); me.runs += 1 } else { must(false, 2) }
    let i = p.runs % 2
    let j = p.runs % 3
    sit(p.hall.rest[i].seats[j], p)
    must(if let t = p.hall.rest[i].seats[j].who { t.pid == p.pid } else { false }, 3)
    must(p.hall.rest[i].seats[j].since > 0 as time, 4)
    let s = ref p.hall.rest[i].seats[j]
    if let t = take s.who { must(t.pid == p.pid, 5); keep p.hall.best.seats[2].who = t } else { must(false, 6) }
    if let _ = s.who { must(false, 7) }
    if let m = p.mate { met += 1; sit(p.hall.best.seats[0], m); must(m.pid > 0, 8) }
    swap(p.hall.best.seats[0].who, p.hall.best.seats[2].who)
    must(if let t = p.hall.best.seats[0].who { t.pid == p.pid } else { false }, 9)
    keep p.home = p.cgroup
    must(if let g = p.home { g.id == p.cgroup.id } else { false }, 10)
    keep mine.group = take p.home
    must(if let g = p.home { false } else { true }, 11)
    keep mine.seats[j].who = p
    mine.n = p.weight
    must(if let t = mine.seats[j].who { t.pid == p.pid } else { false }, 12)
    let k = p.pid as u64 % 20
    keep by[k] = p
    keep few[k] = p
    keep row[k % 7] = p.cgroup
    if let t = by[k] { kept += 1; t.runs += 1 } else { missed += 1 }
    if k in few { if let t = few[k] { met += 1; t.runs += 1 } }
    if k % 5 == 0 { by.remove(k); let _ = take few[k] }
    let c = p.cpu
    if let t = c.last { met += 1 }
    keep c.llc.lead = p
    keep c.node.lead = p
    if let d = dom(k % 8) {
        keep d.lead = p
        keep d.hall.rest[i].seats[j].who = task(p.tgid)
        keep d.hall.rest[i].group = p.cgroup
        if let t = d.hall.rest[i].seats[j].who { t.runs += 1; if t.runs > 1000 { shared.insert(p); return } }
        if d.index > 5 { keep d.hall.rest[i].group = none }
    }
    keep lead = p
    keep hall.rest[i].seats[j].who = p
    n += rises(hall.rest[1 - i])
    shared.insert(p)
}
on dispatch(cpu, prev) {
    if let t = prev { keep cpu.before[n % 3] = t; keep cpu.hall.best.seats[1].who = t }
    for t in cpu.before { if let b = t { n += b.weight as u64 } }
    shared.move_to_local()
}
on running(p) {
    keep this_cpu.last = p
    if let t = this_cpu.last { must(t.pid == p.pid, 13) } else { must(false, 14) }
    let cg = p.cgroup
    keep cg.boss = p
    keep cg.parts[p.runs % 12] = p.cgroup.parent
    for g in cg.parts { if let x = g { n += x.id } }
}
on stopping(p, runnable) {
    if !runnable { keep this_cpu.last = none }
    let t = take this_cpu.last else { return }
    if t.runs % 2 == 0 { return }
    keep p.mate = t
}
on exit_task(p, args) { left += 1; if p.runs > 100000 { return }; keep p.mate = none }
on init_task(p, args) { keep p.self = p; if let t = p.self { t.runs = 1 } }
timer again every 20ms {
    if let t = lead { n += t.runs }
    for d in dom { if let t = take d.lead { met += 1; keep lead = t }; if let g = d.hall.rest[0].group { n += g.id } }
    for i in 0 .. 3 { if let t = hall.rest[1].seats[i].who { n += t.runs }; keep hall.rest[0].seats[i].who = lead }
    keep row[2] = cgroup(1)
}
on init() { keep row[1] = cgroup(1); keep lead = task(1) }
"""


def codes(text: str) -> list[tuple[str, int]]:
    """Errors of a policy: code and line."""
    found = check("scheduler s\n" + text, "p.scx").diagnostics
    return [(d.code, d.span.line) for d in found if d.severity is Severity.ERROR]


def calls(text: str, program: str) -> list[str]:
    """The kernel functions and helpers that a program calls, in order."""
    checked = check("scheduler s\n" + text, "p.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    ops = operations(lower(checked).function(program).body)
    return [op.helper if isinstance(op, CallHelper) else op.kfunc.symbol for op in ops if isinstance(op, CallHelper | CallKfunc)]


VAR = "var last: task?\nvar n: u64\nfn weigh(t: task) { n = t.weight as u64 }\n"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (VAR + "on tick(p) { let t = task(1) else { return }\n keep last = t\n weigh(t) }", "E0751", 7),
        (VAR + "on tick(p) { let t = task(1) else { return }\n if n > 3 { keep last = t }\n weigh(t) }", "E0751", 7),
        (VAR + "on tick(p) { let t = task(1) else { return }\n for i in 0 .. 3 {\n keep last = t } }", "E0751", 7),
        (VAR + "on tick(p) { let t = task(1) else { return }\n let u = t\n keep last = u\n weigh(t) }", "E0751", 8),
        (VAR + "on tick(p) { if let t = take last { keep last = t\n weigh(t) } }", "E0751", 6),
        (VAR + "on tick(p) { let t = task(1) else { return }\n if n > 3 { keep last = t } else { if n > 2 { keep last = t } }\n weigh(t) }", "E0751", 7),
        (VAR + "on tick(p) { last = p }", "E0752", 5),
        (VAR + "on tick(p) { last = none }", "E0752", 5),
        ("map m: hash<u64, task?>[4]\non tick(p) { m[3] = p }", "E0752", 3),
        ("map m: hash<u64, task?>[4]\non tick(p) { m.put(3, p) }", "E0752", 3),
        ("struct S { who: task? }\nvar a: [S; 2]\non tick(p) { let s = a[1] }", "E0753", 4),
        ("struct S { who: task? }\nvar a: [S; 2]\non tick(p) { let mut s: S }", "E0753", 4),
        ("struct S { who: task? }\nfn f(s: S) { }\non tick(p) { }", "E0753", 3),
        ("struct S { who: task? }\nvar a: [S; 2]\non tick(p) { a[1] = S(who: none) }", "E0753", 4),
        ("struct S { who: task? }\nvar a: [S; 2]\non tick(p) { a[1] = a[0] }", "E0753", 4),
        ("struct S { who: task?; n: u64 }\nvar a: [S; 2]\nvar n: u64\non tick(p) { for s in a { n += s.n } }", "E0753", 5),
        ("var a: [task?; 2]\non tick(p) { if let t = a.get(1) { } }", "E0753", 3),
        (VAR + "on tick(p) { keep n = 3 }", "E0754", 5),
        (VAR + "on tick(p) { let t = task(1)\n keep t = p }", "E0754", 6),
        (VAR + "on tick(p) { let t = take p }", "E0754", 5),
        ("struct S { who: task? }\nvar a: [S; 2]\non tick(p) { keep a[1] = p }", "E0754", 4),
        ("fn f(mut t: task?, p: task) { keep t = p }\non tick(p) { let mut t: task?\n f(t, p) }", "E0754", 4),
        ("map m: queue<task?>[4]", "E0755", 2),
        ("map m: hash<task?, u64>[4]", "E0755", 2),
        ("struct S { who: task? }\nmap m: hash<u64, S>[4]", "E0755", 3),
        ("struct S { who: task? }\nring out: S[4K]", "E0755", 3),
        ("enum E { a, b(task?) }", "E0755", 2),
        ("var a: [task?; ..4]", "E0755", 2),
        ("per task { a: [task?; 60]; b: [cgroup?; 5] }", "E0756", 2),
        ("table t[60000] { a: [task?; 60] }", "E0756", 2),
        ("per task { a: task?; lock l guards a }", "E0801", 2),
        ("per task { a: task?; n: u64; lock l guards n }\non tick(p) { under p.l { keep p.a = none } }", "E0806", 3),
        ("per task { a: task?; n: u64; lock l guards n }\non tick(p) { under p.l { if let t = p.a { p.n = 1 } } }", "E0806", 3),
        (VAR + "fn f() -> task? { last }\non tick(p) { f() }", "E0702", 5),
        (VAR + "fn f() -> task? { take last }\non tick(p) { f() }", "E0702", 5),
        (VAR + "on tick(p) { weigh(last) }", "E0314", 5),
        (VAR + "on tick(p) { keep last = p.cgroup }", "E0301", 5),
        (VAR + "on tick(p) { keep last = this_cpu.curr }", "E0301", 5),
    ],
)
def test_refused_with_its_code_at_its_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "on tick(p) { let t = task(1) else { return }\n if n > 3 { keep last = t; return }\n weigh(t) }",
        "on tick(p) { for i in 0 .. 3 { if let t = task(1) { weigh(t); keep last = t } } }",
        "on tick(p) { let t = task(1) else { return }\n for i in 0 .. 3 { if i == 2 { keep last = t; break }; weigh(t) } }",
        "on tick(p) { keep last = p\n weigh(p) }",
        "on tick(p) { if let t = last { keep last = t\n weigh(t) } }",
        "fn put(mut t: task?, p: task) { keep t = p }\non tick(p) { put(last, p) }",
        "on tick(p) { let t = task(1) else { return }\n match n { 1 => { keep last = t }, 2 => { weigh(t) }, else => { n = 3 } } }",
    ],
)
def test_what_is_not_moved_on_any_way_stays(text: str) -> None:
    assert codes(VAR + text) == []


# ---- what it costs


def test_keeping_a_task_of_a_callback_is_a_reference_an_exchange_and_a_release() -> None:
    made = calls("var last: task?\non tick(p) { keep last = p }", "s_tick")
    assert made == ["bpf_task_acquire", "map_lookup_elem", "bpf_task_release", "kptr_xchg", "bpf_task_release", "bpf_task_release"]


def test_a_moved_task_needs_no_reference_of_its_own() -> None:
    made = calls("var a: task?\nvar b: task?\non tick(p) { keep a = take b }", "s_tick")
    assert "bpf_task_acquire" not in made and made.count("kptr_xchg") == 2


def test_owners_lie_where_the_kernel_holds_them_and_the_rest_stays_in_its_place() -> None:
    checked = check(OWNERS, "owners.scx")
    assert checked.ok, [(d.code, d.span.line, d.message) for d in checked.diagnostics]
    maps = {m.name: m for m in lower(checked).maps}
    assert [len(maps[name].value.fields) for name in ("task_owned0", "task_owned1", "cgroup_owned0", "cgroup_owned1")] == [10, 5, 10, 3]
    assert maps["cpu_owned"].kind == "percpu_array" and maps["cpu_owned"].max_entries == 1 + 3 + 12
    assert maps["dom_owned"].kind == "array" and maps["dom_owned"].max_entries == 8 * 13
    assert maps["owned"].max_entries == 1 + 12 and maps["owned_here"].max_entries == 4


def nested(depth: int = 40, loops: int = 8) -> str:
    """Branches and loops within each other, around tasks, sets and cgroups that are acquired, kept, taken, with ways out from every depth."""
    kinds = (
        "if let t{i} = task(p.pid + {i}) {{ if t{i}.n > {k} {{ GLOBAL.insert(p); return }}; ",
        "if p.weight > {k} {{ let g{i} = p.cgroup; if g{i}.level > {k} {{ break }}; if g{i}.id == {k} {{ keep p.group = g{i}; GLOBAL.insert(p); return }}; ",
        "if p.nice < {k} {{ let m{i} = p.cpus_allowed & online; if m{i}.empty {{ break }}; if m{i}.len > {k} {{ GLOBAL.insert(p); return }}; ",
        "if let u{i} = take p.mate {{ if u{i}.n == {k} {{ error \"depth {i}\" }}; keep p.mate = u{i}; ",
        "if let g{i} = cgroup(p.pid as u64 + {i}) {{ if g{i}.level == {k} {{ break }}; keep p.group = g{i}; ",
    )
    text, ends = "", []
    every = depth // loops
    for i in range(depth):
        if i % every == 0:
            text += f"for c{i} in {'idle_cpus' if i % (2 * every) else 'online'} {{ if c{i} == p.cpu && p.n > {i} {{ continue }}; "
            ends.append("}")
        text += kinds[i % len(kinds)].format(i=i, k=200 + i)
        ends.append("}")
        text += "\n"
    head = "scheduler s\nstat deepest\nper task { n: u64; mate: task?; group: cgroup? }\non enqueue(p, flags) {\nkeep p.mate = p\n"
    return f"{head}{text}deepest += 1\n{''.join(reversed(ends))}\nGLOBAL.insert(p)\n}}\n"


def test_the_report_says_where_owners_went() -> None:
    made = build(OWNERS, "owners.scx")
    found = {r.function: (r.span.line, r.text) for r in made.rewritings if r.kind == "owners"}
    assert found["per task"] == (5, "15 owners lie in task_owned0, task_owned1")
    assert found["table dom"] == (10, "13 owners lie in dom_owned") and found["percpu var"][1] == "4 owners lie in owned_here"


@pytest.mark.guest
def test_forty_nested_branches_and_loops_load_without_one_release_in_the_text(guest) -> None:
    made = build(nested(), "nested.scx")
    assert made.object is not None, [(d.code, d.message) for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = guest.run(made.object, seconds=2, load="mix")
    assert run.attached and run.clean, (run.exit, run.refusal)


@pytest.mark.guest
def test_they_run_on_real_kernels(guest) -> None:
    """Three deep, in arrays, in state of tasks, CPUs, cgroups and tables, under load, with tasks that end while they are kept."""
    made = build(OWNERS, "owners.scx")
    assert made.object is not None, [(d.code, d.message) for d in made.diagnostics]
    assert [(v.program, v.line, v.reason) for v in guest.verify(made.object) if not v.accepted] == []
    run = run_until(guest, made.object, counted("kept", "met", "left"))
    assert run.attached and run.clean, (run.exit, run.refusal)
    assert run.stats["kept"] > 0 and run.stats["met"] > 0 and run.stats["left"] > 0
