# SPDX-License-Identifier: GPL-2.0-only
"""Generated policies: no difference between the engines, no policy that the compiler refuses or falls over."""

import pytest

from scxdsl.compiler import check, lower
from scxdsl.fuzz.generate import generate
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.run import main, one
from scxdsl.fuzz.tree import Node, shrink


@pytest.mark.parametrize("seed", range(0, 45, 15))
def test_generated_policies_mean_the_same_to_both_engines(maker: Maker, seed: int) -> None:
    for i in range(seed, seed + 15):
        found = one(maker, i, 2, 25)
        assert found is None, f"{found.kind} of seed {i}\n{found.text}\n{found.policy}"


@pytest.mark.sweep
def test_twenty_thousand_policies() -> None:
    said: list[str] = []
    assert main(["--examples", "20000", "--seed", "100000", "--coverage"], check, lower, said.append) == 0, "\n".join(said[:20])


def test_a_seed_always_gives_the_same_policy() -> None:
    assert str(generate(7)) == str(generate(7)) != str(generate(8))


def test_shrinking_keeps_what_matters() -> None:
    inner = Node("expression", ["f(", Node("expression", ["x"], "0"), ")"], "0")
    root = Node("policy", [Node("statement", ["a\n"], ""), Node("statement", ["b = ", inner, "\n"], "")])
    assert shrink(root, lambda text: "b" in text and "x" in text) == "b = x\n"
