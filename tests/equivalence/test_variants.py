# SPDX-License-Identifier: GPL-2.0-only
"""Variants compared and given back: the same in the interpreter and in the bytecode."""

import pytest

from scxdsl.compiler import check
from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.compare import SERIES
from scxdsl.fuzz.script import generate

POLICY = """
scheduler variants
enum Place { near, far, nowhere }
var last: Place
var near: u64
var equal: u64
var other: u64
dsq q

fn found(p: task, c: cpu) -> (cpu, Place) {
    if p.weight > 100 { return (c, .near) }
    (c, .far)
}
fn perhaps(p: task, c: cpu) -> (cpu, Place)? {
    if p.weight > 100 { return (c, .near) }
    none
}
on select_cpu(p, prev, wake) {
    let (c, place) = found(p, prev)
    if place == .near { near += 1 }
    if last == place { equal += 1 }
    if place != last && last != .nowhere { other += 1 }
    last = if let both = perhaps(p, prev) { both.1 } else { .nowhere }
    c
}
on enqueue(p, flags) { q.insert(p) }
on dispatch(cpu, prev) { q.move_to_local() }
"""


def test_variants_without_payload_are_equal_or_not(maker: Maker) -> None:
    subject = maker.make(POLICY, "variants.scx")
    assert isinstance(subject, Subject), subject
    for seed in range(40):
        difference = subject.compare(generate(seed), SERIES[seed % len(SERIES)])
        assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.parametrize("relation", ["==", "!="])
def test_variants_with_payload_are_told_apart_by_match(relation: str) -> None:
    text = f"scheduler s\nenum E {{ a, b(u32) }}\nvar e: E\nvar n: u64\non tick(p) {{ if e {relation} .a {{ n += 1 }} }}\n"
    assert [d.code for d in check(text, "s.scx").diagnostics] == ["E0305"]
