# SPDX-License-Identifier: GPL-2.0-only
"""Locks: what is accepted runs with its effects after the release and in order; what is refused says why, at its line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import counted, run_until

from scxdsl.compiler import build, check, lower
from scxdsl.fuzz.compare import compare
from scxdsl.fuzz.script import generate
from scxdsl.ir.ops import CallHelper
from scxdsl.ir.walk import operations
from scxdsl.machine import Machine, kernel
from scxdsl.objects import read

POLICY = """scheduler locks { flags: .enq_last }
struct Node { deadline: vtime; v: vtime; w: u64; pid: i32 }
var n, m: u64
var turns: [u64; 8]
var start: u64 = 5
percpu var mine: u64
stat before, inside, after, left, thirds, stale, cut
hist sizes
lock l guards n, m, turns, start, t
tree t[300]: Node by deadline keeping least = min(v), wv = sum(w * v), ws = sum(w)
dsq q
per task { lock tl guards runs; runs: u64; where: slot? }
per cpu { lock cl guards load; load: u64 }
table rq[8] {
    lock ql guards tree, count
    tree tree[63]: Node by deadline keeping least = min(v)
    count: u64
}

fn more(x: u64, p: task) under l -> u64 {
    n += x
    inside += 1
    n
}

fn put(r: rq, p: task) under r.ql {
    r.count += 1
    p.where = r.tree.insert(Node(deadline: p.vtime, v: p.vtime, w: p.weight as u64, pid: p.pid))
}

fn early(x: u64) -> u64 {
    under l {
        if n > x { return n - x }
        n += 1
    }
    0
}

on enqueue(p, flags) {
    let c = p.cpu
    before += 1
    let big = under l {
        n += early_add
        if n > 10 { c.kick(.idle) }
        q.insert(p, SLICE, flags)
        sizes.add(n)
        mine += 1
        for i in 0 .. 8 { turns[i] += i }
        let mut k = m
        while k > 0 max 20 {
            k /= 2
            turns[k % 8] += 1
        }
        for x in turns { m += x }
        if m > 1000000000 { m = 0 }
        t.insert(Node(deadline: p.vtime + p.weight, v: p.vtime, w: p.weight as u64, pid: p.pid))
        more(2, p) > 5
    }
    if big { after += 1 }
    if early(1000) > 0 { left += 1 }
    under p.tl { p.runs += 1 }
    under c.cl { c.load += 1 }
    if let r = rq(c.index % 8) {
        under r.ql {
            put(r, p)
            if r.count % 3 == 0 { thirds += 1 }
        }
    }
    for i in 0 .. 4 {
        under l {
            if n % 5 == 3 { break }
            if n % 5 == 2 {
                cut += 1
                continue
            }
            n += i
        }
    }
}

on dispatch(cpu, prev) {
    let limit = now()
    if let r = rq(cpu.index % 8) {
        let out = under r.ql {
            if racy m > 1 { cut += 1 }
            r.tree.pop(v <= 1000 as vtime) ?? r.tree.pop()
        }
        if let node = out && node.w > 0 { thirds += 1 }
    }
    let out = under l {
        if n > 1000000000000 { error "{n} is too much at {limit}" }
        t.pop()
    }
    if let node = out && node.w == 0 { stale += 1 }
    q.move_to_local()
}

on dequeue(p, flags) {
    let s = p.where else { return }
    if let r = rq(p.cpu.index % 8) { under r.ql { if let _ = r.tree.remove(s) { stale += 1 } } }
}

on tick(p) {
    if racy n % 7 == 3 { under l { p.slice = 1ms } }
}

timer beat every 10ms {
    under l {
        start = 0
        left += 1
    }
}
""".replace("early_add", "1")


@pytest.fixture(scope="module")
def built() -> bytes:
    made = build(POLICY, "locks.scx")
    assert made.object is not None, [(d.code, d.span.line, d.message) for d in made.diagnostics]
    return made.object


class Log:
    """A kernel that notes what it is asked to do, and whether a lock was held then."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.machine: Machine | None = None

    def cpus(self) -> int:
        return 1

    def has_memory(self, owner: Any) -> bool:
        return True

    def cpu(self) -> int:
        return 0

    def variable(self, name: str) -> Any:
        return None

    def kfunc(self, name: str) -> Callable[..., Any] | None:
        def called(*arguments: Any) -> int:
            assert self.machine is not None and self.machine.held is None, "a lock is held"
            self.calls.append((name.removeprefix("scx_bpf_"), *(a for a in arguments if isinstance(a, int))))
            return 0

        return called if name.startswith("scx_bpf_") else None


