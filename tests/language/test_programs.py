# SPDX-License-Identifier: GPL-2.0-only
"""Hooks, commands, inboxes and rings: the same for both engines, and on real kernels."""

from collections.abc import Callable
from typing import Any

import pytest

from scxdsl import objects
from scxdsl.compiler import build, check
from scxdsl.fuzz import states
from scxdsl.fuzz.compare import compare
from scxdsl.fuzz.script import generate
from scxdsl.guest import Call
from scxdsl.interp import Interpreter
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import Model, events
from scxdsl.model.attach import attach

TALKS = """
scheduler talks
param spy: bool = false
param more: bool = true
enum Kind { none_yet, one(u32), both(a: i32, b: duration) }
struct Msg { pid: i32; to: cpu; slice: duration; kind: Kind; where: cpuset; some: [i16; ..3] }
dsq q
var last: i32
var told: u64
var mask: cpuset
stat switches, rt, wakeups, forks, hangs, calls, msgs, lost
ring out: Msg[4K]
inbox box: Msg[4K]
per task { runs: u32 }
lock l guards told

on enqueue(p, flags) { q.insert(p, SLICE, flags) }
on dispatch(cpu, prev) {
    for m in box {
        msgs += 1
        under l { told += m.slice / 1us }
        mask = m.where
        match m.kind { .none_yet => { }, .one(n) => { calls += n as u64 }, .both(a, b) => { under l { told += b / 1us }; last = a } }
        if m.pid == 7 { break }
    }
    q.move_to_local()
}
hook tp_btf sched_switch(preempt, prev, next) {
    switches += 1
    if next.prio < 100 { rt += 1; this_cpu.kick() }
    if let t = ours(next) { t.runs += 1 }
}
hook tp_btf sched_wakeup(p) if more { wakeups += 1; if let w = waker() { w.runs += 1 } }
hook tp_btf sched_process_fork(parent, child) if spy { forks += 1 }
hook tp_btf sched_process_hang(t) optional { hangs += 1 }
hook tp_btf sched_pi_setprio(t, by) { if let b = by { if b.pid == 1 { hangs += 1 } } }
hook fexit futex_wake(addr, flags, ret) { if ret < 0 { hangs += 1 } }
hook fentry no_such_function() optional { hangs += 1 }
hook fexit no_such/function() optional { hangs += 1 }
command set(pid: i32, r: duration) -> bool {
    calls += 1
    let p = task(pid) else { return false }
    p.runs += 1
    under l { told += 1 }
    r == 5ms
}
command twice(m: Msg) -> Msg {
    if !out.send(m) { lost += 1 }
    let e = out.reserve() else { fail .enospc }
    e.pid = (m.pid + 1) as i32
    e.kind = m.kind
    if let again = out.reserve() && m.pid == 4 { again = e; again.some = m.some; e.pid += 10 }
    Msg(pid: (m.pid * 2) as i32, to: m.to, slice: m.slice * 2, kind: m.kind, where: m.where, some: m.some)
}
command busy() { fail .ebusy }
"""
MESSAGES = (
    'box={pid=3, to=1, slice="4us", kind={one=40}, where="0,9"}',
    'box={pid=3, to=9, slice="4us"}',  # there is no such CPU: dropped
    'box={pid=7, to=0, slice="5us", kind={both={a=-4, b="2us"}}, some=[1, -2]}',
    'box={pid=8, to=0, slice="6us"}',
)
CALLS = ("set(1, 5ms)", "twice({pid=4, to=1, slice=7, kind={one=6}, some=[5]})", "busy()", "twice({pid=4, to=77})")


def _sent(records: list[Any]) -> bool:
    """What `twice` sends: one copied in, two filled where they lie."""
    kind = ["one", 6]
    return [(r["pid"], r["to"], r["slice"], r["kind"], r["some"]) for r in records] == [(4, 1, 7, kind, [5]), (15, 0, 0, kind, []), (5, 0, 0, kind, [5])]


@pytest.fixture(scope="module")
def made() -> Any:
    out = build(TALKS, "talks.scx")
    assert out.object is not None, [d.message for d in out.diagnostics]
    return out


def test_both_engines_run_the_same_hooks_and_commands(made: Any) -> None:
    obj = objects.read(made.object)
    for seed in range(90):
        difference = compare(made.checked.policy, obj, generate(seed, exchange=True), ("6.12", "6.18", "7.3")[seed % 3])
        assert difference is None, f"seed {seed}: {difference}"


