# SPDX-License-Identifier: GPL-2.0-only
"""Rules that a test leaves out (rules.without), for those who would rely on them. Empty outside of tests."""

LEFT_OUT: set[str] = set()
# Rules of the kernel that the types carry: a value that may be none is opened, what the kernel lets nobody write is not written, a value of a
# map has few special fields, and so on: docs/rules.md.
IN_TYPES = (
    "optionals", "read_only", "special_fields", "message_values", "cid_form", "looks_into_queues", "dump_place",
)  # fmt: skip


def left_out(rule: str) -> bool:
    """Whether a test asked for policies without this rule."""
    return rule in LEFT_OUT