ORDER = """scheduler s
param how: u64 = 0
var n, made: u64
stat seen
lock l guards n
fn tell(c: cpu) under l {
    n += 1
    c.perf = n as u32
}
on dispatch(c, prev) {
    under l {
        tell(c)
        if how == 1 { return }
        tell(c)
        if how == 2 {
            c.kick(.preempt)
            error "no {n}"
        }
        seen += n
        if n > 100 { c.kick(.idle) }
        if how == 3 { c.kick(.idle) }
        tell(c)
        n = 50
    }
    made += 1
}
"""


def run(text: str, how: int) -> tuple[list[tuple[Any, ...]], Machine]:
    made = build(text, "order.scx")
    assert made.object is not None, [(d.code, d.message) for d in made.diagnostics]
    log = Log()
    machine = log.machine = Machine(read(made.object), kernel("6.18"), log, params={"how": how.to_bytes(8, "little")})
    machine.callbacks["dispatch"](0, None)
    return log.calls, machine


IDLE, PREEMPT = 1, 2  # include/linux/sched/ext.h: SCX_KICK_IDLE, SCX_KICK_PREEMPT


@pytest.mark.parametrize(
    ("how", "calls", "n", "made"),
    [
        (0, [("cpuperf_set", 0, 1), ("cpuperf_set", 0, 2), ("cpuperf_set", 0, 3)], 50, 1),
        (1, [("cpuperf_set", 0, 1)], 1, 0),
        (3, [("cpuperf_set", 0, 1), ("cpuperf_set", 0, 2), ("kick_cpu", 0, IDLE), ("cpuperf_set", 0, 3)], 50, 1),
    ],
)
def test_effects_come_after_the_release_in_order_with_what_they_were_given(how, calls, n, made) -> None:
    found, machine = run(ORDER, how)
    assert found == calls
    assert (machine.globals.value("n"), machine.globals.value("made")) == (n, made)
    seen = int.from_bytes(machine.maps["stats"].get(0)[0][:8], "little")
    assert seen == (2 if how != 1 else 0)


def test_an_error_gives_the_lock_back_and_discards_what_waits() -> None:
    found, machine = run(ORDER, 2)
    assert [name for name, *_ in found] == ["error_bstr"]
    assert (machine.globals.value("n"), machine.globals.value("made"), machine.held) == (2, 0, None)


def test_the_policy_is_taken(built: bytes) -> None:
    sections = {g.section for g in read(built).globals}
    assert {".data.l", ".bss.t"} <= sections


ASLEEP = """scheduler s
var sum: u64
lock l guards sum
per cpu { %s }
on init_task(p) {
    this_cpu.n += 1
    %s
    this_cpu.n += 1
}
"""
ASK, FIND, HOLD, FREE = "get_smp_processor_id", "map_lookup_percpu_elem", "spin_lock", "spin_unlock"
HERE = [ASK, "map_lookup_elem"]  # where no lock is near: the row of the CPU of that moment
OWN, LARGE = "lock own guards m; n, m: u64", "lock own guards m; n, m: u64; room: [u64; 8]"
UNDER_OWN = "under this_cpu.own { this_cpu.m += 1; this_cpu.n ^= this_cpu.m }"
SECTIONS = [
    ("n: u64", "under l { this_cpu.n += 1; this_cpu.n ^= 77 }", [ASK, FIND, HOLD, FREE]),
    ("n: u64", "under l { this_cpu.n += 1 }\n    under l { this_cpu.n += 1 }", [ASK, FIND, HOLD, FREE] * 2),
    (OWN, UNDER_OWN, [ASK, "map_lookup_elem", HOLD, FREE]),  # a small row holds its lock
    (LARGE, UNDER_OWN, [ASK, FIND, "map_lookup_elem", HOLD, FREE]),  # of one CPU: its row, its lock
]


@pytest.mark.parametrize(("members", "section", "helpers"), SECTIONS)
def test_a_block_of_a_callback_that_sleeps_has_one_cpu_asked_for_before_the_lock(members: str, section: str, helpers: list[str]) -> None:
    ops = operations(lower(check(ASLEEP % (members, section))).function("s_init_task").body)
    asked = [op.helper for op in ops if isinstance(op, CallHelper)]
    assert asked == [*HERE, *helpers, *HERE]