ENGINES: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "interp": lambda made: lambda k: Interpreter(made.checked.policy, k),
    "machine": lambda made: lambda k: Bytecode(objects.read(made.object), k),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_user_space_gets_what_the_policy_says(made: Any, engine: str) -> None:
    obj = objects.read(made.object)
    m = Model("6.18")
    m.trace = trace = []
    attach(m, ENGINES[engine](made))
    p = events.spawn(m, "a")
    assert p is not None
    for text in MESSAGES:
        box, data = objects.message(obj, text)
        assert m.program.post(box.name, data)
    assert m.program.post("box", b"short")
    events.block(m, p)  # the CPU looks for work, and so into the inbox
    answers = []
    for text in (f"set({p.pid}, 5ms)", "set(9999, 5ms)", *CALLS[1:]):
        command, context = objects.call(obj, text)
        status, after = m.command(command.name, context)
        answers.append((status, None if status else objects.result_of(command, after)))
    whole = {"pid": 8, "to": 1, "slice": 14, "kind": ["one", 6], "where": [], "some": [5]}
    assert answers == [(0, True), (0, False), (0, whole), (-16, None), (-22, None)]
    (ring,) = objects.rings(obj)
    assert _sent([objects.value_of(ring.element, ring.layout, r) for r in m.program.take("out")])
    value = m.program.value
    assert (value("told"), value("last")) == (4 + 5 + 2 + 1, -4)
    assert ("hook", "sched_switch", 0, False, "task 0", f"task {p.pid}", 0) in trace
    assert ("hook", "sched_switch", 0, False, f"task {p.pid}", "task 0", 1) in trace
    switches = sum(step[:2] == ("hook", "sched_switch") for step in trace)
    events.take_cpu(m, 0)
    assert sum(step[:2] == ("hook", "sched_switch") for step in trace) == switches + 1


