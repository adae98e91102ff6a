# SPDX-License-Identifier: GPL-2.0-only
"""Large values in scratch memory: the same results as on the stack, on both engines and on kernels."""

from pathlib import Path

import pytest

from scxdsl.compiler import build, check, lower
from scxdsl.fitting.fit import fit
from scxdsl.fuzz.compare import compare
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.run import one
from scxdsl.fuzz.script import generate
from scxdsl.interp import Interpreter
from scxdsl.ir.printer import print_module
from scxdsl.ir.verify import verify
from scxdsl.model import Model
from scxdsl.model.attach import attach
from scxdsl.objects import read
from scxdsl.rewriting.claims import PLACES

BIG = Path(__file__).with_name("big_locals.scx")
SMALL = """scheduler s
struct Pair { a: u64; b: u32 }
var out: u64
on tick(p) {
    let mut x = Pair(a: p.weight, b: 3)
    x.a += 1
    out = x.a + x.b
}
on cgroup_set_weight(cgrp, weight) {
    let mut x = Pair(a: weight, b: 3)
    x.a += 1
    out = x.a + x.b
}
"""


def test_each_program_is_told_of_what_moved() -> None:
    built = build(BIG.read_text(), str(BIG))
    assert built.ok
    said = {r.function: r for r in built.rewritings}
    assert set(said) == {"init", "stopping", "timer beat"}
    for record in said.values():
        assert {"a", "b", "c"} <= set(record.values) and record.size >= 180 * 8 + 40 * 32 + 300 * 4
    assert said["stopping"].claims == 0 and said["init"].claims == said["timer beat"].claims == PLACES


def test_programs_that_may_be_interrupted_claim_their_place() -> None:
    """`tick` runs with interrupts off; `cgroup_set_weight` does not, though it may not sleep either."""
    made = fit(lambda deepest: lower(check(SMALL)), budget=0)
    verify(made.module)
    assert {r.function: r.claims for r in made.rewritings} == {"tick": 0, "cgroup_set_weight": PLACES}
    text = print_module(made.module)
    assert "map scratch_tick: percpu_array<u32, [u64; 4]>[1]" in text
    assert f"map scratch_cgroup_set_weight: array<u32, struct claimed_32>[{PLACES}]" in text


def test_a_policy_that_fits_is_left_alone() -> None:
    built = build(SMALL)
    assert built.ok and built.rewritings == () and "scratch" not in print_module(built.module)


def test_large_values_mean_the_same_to_both_engines() -> None:
    built = build(BIG.read_text(), str(BIG))
    assert built.ok
    for seed in range(3):
        assert compare(built.checked.policy, read(built.object), generate(seed, 6)) is None


@pytest.fixture(scope="module")
def no_stack():
    with Maker(check, lower, budget=0) as made:
        yield made


@pytest.mark.parametrize("seed", [7000, 7010, pytest.param(7100, marks=pytest.mark.sweep)])
def test_generated_policies_mean_the_same_with_nothing_large_on_the_stack(no_stack: Maker, seed: int) -> None:
    for i in range(seed, seed + (10 if seed < 7100 else 500)):
        found = one(no_stack, i, 2, 20)
        assert found is None, f"{found.kind} of seed {i}\n{found.text}\n{found.policy}"


def results() -> dict[str, int]:
    """What the interpreter computes in init, of a policy in which every callback asks for the same."""
    text = BIG.read_text().replace("on init() { from_init = first(1) }", "on init() { from_init = first(1)\nfrom_stopping = first(2)\nfrom_timer = first(3) }")
    policy = check(text).policy
    m, found = Model(), []
    attach(m, lambda ops: found.append(Interpreter(policy, ops)) or found[0])
    return {name: found[0].value(name) for name in ("from_init", "from_stopping", "from_timer")}


@pytest.mark.guest
def test_four_kilobytes_of_locals_on_kernels(guest, kernel: str) -> None:
    built = build(BIG.read_text(), str(BIG))
    assert built.ok
    run = guest.run(built.object, seconds=2, load="mix")
    assert run.clean, run
    expected = results()
    assert run.globals["from_init"] == expected["from_init"]
    assert run.globals["rounds"] > 0 and run.globals["from_stopping"] == expected["from_stopping"]
    assert run.globals["from_timer"] in (0, expected["from_timer"])