HEAD = "scheduler s\nvar n, m: u64\nstat seen\ndsq q\nper task { runs: u64 }\nmap seen_: hash<i32, u64>[8]\nlock l guards n\nlock k guards m\n"
FIRST = HEAD.count("\n") + 1
REFUSED = [
    ("on tick(p) {\n n += 1 }", 1, "E0803"),
    ("on tick(p) {\n under k { n += 1 } }", 1, "E0803"),
    ("fn f() -> u64 {\n n }\non tick(p) { under l { if f() > 1 { n = 0 } } }", 1, "E0803"),
    ("fn f() under l { n += 1 }\non tick(p) {\n f() }", 2, "E0804"),
    ("fn f() under l { n += 1 }\non tick(p) {\n under k { f() } }", 2, "E0804"),
    ("on tick(p) {\n under l {\n under k { m += n } } }", 2, "E0805"),
    ("fn f() {\n under l { n += 1 } }\non tick(p) { under l { f() } }", 1, "E0805"),
    ("on tick(p) { under l {\n if q.len > 3 { n += 1 } } }", 1, "E0806"),
    ("on tick(p) { under l {\n n = seen_[p.pid] ?? 0 } }", 1, "E0806"),
    ("on tick(p) { under l {\n seen_[p.pid] = n } }", 1, "E0806"),
    ("on tick(p) { under l {\n if p.cpu == this_cpu { n += 1 } } }", 1, "E0806"),
    ("fn f() -> time {\n now() }\non tick(p) { under l { if f() > 1 as time { n = 0 } } }", 1, "E0806"),
    ("on dispatch(c, prev) { under l {\n if q.move_to_local() { n += 1 } } }", 1, "E0807"),
    ("on tick(p) { under l { repeat 4 {\n seen += 1 } } }", 1, "E0808"),
    ("fn f(p: task) {\n p.slice = 1ms }\non tick(p) { under l { for i in 0 .. 4 { f(p)\n n += i } } }", 1, "E0808"),
    ("on tick(p) { under l {\n for i in 0 .. p.weight { n += i } } }", 1, "E0809"),
    ("on tick(p) { under l {\n for i in 0 .. 5000 { n += i } } }", 1, "E0809"),
    ("on tick(p) { under l {\n for c in cpus { n += c.index } } }", 1, "E0809"),
    ("on dispatch(c, prev) { under l { let mut t = prev\n if let x = t {\n x.runs += n } } }", 2, "E0810"),
    ("lock j guards n", 0, "E0801"),
    ("per cpu { lock c guards other }", 0, "E0801"),
    ("on tick(p) {\n under n { seen += 1 } }", 1, "E0802"),
]


@pytest.mark.parametrize(("text", "line", "code"), REFUSED)
def test_refused_at_its_line(text: str, line: int, code: str) -> None:
    found = [(d.code, d.span.line) for d in check(HEAD + text + "\n").diagnostics]
    assert (code, FIRST + line) in found, found


def test_a_finding_in_a_function_names_the_way_there() -> None:
    text = HEAD + "fn f() -> time { now() }\non tick(p) { under l { if f() > 1 as time { n = 0 } } }\n"
    (found,) = (d for d in check(text).diagnostics if d.code == "E0806")
    assert any("through `f`" in label.text for label in found.labels())


def test_racy_reads_need_no_lock() -> None:
    assert check(HEAD + "on tick(p) { if racy n > 3 { seen += 1 } }\n").ok


@pytest.mark.parametrize("name", ["locks", "eevdf_shaped"])
def test_both_engines_agree(name: str) -> None:
    """The reference interpreter and the object on the bytecode machine, on the same model of the kernel."""
    text = POLICY if name == "locks" else (Path(__file__).parent / f"{name}.scx").read_text()
    made = build(text, f"{name}.scx")
    assert made.object is not None
    subject = read(made.object)
    for seed in range(60):
        difference = compare(made.checked.policy, subject, generate(seed), ("6.12", "6.18", "7.3")[seed % 3])
        assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.guest
@pytest.mark.parametrize("kernel", ["6.12", "6.18", "7.3"])
def test_locks_and_trees_live_on_real_kernels(kernel: str, boot, built: bytes) -> None:
    guest = boot(kernel)
    assert [(v.program, v.line, v.reason) for v in guest.verify(built) if not v.accepted] == []
    run = run_until(guest, built, counted("before", "left"))
    assert run.attached and run.clean, run
    assert run.stats["inside"] == run.stats["before"] > 0 and run.stats["left"] > 0
