# SPDX-License-Identifier: GPL-2.0-only
"""The typed tree as text."""

from pathlib import Path

from scxdsl.compiler import check
from scxdsl.typing.dump import dump

EXAMPLE = Path(__file__).parents[2] / "examples" / "simple.scx"


def test_declarations_stand_first_one_a_line() -> None:
    lines = dump(check(EXAMPLE.read_text()).policy).splitlines()
    assert lines[:4] == [
        "scheduler simple",
        "Param name='slice' type=duration default=20000000 low=100000 high=1000000000",
        "Param name='fifo' type=bool default=0",
        "Global name='vtime_now' type=vtime",
    ]


def test_expressions_have_their_type_and_names_stand_for_what_they_name() -> None:
    text = dump(check("scheduler s\nvar v: vtime\non enable(p) { p.vtime = v }\n").policy)
    assert text.splitlines()[2:] == [
        "on enable(p: task) -> nothing",
        "  BlockValue: nothing",
        "    statements: [1]",
        "      Assign",
        "        place: PropertyPlace: vtime property=vtime",
        "          base: Read: task",
        "            place: LocalPlace: task variable=p",
        "        value: Read: vtime",
        "          place: GlobalPlace: vtime declaration=v",
    ]


def test_deep_expressions_need_no_deep_stack() -> None:
    checked = check("scheduler s\nvar a: u64\non tick(p) { a = " + "a + " * 300 + "a }\n")
    assert dump(checked.policy).count("Binary") >= 299
