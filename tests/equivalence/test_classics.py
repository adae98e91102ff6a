# SPDX-License-Identifier: GPL-2.0-only
"""The classic schedulers mean the same to the interpreter and to the machine that runs their bytecode."""

from pathlib import Path

import pytest

from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.compare import SERIES
from scxdsl.fuzz.script import generate

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NAMES = ("central", "fifo", "flatcg", "llc", "maximal", "nest", "pair", "prio", "qmap")


def compare(maker: Maker, name: str, scripts: int) -> None:
    made = maker.make((EXAMPLES / f"{name}.scx").read_text(encoding="utf-8"), f"{name}.scx")
    assert isinstance(made, Subject), made
    for seed in range(scripts):
        difference = made.compare(generate(seed), SERIES[seed % len(SERIES)])
        assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.parametrize("name", NAMES)
def test_on_some_scripts(maker: Maker, name: str) -> None:
    compare(maker, name, 25)


@pytest.mark.sweep
@pytest.mark.parametrize("name", NAMES)
def test_on_a_thousand_scripts(maker: Maker, name: str) -> None:
    compare(maker, name, 1000)
