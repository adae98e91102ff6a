# SPDX-License-Identifier: GPL-2.0-only
"""What is compared in the end: beside variables, counters, queues and tasks also histograms, maps, masks, trees and rows, of which nothing
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
param first: u32 = 7
hist weights
map seen: hash<Pair, u64>[8]
map last: array<i16>[4]
map order: queue<u32>[8]
var used: cpumask
tree first_come[6]: Node by at
per task { runs: u32 = first; hist slices; home: cpumask }
per cpu { n: u64 = 3; tree sums[6]: Node by at keeping total = sum(w) }
lock l guards first_come, cpu.sums
per cgroup { starts: u8 }
table rows[2] { stat hits }
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
    let c = p.cpu
    under l {
        if first_come.len < 2 { first_come.insert(Node(at: 9 - p.pid as u64 % 2, w: 3)) }
        c.sums.insert(Node(at: 9, w: 1))
        c.sums.insert(Node(at: 8, w: 1))
    }
}
"""
SCRIPT = Script((Event("spawn", 0, 1, 0), Event("spawn", 0, 1, 0), Event("run", 20, 1)), cpus=2)


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


@pytest.mark.parametrize("name", ["hist weights", "map seen", "map last", "map order", "task 101.runs", "cpu 0.n", "cgroup 1.starts",
                                  "rows 1.hits",
                                  "mask used", "task 101.home", "tree first_come", "tree cpu 0.sums"])  # fmt: skip
def test_what_one_leaves_otherwise_is_a_difference(subject: Subject, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    right = states.of_bytecode
    monkeypatch.setattr(states, "of_bytecode", lambda *given: right(*given) | {name: None})
    found = subject.compare(SCRIPT, "6.18")
    assert found is not None and found.machine == (name, None)
