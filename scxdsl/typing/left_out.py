# SPDX-License-Identifier: GPL-2.0-only
"""Rules that a test leaves out (rules.without), for those who would rely on them. Empty outside of tests."""

LEFT_OUT: set[str] = set()


def left_out(rule: str) -> bool:
    """Whether a test asked for policies without this rule."""
    return rule in LEFT_OUT
