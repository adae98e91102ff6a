# SPDX-License-Identifier: GPL-2.0-only
"""The work of `check` grows as the policy does, and policies are a third as long as their C originals. Work is counted in calls of
Python functions, which no busy machine changes."""

from pathlib import Path

import pytest
from effort import calls

from benchmarks import grown, lines
from scxdsl.compiler import check

EXAMPLES = Path(__file__).parents[2] / "examples"
# Lines of the kernel tree's own, without comments and blanks, as docs/benchmarks.md has them: 7.3, of qmap 6.12.
ORIGINALS = {"simple": 88, "central": 225, "qmap": 564, "flatcg": 635, "pair": 328}


def work(text: str) -> int:
    """Calls that a check makes."""
    found = []
    made = calls(lambda: found.append(check(text, "grown.scx")), python_only=True)
    assert not found[0].diagnostics, [(d.code, d.message) for d in found[0].diagnostics]
    return made


def test_the_work_of_check_grows_with_the_lines() -> None:
    """The work for a line stays what it is, with one step: where programs are so large that functions become subprograms
    (typing/subprograms.py), that is planned."""
    texts = {n: grown.policy(n) for n in (200, 400, 800, 1600, 3200)}
    check(texts[200], "warm.scx")  # facts and tables are read once
    each = {n: work(text) / lines.count(text) for n, text in texts.items()}
    assert all(abs(lines.count(t) - n) < 0.1 * n for n, t in texts.items())
    small, large = [each[n] for n in (200, 400, 800)], [each[n] for n in (1600, 3200)]
    assert max(small) < 1.1 * min(small) and max(large) < 1.1 * min(large) < 1.1 * 1.3 * min(small), each


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_policy_takes_at_most_a_third_of_the_lines_of_its_original(name: str) -> None:
    assert 3 * lines.of_policy(EXAMPLES / f"{name}.scx") <= ORIGINALS[name]
