# SPDX-License-Identifier: GPL-2.0-only
"""What is compared in the end: beside variables, counters, queues and tasks also histograms, maps, masks, trees, rows, owners, timers and inboxes, of which nothing
need ever be read again. Without that a wrong number in them would be seen only where it decides something."""

from functools import partial

import pytest

from scxdsl.fuzz import states
from scxdsl.fuzz.compare import Subject, run
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.script import Event, Script
from scxdsl.interp import Interpreter
from scxdsl.machine.on_model import Bytecode

TEXT = """
scheduler kept
struct Pair { a: u16; b: (u8, u64) }
struct Node { at: u64; w: u32 }
param at_first: u32 = 7
hist weights
map seen: hash<Pair, u64>[8]
map last: array<i16>[4]
map order: queue<u32>[8]
var used: cpumask
percpu var mine: cpumask
var first: task?
percpu var latest: task?
struct Held { n: u8; whose: task?; of: cgroup? }
var both: [Held; 2]
map by_pid: hash<u32, task?>[8]
map by_number: array<cgroup?>[3]
tree first_come[6]: Node by at
per task { runs: u32 = at_first; hist slices; home: cpumask; waker: task? }
timer later { rows_met += 1 }
timer never { rows_met += 1 }
var rows_met: u64
inbox told: u64[4K]
per cpu { n: u64 = 3; last: task?; timer cool { rows_met += 1 }; tree sums[6]: Node by at keeping total = sum(w) }
lock l guards first_come, cpu.sums
per cgroup { starts: u8; one: task? }
table rows[2] { stat hits; at: cgroup?; here: task? }
on running(p) {
    weights.add(p.weight)
    seen[Pair(a: 5, b: (6, p.pid as u64))] = 9
    last[1] = -2
    order.push(p.pid as u32)
    p.runs += 1
    p.slices.add(p.slice)
    p.cpu.n += 1
    p.cgroup.starts += 1
    if let r = rows(1) { r.hits += 1 }
    used.add(p.cpu)
    p.home.add(p.cpu)
    mine.add(p.cpu)
    later.start(20s)
    p.cpu.cool.start(20s)
    for m in told { if m > 8 { break } }
    keep first = p
    keep latest = p
    keep both[1].whose = p
    keep both[1].of = p.cgroup
    keep by_pid[p.pid as u32] = p
    keep by_number[2] = p.cgroup
    keep p.waker = first
    keep p.cpu.last = p
    keep p.cgroup.one = p
    if let r = rows(1) { keep r.at = p.cgroup; keep r.here = p }
    let c = p.cpu
    under l {
        if first_come.len < 2 { first_come.insert(Node(at: 9 - p.pid as u64 % 2, w: 3)) }
        c.sums.insert(Node(at: 9, w: 1))
        c.sums.insert(Node(at: 8, w: 1))
    }
}
"""
SCRIPT = Script((Event("spawn", 0, 1, 0), Event("spawn", 0, 1, 0), Event("run", 20, 1), Event("feed", 0, 1, 1)), cpus=2)


@pytest.fixture(scope="module")
def subject(maker: Maker) -> Subject:
    made = maker.make(TEXT, "kept")
    assert isinstance(made, Subject), made
    return made


def left(subject: Subject) -> tuple[dict, dict]:
    """What each engine leaves."""
    one = run(SCRIPT, "6.18", lambda k: Interpreter(subject.policy, k), states.of_interpreter)
    two = run(SCRIPT, "6.18", lambda k: Bytecode(subject.object, k), partial(states.of_bytecode, subject.policy))
    return one.state, two.state


def test_both_leave_the_same(subject: Subject) -> None:
    one, two = left(subject)
    assert one == two
    assert sum(map(sum, one["hist weights"])) > 1
    assert one["map seen"][0] == ({"a": 5, "b": [6, 101]}, 9)
    assert one["map last"] == [(0, 0), (1, -2), (2, 0), (3, 0)]
    assert set(one["map order"]) == {101, 102}
    assert one["task 101.runs"] > 7 and sum(one["task 101.slices"]) == one["task 101.runs"] - 7
    assert one["cpu 0.n"] + one["cpu 1.n"] == 6 + sum(map(sum, one["hist weights"]))
    assert one["cgroup 1.starts"] > 1
    assert one["rows 1.hits"] > 1 and one["rows 0.hits"] == 0
    assert one["mask used"] == 3 and one["task 101.home"] in (1, 2, 3)
    assert {n["at"] for n in one["tree first_come"]} == {8, 9} and [n["at"] for n in one["tree cpu 0.sums"]] == [8, 9]
    assert one["timer later"] == [True] and one["timer never"] == [False] and one["timer cpu_cool"] == [True, True]
    assert len(one["inbox told"]) == 2
    assert one["mask mine"] == [1, 2]
    pids = {101, 102}
    assert one["owned first"][0] in pids and {*one["owned latest"][0], *one["owned latest"][1]} == pids
    assert one["owned both"][:2] == [None, None] and one["owned both"][2] in pids and one["owned both"][3] == 1
    assert one["owned map by_pid"] == [(101, 101), (102, 102)] and one["owned map by_number"] == [(0, None), (1, None), (2, 1)]
    assert one["owned task 101"][0] in pids and one["owned task 102"][0] in pids
    assert {*one["owned cpu 0"], *one["owned cpu 1"]} == pids and one["owned cgroup 1"][0] in pids
    assert one["owned rows 0"] == [None, None] and one["owned rows 1"] == [1, *one["owned both"][2:3]]


@pytest.mark.parametrize("name", ["hist weights", "map seen", "map last", "map order", "task 101.runs", "cpu 0.n", "cgroup 1.starts",
                                  "rows 1.hits",
                                  "owned first", "owned latest", "owned both", "owned map by_pid", "owned map by_number", "owned task 101",
                                  "owned cpu 0", "owned cgroup 1", "owned rows 1", "timer later", "timer cpu_cool", "inbox told", "mask mine", "mask used", "task 101.home", "tree first_come", "tree cpu 0.sums"])  # fmt: skip
def test_what_one_leaves_otherwise_is_a_difference(subject: Subject, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    right = states.of_bytecode
    monkeypatch.setattr(states, "of_bytecode", lambda *given: right(*given) | {name: None})
    found = subject.compare(SCRIPT, "6.18")
    assert found is not None and found.machine == (name, None)
