# SPDX-License-Identifier: GPL-2.0-only
"""What the scheduler's declaration may say; findings that mutated policies brought to light."""

import pytest

from scxdsl.compiler import check


def codes(text: str) -> list[str]:
    return [d.code for d in check(text).diagnostics]


@pytest.mark.parametrize("kernels", ["6.1.2", "6.1.2..", "6.12..6.1.2", "7.0..6.12", "6"])
def test_what_is_no_range_of_kernels_is_a_finding(kernels: str) -> None:
    assert codes(f"scheduler s {{ kernels: {kernels} }}\n")


def test_a_name_has_at_most_127_letters() -> None:
    assert codes(f"scheduler {'p' * 127}\n") == []
    assert codes(f"scheduler {'p' * 128}\n") == ["E0404"]


def test_a_tuple_pattern_needs_a_value() -> None:
    assert codes("scheduler s\non tick(p) { let (a, b) }\n")[0] == "E0313"
