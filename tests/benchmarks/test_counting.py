# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks count, without a compiler or a kernel."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import clang, lines, timing  # noqa: E402
from benchmarks.cases import equivalent  # noqa: E402
from benchmarks.report import ratio, table  # noqa: E402


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("int a;\n\n\nint b;\n", 2),
        ("// only this\nint a; // and this\n", 1),
        ("/* one\n   two */\nint a;\n", 1),
        ("int a; /* one\n two */ int b;\n", 2),
        ('s = "// no comment";\n', 1),
        ('s = "\\"/*";\nint a;\n', 2),
        ("/// documentation\non init { }\n", 1),
    ],
)
def test_lines_hold_something_else_than_comments(text, expected):
    assert lines.count(text) == expected


def test_our_policy_is_a_third_of_its_c_at_most():
    assert lines.of_policy(ROOT / "examples" / "simple.scx") * 3 <= lines.of_c(equivalent().path)


def test_a_missing_compiler_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(clang.shutil, "which", lambda name: None)
    with pytest.raises(clang.Missing, match="clang-19 is missing.*apt-get install"):
        equivalent().command("x.o")


def test_times_are_taken_of_every_command_and_leave_the_cpus_as_they_were():
    import os

    before = os.sched_getaffinity(0)
    found = timing.measure({"short": [sys.executable, "-c", "pass"], "long": [sys.executable, "-c", "sum(range(3_000_000))"]}, 2)
    assert os.sched_getaffinity(0) == before
    assert 0 < found["short"].least <= found["short"].median
    assert found["long"].cpu > found["short"].cpu


def test_a_table_is_markdown():
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"
    assert (ratio(1, 2), ratio(1, 0)) == ("0.50", "")
