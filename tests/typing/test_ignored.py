# SPDX-License-Identifier: GPL-2.0-only
"""Failures that nobody looks at count, wherever the call stands."""

import pytest

from scxdsl.compiler import check
from scxdsl.interp import Interpreter
from scxdsl.model import Model
from scxdsl.model.events import spawn
from scxdsl.model.attach import attach

HEAD = """\
scheduler s
struct E { a: u64 }
map q: queue<u32>[2]
map m: hash<u32, u64>[2]
ring out: E[4K]
lock l guards t
tree t[2]: E by a
fn push() { q.push(1) }
"""


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("q.push(1)", "q_full"), ("q.push(1); let x = 1; if x > 2 { return }", "q_full"), ("push()", "q_full"), ("if p.pid > 0 { q.push(1) }", "q_full"),
        ("for i in 0 .. 1 { q.push(1) }", "q_full"), ("repeat 1 { q.push(1) }", "q_full"), ("match p.pid { 0 => { }, else => q.push(1) }", "q_full"),
        ("m[p.pid as u32] = 1", "m_full"), ("m.put(p.pid as u32, 1)", "m_full"), ("under l { t.insert(E(a: 1)) }", "t_full"),
        ("if p.pid > 0 { q.push(1) } else { q.push(2) }", "q_full"), ("if p.pid > 0 && p.pid < 999999 { q.push(1) } else { q.push(2) }; return", "q_full"),
        ("let x = { q.push(1); 5 }; if x < 3 { return }", "q_full"),
    ],
)  # fmt: skip
def test_the_third_of_two_counts(body: str, name: str) -> None:
    checked = check(HEAD + "on init_task(p, args) { " + body + " }", "s.scx")
    assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
    m, made = Model("6.18"), []
    attach(m, lambda kernel: made.append(Interpreter(checked.policy, kernel)) or made[0])
    for _ in range(5):
        spawn(m)
    assert sum(made[0].stat(name)) == 3


def test_an_answer_that_is_taken_does_not_count_and_the_authors_own_counter_stays() -> None:
    checked = check(HEAD + "stat q_full\non tick(p) { if !q.push(1) { q_full += 1 } ; q.push(2); let ok = m.put(1, 1) }", "s.scx")
    assert [s.name for s in checked.policy.stats] == ["q_full", "q_full_"]
