# SPDX-License-Identifier: GPL-2.0-only
"""Automatic mutants of the compiler are seen by generated policies."""

from collections import Counter

import pytest
from source_mutants import all_mutants, fate, in_place, sample

from scxdsl.compiler import check, lower
from scxdsl.codegen.module import emit
from scxdsl.fuzz.maker import Maker


def test_there_are_thousands() -> None:
    assert len(all_mutants()) > 2000


def test_the_code_comes_back() -> None:
    checked = check("scheduler s\nvar n: u64\non tick(p) { n += 1 }\n")
    right = emit(lower(checked))
    for mutant in sample(20, 1):
        try:
            with in_place(mutant):
                emit(lower(checked))
        except Exception:
            pass
        assert emit(lower(checked)) == right, mutant


def test_a_sample_is_seen(maker: Maker) -> None:
    """Within five policies; the sweep gives each 120."""
    fates = Counter(fate(mutant, maker, 5).how for mutant in sample(8, 7))
    assert fates["raises"] + fates["refused"] + fates["differs"] >= 3, fates


@pytest.mark.sweep
def test_three_hundred_are_seen(maker: Maker) -> None:
    fates = {mutant: fate(mutant, maker, 120) for mutant in sample(600, 2026)}
    counts = Counter(f.how for f in fates.values())
    assert counts["raises"] + counts["refused"] + counts["differs"] >= 300, counts