LEFT = """
scheduler left
var full: u64
struct Event { n: u64; way: u32 }
ring out: Event[4K]
struct Wide { at: [u64; 128] }
ring small: Wide[4K]
fn way(n: u64) -> u64 {
    let e = out.reserve() else { return 0 }
    e.way = 1
    if n == 1 { return 7 }
    if n == 2 { error "stopped" }
    repeat 2 { if let f = out.reserve() && n > 0 { f.way = 2; if n == 3 { break } } else { e.way = 9 } }
    e.n = n
    e.n
}
command go(n: u64) -> u64 { way(n) }
command fails() { if let e = out.reserve() { e.way = 3; fail .einval } }
command fill() {
    repeat 5 { if let e = small.reserve() { e.at[127] = 5 } else { full += 1 } }
    if let e = small.reserve() { e.at[127] = 6 }
}
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_place_in_a_ring_is_sent_on_every_way_out(engine: str) -> None:
    out = build(LEFT, "left.scx")
    assert out.object is not None, [d.message for d in out.diagnostics]
    obj = objects.read(out.object)
    m = Model("6.18")
    attach(m, ENGINES[engine](out))
    (ring, _) = objects.rings(obj)

    def sent(call: str) -> list[tuple[int, int]]:
        command, context = objects.call(obj, call)
        m.command(command.name, context)
        return [(r["way"], r["n"]) for r in (objects.value_of(ring.element, ring.layout, r) for r in m.program.take("out"))]

    assert sent("go(1)") == [(1, 0)]
    assert sent("go(0)") == [(9, 0), (0, 0), (0, 0)]  # a condition after it fails: what was opened is sent as it is
    assert sent("go(3)") == [(1, 3), (2, 0)]
    assert sent("go(5)") == [(1, 5), (2, 0), (2, 0)]
    assert sent("fails()") == [(3, 0)]
    assert sent("fill()") == [] and m.program.value("full") == 2
    assert [r[-8] for r in m.program.take("small")] == [5, 5, 5]
    assert sent("go(2)") == [(1, 0)]
    program: Any = m.program
    state = states.of_interpreter(program, m) if engine == "interp" else states.of_bytecode(out.checked.policy, program, m)
    assert sum(state["stat small_full"]) == 1  # where no `else` looks at it


def test_a_full_inbox_takes_no_more(made: Any) -> None:
    taken = []
    for engine in ENGINES.values():
        m = Model("6.18")
        attach(m, engine(made))
        data = objects.message(objects.read(made.object), MESSAGES[0])[1]
        taken.append(sum(m.program.post("box", data) for _ in range(100)))
    assert taken[0] == taken[1] == 4096 // (-(-(len(data) + 8) // 8) * 8)


def test_a_hook_is_left_out_by_a_plain_loader_where_it_may_be_missing(made: Any) -> None:
    sections = {h.section for h in objects.hooks(objects.read(made.object))}
    assert sections == {
        "tp_btf/sched_switch", "tp_btf/sched_wakeup", "tp_btf/sched_pi_setprio", "?tp_btf/sched_process_fork", "?tp_btf/sched_process_hang", "fexit/futex_wake",
        "?fentry/no_such_function", "?fexit/no_such/function",
    }  # fmt: skip


TESTED = """
scheduler tested
struct Event { pid: i32; runs: u32 }
dsq q
ring out: Event[4K]
inbox box: u64[4K]
var taken: u64
per task { runs: u32 }
on select_cpu(p, prev, wake) { LOCAL.insert(p, 5ms); prev }
on enqueue(p, flags) {
    p.runs += 1
    let e = out.reserve() else { error "no room" }
    e.pid = p.pid
    e.runs = p.runs
    q.insert(p, 5ms, flags)
}
on dispatch(c, prev) { for m in box { taken += m; if m == 9 { break } }; q.move_to_local() }
command runs(pid: i32) -> u32 { let p = task(pid) else { fail .enoent }; p.runs }
command check(n: u64) { if n > 3 { fail .einval } }
test "all of it" {
    let p = spawn(nice: -5)
    assert p.weight == 305 && p.runs == 0
    enqueue(p)
    assert p.runs == 1 && q.len == 1
    let e = out.take() else { assert false; return }
    assert e.pid == p.pid && e.runs == 1
    assert box.feed(4) && box.feed(9) && box.feed(7)
    dispatch(0, none)
    assert taken == 13 && q.len == 0 && LOCAL.len == 1
    dispatch(1)
    assert taken == 20
    assert (runs(p.pid) ?? 0) == 1 && (runs(9999) ?? 7) == 7
    assert check(1) && !check(4)
    if let more = out.take() { assert more.runs == 99 }
    assert select_cpu(spawn(), this_cpu) == this_cpu
}
test "what fails" { assert box.feed(4); dispatch(0); assert taken == 5 }
"""


def test_tests_call_what_the_kernel_and_user_space_call() -> None:
    from scxdsl.interp.unit_tests import run_test
    from scxdsl.lowering.unit_tests import name
    from scxdsl.machine.on_model.unit_tests import run_test as run_bytecode

    out = build(TESTED, "tested.scx", tests=True)
    assert out.object is not None, [d.message for d in out.diagnostics]
    for i, test in enumerate(out.checked.policy.tests):
        done = run_test(out.checked.policy, test, "6.18")
        assert done.passed == (test.title == "all of it"), done
        code, error = run_bytecode(objects.read(out.object), name(i), "6.18")
        assert (code == 0) == done.passed and not error
    assert done.values == (4, 5)


def test_a_hook_may_not_do_what_only_callbacks_may() -> None:
    text = "scheduler s\ndsq q\nper task {{ n: u32 }}\nhook tp_btf sched_wakeup(p) {{ if let t = ours(p) {{ {} }} }}\n"
    for body, code in (("q.insert(t)", "E0407"), ("t.slice = 1ms", "E0429"), ("t.vtime += 5", "E0429"), ("q.move_to_local()", "E0407")):
        assert code in [d.code for d in check(text.format(body), "s.scx").diagnostics], body
    newer = text.replace("scheduler s", "scheduler s {{ kernels: 7.3 }}")
    assert not [d.code for d in check(newer.format("t.slice = 1ms"), "s.scx").diagnostics if d.code.startswith("E")]


@pytest.mark.guest
def test_real_kernels_run_hooks_and_commands_and_carry_messages(made: Any, guest: Any) -> None:
    obj = objects.read(made.object)
    verdicts = guest.verify(made.object)
    refused = [(v.program, v.reason) for v in verdicts if not v.accepted]
    assert not refused
    calls = [Call(box.name, data, inbox=True) for box, data in (objects.message(obj, text) for text in MESSAGES)]
    calls += [Call(c.name, context) for c, context in (objects.call(obj, text) for text in CALLS)]
    run = guest.run(made.object, seconds=3, load="mix", params={"spy": b"\1"}, calls=calls)
    assert run.clean, (run.refusal, run.exit, run.faults)
    assert {"talks_fentry_6_no_such_function", "talks_fexit_7_no_such_function"} <= set(run.left_out)
    assert ("talks_tp_btf_3_sched_process_hang" in run.left_out) == (guest.kernel.series == "6.12")
    known = {c.name: c for c in objects.commands(obj)}
    answers = [(a.status, None if a.status else objects.result_of(known[a.name], a.data)) for a in run.answers]
    whole = {"pid": 8, "to": 1, "slice": 14, "kind": ["one", 6], "where": [], "some": [5]}
    assert answers == [(0, True), (0, whole), (-16, None), (-22, None)]
    assert _sent(run.rings["out"])
    assert run.stats["msgs"] == 3 and run.globals["last"] == -4 and run.globals["told"] == 4 + 5 + 2 + 6 + 1
    assert run.stats["switches"] > 100 and run.stats["wakeups"] > 10 and run.stats["forks"] > 0
