# SPDX-License-Identifier: GPL-2.0-only
"""If check accepts, the kernel accepts: the recorded verdicts are those of check today, and kernels still give them."""

from collections.abc import Iterator
from pathlib import Path

import faults
import messages
import pytest
from asking import ACCEPTED, NOT_REACHED, asked, codes, compiled, kind_on, lines
from corpus import EJECTED, KNOWN, VERIFIER, Case, corpus, generated, written
from record import asks, digest, load
from table import false_accepts, false_refusals, refuses, table

from scxdsl.codegen.backend import Backend
from scxdsl.compiler import check
from scxdsl.fuzz.maker import load as modules
from scxdsl.rules import RULES, without

IN_CI = ("6.18", "7.3")  # tests/conftest.py
CASES = corpus()
OWN = [case for case in CASES if not case.name.startswith(("docs/", "explain/", "examples/", "mended/"))]  # those have tests of their own
RECORDED = load()


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as running:
        yield running


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_check_refuses_rejects_for_their_one_reason_and_accepts_the_rest(case: Case) -> None:
    found = codes(case.text)
    assert case.code in found if case.code else not found, found


@pytest.mark.parametrize("case", [c for c in written() if c.code], ids=lambda case: case.name)
def test_a_written_reject_has_one_fault_at_its_line(case: Case) -> None:
    assert codes(case.text) == [case.code]
    assert len(case.marked) == 1 and lines(case.text) == case.marked


@pytest.mark.parametrize("case", [c for c in CASES if c.code and c.name.startswith("places/")], ids=lambda case: case.name)
def test_a_made_reject_is_refused_at_its_operation(case: Case) -> None:
    """Its first line, after the counter of calls."""
    counter = next(number for number, line in enumerate(case.text.splitlines(), 1) if "reached += 1" in line)
    assert lines(case.text) == [counter + 1]


READ = faults.load()
UNMARKED = faults.unmarked(CASES)


@pytest.mark.parametrize("case", [case for case in UNMARKED if digest(case) in READ], ids=lambda case: case.name)
def test_a_reject_of_the_pages_and_explanations_is_refused_at_its_line(case: Case) -> None:
    assert faults.named(case) == READ[digest(case)][1]


def test_the_lines_of_pages_and_explanations_were_read() -> None:
    assert [case.name for case in UNMARKED if digest(case) not in READ] == [], "python tests/verdicts/faults.py"


def test_the_record_holds_every_policy_and_no_false_accept() -> None:
    assert {case.name for case in CASES} == set(RECORDED), "python tests/verdicts/record.py --stale"
    assert {name for name, _, _ in false_accepts(RECORDED)} == set(KNOWN)


def test_the_table_of_the_documentation_is_that_of_the_record() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text()
    assert table(RECORDED) in page, "python tests/verdicts/table.py"


def test_each_message_has_a_case_or_a_reason() -> None:
    found = messages.met(RECORDED)
    assert {pattern for pattern, cases in found.items() if not cases} == set(messages.reasons())
    assert messages.unknown(RECORDED) == []
    page = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text()
    assert messages.table(RECORDED) in page, "python tests/verdicts/messages.py --page"


def test_the_corpus_is_large() -> None:
    rejects = [case for case in CASES if case.code]
    assert len(CASES) - len(rejects) >= 200 and len(rejects) >= 250


def test_false_refusals_are_known() -> None:
    """Each is explained in docs/verdicts.md."""
    page = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text()
    found = list(false_refusals(RECORDED))
    assert [name for name, _ in found if f"`{name}`" not in page] == []
    asked_about = sum(refuses(row, kernel) and said != NOT_REACHED for row in RECORDED.values() for kernel, said in row["kernels"].items())
    assert len(found) <= asked_about / 100


@pytest.mark.guest
def test_kernels_accept_what_check_accepts(guest, kernel: str, backend: Backend, pytestconfig: pytest.Config) -> None:
    """In CI each of the two kernels is asked about every second policy, and about one in eight of those that an edit mended; with --sweep
    all about all."""
    wrong = {}
    for case in CASES if pytestconfig.getoption("--sweep") else share(kernel):
        if not case.code and case.name not in KNOWN and asks(case, kernel):
            data = compiled(case, backend)
            said = data if isinstance(data, str) else asked(case, data, guest)
            if said != ACCEPTED:
                wrong[case.name] = said
    assert not wrong


def share(kernel: str) -> list[Case]:
    first = IN_CI.index(kernel)
    mended = [case for case in CASES if case.name.startswith("mended/")]
    return [*[case for case in CASES if case not in mended][first::2], *mended[first::8]]


def turn(case: Case, kernel: str, sweep: bool) -> bool:
    """Whether a case is asked about in this run. To run a scheduler takes seconds, so of those for both kernels of CI each of the two runs a
    quarter; with --sweep all are run on all."""
    both = all(k in check(case.text, load=modules).target.kernels for k in IN_CI)
    return sweep or case.kind != EJECTED or not both or kernel == dict(enumerate(IN_CI)).get(sum(case.name.encode()) % 4)


@pytest.mark.guest
def test_kernels_refuse_the_written_rejects_as_recorded(guest, kernel: str, backend: Backend, pytestconfig: pytest.Config) -> None:
    changed = {}
    for case in written():
        if case.kind in (VERIFIER, EJECTED) and case.kind == kind_on(case, kernel) and asks(case, kernel) and turn(case, kernel, pytestconfig.getoption("--sweep")):
            data = compiled(case, backend)
            before = RECORDED[case.name]["kernels"].get(kernel)
            if isinstance(data, bytes) and before is not None:
                said = asked(case, data, guest)
                if said.partition(":")[0] != before.partition(":")[0]:
                    changed[case.name] = (before, said)
    assert not changed


@pytest.mark.guest
@pytest.mark.parametrize("count", [30, pytest.param(2000, marks=pytest.mark.sweep)])
def test_generated_policies_that_check_accepts_are_accepted(guest, kernel: str, backend: Backend, count: int) -> None:
    """Those that are for this kernel; a few of all break a rule that the generator does not know."""
    wrong, asked_about, accepted = {}, 0, 0
    for case in generated(count):
        if not asks(case, kernel):
            continue
        asked_about += 1
        if not codes(case.text):
            accepted += 1
            data = compiled(case, backend)
            said = data if isinstance(data, str) else asked(case, data, guest)
            if said != ACCEPTED:
                wrong[case.name] = said
    assert not wrong and accepted > asked_about * 0.9 and asked_about > count / 2


def test_a_rule_that_is_left_out_is_left_out_only_inside() -> None:
    text = "scheduler s\ndsq q\non tick(p) { q.move_to_local() }\n"
    assert codes(text) == ["E0407"]
    with without("contexts"):
        assert codes(text) == []
    with without(*(set(RULES) - {"contexts"})):
        assert codes(text) == ["E0407"]
    assert codes(text) == ["E0407"]
