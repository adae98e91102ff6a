# SPDX-License-Identifier: GPL-2.0-only
"""Policies that were written because a mutant of the compiler would not have been seen without them: both engines agree on them."""

from dataclasses import replace
from pathlib import Path

import pytest

from scxdsl.fuzz import settings
from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.script import generate
from scxdsl.fuzz.told import wrong

FOLDER = Path(__file__).parent / "policies"
EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = 12


def made(maker: Maker, path: Path) -> Subject:
    found = maker.make(path.read_text(encoding="utf-8"), path.name)
    assert isinstance(found, Subject), found
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.scx")), ids=lambda p: p.stem)
def test_both_do_the_same(maker: Maker, path: Path) -> None:
    subject = made(maker, path)
    assert wrong(subject.policy, subject.object, subject.kernels[-1]) == ""
    for seed in range(SCRIPTS):
        difference = subject.compare(generate(seed, exchange=subject.exchanges), subject.kernels[seed % len(subject.kernels)])
        assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.parametrize("name", ["simple", "nest", "qmap"])
def test_other_values_of_parameters_mean_the_same(maker: Maker, name: str) -> None:
    """In range and out of it: the derived init refuses the same ones with the same words."""
    subject = made(maker, EXAMPLES / f"{name}.scx")
    assert wrong(subject.policy, subject.object, "7.3") == ""
    for seed in range(1, 9):
        difference = subject.compare(replace(generate(seed, 10), params=seed), "6.18")
        assert difference is None, f"seed {seed}: {difference}"


def test_values_come_from_a_seed_and_some_are_out_of_range(maker: Maker) -> None:
    subject = made(maker, EXAMPLES / "simple.scx")
    chosen = [settings.chosen(subject.policy, seed) for seed in range(200)]
    assert chosen[0] == {} and chosen == [settings.chosen(subject.policy, seed) for seed in range(200)]
    limits = {p.name: (p.low, p.high) for p in subject.policy.params}
    outside = [v for values in chosen for v in [values.get("slice")] if v is not None and not limits["slice"][0] <= v <= limits["slice"][1]]
    assert 3 < len(outside) < 60
