# SPDX-License-Identifier: GPL-2.0-only
"""The tests can fail: wrong compilations, planted one at a time, are found by generated policies."""

import pytest
from court import CAUGHT
from fates import PLANTED, known
from mutants import MUTANTS
from planting import examples_until_caught, planted

from scxdsl.fuzz.maker import Maker

MOST = 500
# Caught by nearly any policy: these are tried on every run, all of them with --sweep.
QUICK = """add_subtracts and_is_or atomic_add_is_or break_is_continue counters_share_one_slot elements_off_by_one
else_of_loops_never_runs equal_is_not_equal first_values_of_variables_are_zero flags_has_any_instead_of_all if_takes_the_other_branch
local_queue_is_global loops_count_from_one max_is_min narrowing_keeps_all_bits narrowing_loses_the_sign not_is_nothing
operands_swapped remainder_is_quotient signed_greater_is_unsigned subtracting_updates_swapped tuple_items_reversed
unsigned_remainder_signed vtime_compared_as_a_number""".split()


@pytest.mark.parametrize("name", QUICK)
def test_a_wrong_compilation_is_caught(maker: Maker, name: str) -> None:
    assert examples_until_caught(MUTANTS[name], maker, MOST) <= MOST


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 40 and set(QUICK) < set(MUTANTS)


def test_all_of_them_can_be_planted() -> None:
    """What they change is there."""
    for mutate in MUTANTS.values():
        with planted(mutate):
            pass


def test_each_was_caught_on_the_corpus() -> None:
    """As kept by `fates.py --planted`."""
    rows = known(PLANTED)
    assert rows.keys() == MUTANTS.keys()
    assert {name: row["how"] for name, row in rows.items() if row["how"] not in CAUGHT} == {}
    assert max(row["tried"] for row in rows.values()) <= MOST


@pytest.mark.sweep
@pytest.mark.parametrize("name", sorted(set(MUTANTS) - set(QUICK)))
def test_a_subtler_wrong_compilation_is_caught(maker: Maker, name: str) -> None:
    assert examples_until_caught(MUTANTS[name], maker, MOST) <= MOST
