# SPDX-License-Identifier: GPL-2.0-only
"""Ranges of kernels, and sets of the ones that facts are held of."""

import pytest

from scxdsl.kernel.versions import as_written, BadRange, Kernels, Series, choose, parse_ranges, standing_series

KNOWN = ("6.12", "6.16", "6.17", "7.0", "7.1")


def chosen(text):
    return choose(parse_ranges(text), KNOWN)


@pytest.mark.parametrize(
    ("text", "kernels"),
    [
        ("6.12..", "6.12 to 7.1"),
        ("6.12", "6.12"),
        ("6.16..7.0", "6.16 to 7.0"),
        ("6.12, 7.0..", "6.12 and 7.0 to 7.1"),
        ("6.12,6.17,7.1", "6.12, 6.17 and 7.1"),
        (" 6.17 .. 6.19 ", "6.17"),
        ("6.13..6.15", "no kernel"),
    ],
)
def test_a_range_holds_the_known_kernels_from_its_first_to_its_last(text, kernels):
    assert str(chosen(text).kernels) == kernels


def test_kernels_without_facts_in_the_range_are_named():
    assert chosen("6.12..").unknown == ("6.13", "6.14", "6.15", "6.18", "6.19")
    assert chosen("6.12..6.16").unknown == ("6.13", "6.14", "6.15")
    assert chosen("7.0..7.2").unknown == ("7.2",)
    assert chosen("6.16..6.17").unknown == ()


def test_a_range_older_than_all_facts_is_not_silently_empty():
    assert chosen("6.11..6.12").unknown == ("6.11",)
    assert str(chosen("6.11..6.12").kernels) == "6.12"


def test_only_an_open_range_goes_on_past_the_newest_kernel():
    assert chosen("6.12..").later
    assert not chosen("6.12..7.1").later


def test_7_0_came_after_6_19():
    assert Series(6, 19).next() == Series(7, 0)
    assert Series(6, 12).next() == Series(6, 13)
    assert Series.parse("6.9") < Series.parse("6.12") < Series.parse("7.0")


@pytest.mark.parametrize("text", ["", "6", "6.x", "new", "6.12...7.0", "6.12..7.0..", "..7.0", "6.12 7.0", "6.12.3"])
def test_what_is_no_range_is_refused_with_an_example(text):
    with pytest.raises(BadRange, match=r"6\.12\.\.7\.0"):
        parse_ranges(text)


def test_a_range_that_runs_backward_is_refused():
    with pytest.raises(BadRange, match="6.12 is older than 7.0"):
        parse_ranges("7.0..6.12")


def test_sets_of_kernels_combine_and_name_their_ends():
    low, high = Kernels.of(KNOWN, "6.12", "6.16"), Kernels.of(KNOWN, "6.16", "7.1")
    assert list(low | high) == ["6.12", "6.16", "7.1"]
    assert list(low & high) == ["6.16"]
    assert list(low - high) == ["6.12"]
    assert (high.oldest, high.newest) == ("6.16", "7.1")
    assert "7.1" in high and "7.0" not in high and "9.9" not in high
    assert (low & high) <= low and not low <= high
    nothing = low - low
    assert not nothing and nothing.oldest is None and nothing.newest is None


def test_the_source_of_an_unread_kernel_is_that_of_the_newest_older_one():
    assert standing_series("6.14", KNOWN) == "6.12"
    assert standing_series("7.5", KNOWN) == "7.1"
    assert standing_series("6.17", KNOWN) == "6.17"
    assert standing_series("6.11", KNOWN) == "6.12"


@pytest.mark.parametrize(
    ("written", "data"),
    [("6.12..", "6.12.."), ("6.18", "6.18"), ("6.12..7.0", "6.12..6.19"), ("6.12 ..= 7.0", "6.12..7.0"), ("6.12, 7.1..=7.2", "6.12,7.1..7.2")],
)
def test_policies_write_ranges_as_the_language_does(written: str, data: str) -> None:
    assert as_written(written) == data


def test_an_empty_range_of_a_policy_is_refused() -> None:
    with pytest.raises(BadRange):
        as_written("7.0..7.0")
