# SPDX-License-Identifier: GPL-2.0-only
"""An edit that a diagnostic offers mends the policy: with it and nothing else check accepts, and kernels load it. What edits make of the refused
policies is a part of the corpus (`mended/`), so that kernels are asked about it as about the rest of what check accepts."""

import pytest
from corpus import corpus
from mending import Mending, mendings
from record import load

from scxdsl.compiler import check
from scxdsl.source.diagnostic import Severity

CASES = corpus()
MENDED = [(case.name, mending) for case in CASES if case.code for mending in mendings(case.text)]
NAMES = {case.text: case.name for case in CASES if not case.code}
RECORDED = load()


def errors(text: str) -> list:
    return [d for d in check(text, "policy.scx").diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize(("name", "mending"), MENDED, ids=[f"{name}-{mending.code}" for name, mending in MENDED])
def test_the_edit_alone_mends_the_policy(name: str, mending: Mending) -> None:
    assert [(d.code, d.message) for d in errors(mending.text)] == []


def test_many_codes_offer_an_edit() -> None:
    assert len({mending.code for _, mending in MENDED}) >= 50


def test_kernels_loaded_what_was_mended() -> None:
    """As recorded: each on every kernel that was asked, and none that no kernel was asked about."""
    said = {name: RECORDED.get(NAMES[mending.text], {}).get("kernels", {}) for name, mending in MENDED}
    assert {name: words for name, words in said.items() if set(words.values()) - {"accepted"}} == {}
    assert [name for name, words in said.items() if not words] == [], "python tests/verdicts/record.py --stale"


def test_every_help_of_the_corpus_can_be_said() -> None:
    for case in CASES:
        for item in check(case.text, "policy.scx").diagnostics:
            assert all(hint.text for hint in item.helps())
