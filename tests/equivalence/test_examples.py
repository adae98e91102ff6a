# SPDX-License-Identifier: GPL-2.0-only
"""The examples mean the same to the interpreter and to the machine that runs their bytecode."""

from collections import Counter
from pathlib import Path

import pytest

from scxdsl.fuzz.compare import Subject, run
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.compare import SERIES
from scxdsl.fuzz.script import generate
from scxdsl.fuzz.states import of_interpreter
from scxdsl.interp import Interpreter

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SCRIPTS = 1000


def made(maker: Maker, name: str) -> Subject:
    found = maker.make((EXAMPLES / name).read_text(), name)
    assert isinstance(found, Subject), found
    return found


def test_simple_on_a_thousand_scripts(maker: Maker) -> None:
    simple = made(maker, "simple.scx")
    for seed in range(SCRIPTS):
        difference = simple.compare(generate(seed), SERIES[seed % len(SERIES)])
        assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.parametrize("fifo", [False, True])
def test_the_scripts_of_simple_take_every_callback(maker: Maker, fifo: bool) -> None:
    simple = made(maker, "simple.scx")
    seen: Counter[str] = Counter()
    for seed in range(30):
        done = run(generate(seed), "6.18", lambda k: Interpreter(simple.policy, k, {"fifo": fifo}), of_interpreter)
        seen.update(step[1] for step in done.trace if step[0] in ("call", "kernel"))
    for name in ("select_cpu", "enqueue", "dispatch", "running", "stopping", "enable", "dsq_insert", "dsq_move_to_local"):
        assert seen[name] > 20, seen
    assert (seen["dsq_insert_vtime"] == 0) == fifo
