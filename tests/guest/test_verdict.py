# SPDX-License-Identifier: GPL-2.0-only
"""Verifier logs of both styles, as recorded on 6.18 and 7.3."""

from pathlib import Path

import pytest

from scxdsl.guest.verdict import accepted, read_log, refused
from scxdsl.objects.object import Function, Line, Object

LOGS = Path(__file__).parent / "logs"


def log(name: str) -> str:
    return (LOGS / f"{name}.txt").read_text()


@pytest.mark.parametrize("kernel", ["6.18", "7.3"])
def test_the_reason_is_the_verifiers_own_last_word(kernel):
    assert read_log(log(f"locked_call-{kernel}")).reason == "function calls are not allowed while holding a lock"
    assert read_log(log(f"big_frame-{kernel}")).reason == "invalid write to stack R1 off=-600 size=600"
    assert read_log(log(f"two_frames-{kernel}")).reason == "combined stack size of 2 calls is 608. Too large"


@pytest.mark.parametrize("kernel", ["6.18", "7.3"])
def test_the_place_is_the_line_last_walked(kernel):
    facts = read_log(log(f"locked_call-{kernel}"))
    assert (facts.file, facts.line, facts.index, facts.verified) == ("foo.scx", 13, 15, 15)


def test_the_structured_style_adds_column_function_and_explanation():
    facts = read_log(log("locked_call-7.3"))
    assert (facts.column, facts.function) == (9, "e_enqueue")
    assert facts.explanation.startswith("Execution Context Safety: Operation is not allowed in this context. The operation function call")
    assert read_log(log("locked_call-6.18")).column is None


def test_frames_are_read_in_both_forms():
    assert read_log(log("two_frames-6.18")).frames == (304, 304)
    assert read_log(log("two_frames-7.3")).frames == (304, 304)


def test_a_log_without_a_line_names_none_unless_the_object_knows():
    facts = read_log(log("two_frames-6.18"))
    assert (facts.file, facts.line) == ("", None)


def test_noise_about_global_functions_is_no_reason():
    noise = "Global function x() doesn't return scalar. Only those are supported.\nprocessed 3 insns (limit 1000000)\n"
    assert read_log(noise).reason == ""


def test_source_text_with_an_at_sign_does_not_lead_astray():
    text = "; a @ b.scx:1 and more @ real.scx:7\n3: (79) r1 = *(u64 *)(r2 +0)\nR2 invalid mem access 'scalar'\nprocessed 4 insns\n"
    facts = read_log(text)
    assert (facts.file, facts.line, facts.reason) == ("real.scx", 7, "R2 invalid mem access 'scalar'")


def test_an_empty_log_leaves_the_loaders_words():
    verdict = refused("6.18", "on_tick", "", "load failed: Invalid argument", 3, None)
    assert (verdict.accepted, verdict.reason, verdict.line) == (False, "load failed: Invalid argument", None)


def test_an_accepted_program_counts_its_frames():
    text = "verification time 900 usec\nstack depth 96+16\nprocessed 37 insns (limit 1000000) max_states_per_insn 0\n"
    verdict = accepted("6.12", "on_enqueue", text, 84, 0, 360, 211)
    assert (verdict.accepted, verdict.verified, verdict.frames, verdict.stack, verdict.reason) == (True, 37, (96, 16), 112, "")


def an_object() -> Object:
    lines = (Line(0, "/home/me/a.scx", "on tick(p) {", 3, 1), Line(2, "/home/me/a.scx", "  x = y", 4, 9))
    program = Function("on_tick", "struct_ops/tick", 0, bytes(8 * 6), (), (), (), lines, None, True, False)
    return Object((program,), (), (), (), (), (), {}, "GPL", None, 0)


def place(log: str) -> tuple[str, int | None, int | None]:
    verdict = refused("6.18", "on_tick", log, "", 6, an_object())
    return verdict.file, verdict.line, verdict.column


def test_the_objects_line_table_gives_the_column():
    assert place("; x = y @ a.scx:4\n3: (79) r1 = *(u64 *)(r2 +0)\nR2 invalid\nprocessed 4 insns\n") == ("a.scx", 4, 9)


def test_and_the_line_when_the_log_quotes_no_source():
    assert place("3: (79) r1 = *(u64 *)(r2 +0)\nR2 invalid\nprocessed 4 insns\n") == ("a.scx", 4, 9)


def test_and_the_programs_own_line_when_no_instruction_is_at_fault():
    assert place("combined stack size of 2 calls is 608. Too large\nprocessed 4 insns\n") == ("a.scx", 3, 1)


def test_an_instruction_of_a_subprogram_is_not_taken_for_one_of_the_program():
    assert place("9: (79) r1 = *(u64 *)(r2 +0)\nR2 invalid\nprocessed 4 insns\n") == ("a.scx", 3, 1)
