# SPDX-License-Identifier: GPL-2.0-only
"""What is made of a run's raw findings."""

import pytest

from scxdsl.guest.protocol import CodeLine, ProgramLines
from scxdsl.guest.run import Exit, Place, Run, exit_of, parse_events, place_of

KINDS = {64: "SCX_EXIT_UNREG", 1024: "SCX_EXIT_ERROR"}
LINES = (
    ProgramLines("on_enqueue", (CodeLine(0x1000, 17, 5, "policies/a.scx"), CodeLine(0x1020, 18, 7, "policies/a.scx")), ((0x1000, 0x80),)),
)


def test_the_message_of_an_error_statement_names_its_place():
    assert place_of("a.scx:12: queue 3 is full", [0x1025], LINES) == Place("a.scx", 12)


def test_otherwise_the_innermost_frame_of_the_policy_does():
    assert place_of("invalid CPU 12345", [0xFFFF0000, 0x1025, 0x1010], LINES) == Place("a.scx", 18, 7)


def test_a_trace_without_the_policy_names_none():
    assert place_of("on_enqueue failed to run", [0xFFFF0000], LINES) is None


def test_an_exit_record_is_read_by_names():
    record = {"kind": 1024, "bt_len": 1, "exit_code": 0, "bt": [0x1025] + [0x1001] * 15, "reason": "runtime error", "msg": "invalid CPU 5"}
    assert exit_of(record, KINDS, LINES) == Exit("SCX_EXIT_ERROR", 1024, 0, "runtime error", "invalid CPU 5", Place("a.scx", 18, 7))


@pytest.mark.parametrize("record", [None, {}, {"kind": 0, "reason": ""}])
def test_a_record_that_nobody_filled_is_no_exit(record):
    assert exit_of(record, KINDS, LINES) is None


def test_a_kind_that_the_kernel_does_not_name_keeps_its_number():
    found = exit_of({"kind": 77}, KINDS, ())
    assert found is not None and found.kind == "77"


def test_events_are_counters_by_name():
    assert parse_events("SCX_EV_ENQ_SKIP_EXITING 3\nSCX_EV_REFILL_SLICE_DFL 16\n") == {
        "SCX_EV_ENQ_SKIP_EXITING": 3, "SCX_EV_REFILL_SLICE_DFL": 16,
    }  # fmt: skip


UNREGISTERED = Exit("SCX_EXIT_UNREG", 64, 0, "unregistered from user space", "")


@pytest.mark.parametrize(
    ("run", "clean"),
    [
        (Run("k", True, 5.0, exit=UNREGISTERED), True),
        (Run("k", False, 0.0, refusal="no"), False),
        (Run("k", True, 5.0, exit=UNREGISTERED, faults=("WARNING: …",)), False),
        (Run("k", True, 1.0, ejected=True, exit=Exit("SCX_EXIT_ERROR", 1024, 0, "runtime error", "")), False),
        (Run("k", True, 5.0), False),
    ],
)
def test_clean_means_attached_let_go_by_us_and_no_complaint(run, clean):
    assert run.clean is clean
