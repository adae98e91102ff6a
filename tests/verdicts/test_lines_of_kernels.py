# SPDX-License-Identifier: GPL-2.0-only
"""What kernels said of the refused policies leads back to a line of the policy and to the code that check refuses it with, in both styles of the
verifier's log (6.18, 7.3): as recorded, for `guest verify` shows nothing else."""

from collections.abc import Iterator

import pytest
from asking import REFUSED, fitted, lines
from corpus import Case, corpus
from record import load

from scxdsl.cli import blame
from scxdsl.codegen.backend import Backend
from scxdsl.compiler import check
from scxdsl.fuzz.maker import load as modules
from scxdsl.rules import RULES, without
from scxdsl.rules.kernel_words import codes_of
from scxdsl.typing.left_out import IN_TYPES

KERNELS = ("6.18", "7.3")
RECORDED = load()
ROWS = [
    (case, kernel, said)
    for case in corpus()
    if case.code and case.name.startswith("reject/")
    for kernel, said in RECORDED.get(case.name, {}).get("kernels", {}).items()
    if kernel in KERNELS and said.startswith(REFUSED)
]
# Where the kernel's line is another one than check's, and is meant to be.
ELSEWHERE = {
    "reject/reference_leaves_block": "the kernel sees the use, check the block that gives back before it",
    "reject/reference_leaves_function": "the same",
    "reject/reference_of_ours_leaves": "the same",
    "reject/none_prev_in_function": "the kernel sees the use in the function, check the call that gives what may be none",
    "reject/counters_too_many": "all counters are one map, which begins with the first",
    "reject/histograms_too_many": "the same of histograms",
    "reject/locks_too_many": "the whole program is at fault: the kernel's line is that of its first instruction",
    "reject/timers_too_many": "the same of a derived init, which begins where the scheduler does",
}


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as running:
        yield running


def shown(case: Case, kernel: str, said: str, backend: Backend) -> int | None:
    """The line that guest verify shows."""
    if not blame.speaks_of_a_declaration(said):
        return RECORDED[case.name]["lines"].get(kernel)
    made = fitted(case, backend)
    with without(*RULES, *IN_TYPES):
        span = blame.refused(made.module, check(case.text, "policy.scx", load=modules).policy, said)
    return span.line if span is not None else RECORDED[case.name]["lines"].get(kernel)


@pytest.mark.parametrize(("case", "kernel", "said"), ROWS, ids=[f"{case.name}-{kernel}" for case, kernel, _ in ROWS])
def test_a_refusal_leads_to_the_line_at_fault_and_to_its_code(case: Case, kernel: str, said: str, backend: Backend) -> None:
    assert case.code in codes_of(said)
    line = shown(case, kernel, said, backend)
    assert line is not None
    assert line in lines(case.text) or case.name in ELSEWHERE


def test_refusals_of_made_policies_lead_to_the_operation() -> None:
    rows = [(case, row) for case in corpus() if case.code and case.name.startswith("places/") and (row := RECORDED.get(case.name))]
    refused = [(case, row) for case, row in rows if row["kernels"].get("7.3", "").startswith(REFUSED)]
    assert [case.name for case, row in refused if row["lines"].get("7.3") not in lines(case.text)] == []
    assert [case.name for case, row in refused if case.code not in codes_of(row["kernels"]["7.3"])] == []
    assert len(refused) > 150
