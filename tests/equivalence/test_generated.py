# SPDX-License-Identifier: GPL-2.0-only
"""Generated policies: no difference between the engines, no policy that the compiler refuses or falls over, no form left out."""

import pytest

from scxdsl.compiler import check
from scxdsl.fuzz.coverage import LEFT_OUT, count, owed
from scxdsl.fuzz.generate import generate
from scxdsl.fuzz.maker import Maker, load
from scxdsl.fuzz.run import Report, one, policies
from scxdsl.fuzz.script import EVENTS
from scxdsl.fuzz.script import generate as generate_script
from scxdsl.fuzz.tree import Node, shrink
from scxdsl.fuzz.wide import SELDOM


@pytest.mark.parametrize("seed", range(0, 45, 15))
def test_generated_policies_mean_the_same_to_both_engines(maker: Maker, seed: int) -> None:
    for i in range(seed, seed + 15):
        found = one(maker, i, 2, 25)
        assert found is None, f"{found.kind} of seed {i}\n{found.text}\n{found.policy}"


@pytest.mark.sweep
def test_twenty_thousand_policies(maker: Maker) -> None:
    for found in policies(maker, range(100_000, 120_000), 3, 30, float("inf"), Report()):
        raise AssertionError(f"{found.kind}, seed {found.seed}\n{found.text}\n{found.policy}")


@pytest.mark.sweep
def test_every_form_is_generated_a_hundred_times() -> None:
    """In the first 6,000 of them, so in all 20,000 as well. docs/generated.md has the table."""
    found = count(check, load, range(100_000, 106_000))
    rare = {name: found[name] for name in owed() if found[name] < 100}
    assert not rare, rare


def test_every_form_is_generated() -> None:
    found = count(check, load, range(250))
    missing = {name for name in owed() if not found[name]}
    assert len(missing) <= len(owed()) // 50, missing  # the rarest come once in a hundred policies
    assert not LEFT_OUT.keys() & found.keys(), "something that is left out is generated after all"


def test_every_event_is_in_the_scripts() -> None:
    usual = {e.what for seed in range(60) for e in generate_script(seed, exchange=True).events}
    assert usual == EVENTS.keys() - SELDOM.keys() - {"starve", "multitude"}  # which wide.py adds to some


def test_a_seed_always_gives_the_same_policy() -> None:
    assert str(generate(7)) == str(generate(7)) != str(generate(8))


def test_shrinking_keeps_what_matters() -> None:
    inner = Node("expression", ["f(", Node("expression", ["x"], "0"), ")"], "0")
    root = Node("policy", [Node("statement", ["a\n"], ""), Node("statement", ["b = ", inner, "\n"], "")])
    assert shrink(root, lambda text: "b" in text and "x" in text) == "b = x\n"
