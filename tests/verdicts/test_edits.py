# SPDX-License-Identifier: GPL-2.0-only
"""An edit that a diagnostic offers mends the policy: with it and nothing else check accepts, and kernels load it."""

from collections.abc import Iterator

import pytest
from asking import ACCEPTED, asked, compiled
from corpus import Case, corpus
from record import asks

from scxdsl.codegen.backend import Backend
from scxdsl.compiler import check
from scxdsl.source.diagnostic import Severity
from scxdsl.source.render_json import diagnostic_json


def errors(text: str) -> list:
    return [d for d in check(text, "policy.scx").diagnostics if d.severity is Severity.ERROR]


def mended(text: str) -> Iterator[tuple[str, str, str]]:
    """Code, words and the text after it, for each help with edits: as a program does it that reads the JSON."""
    for item in (diagnostic_json(d) for d in check(text, "policy.scx").diagnostics):
        for hint in item["help"]:
            if hint["edits"]:
                yield item["code"], hint["text"], applied(text, hint["edits"])


def applied(text: str, edits: list[dict]) -> str:
    starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]

    def at(position: dict) -> int:
        return starts[position["line"] - 1] + position["column"] - 1

    for edit in sorted(edits, key=lambda e: at(e["span"]["start"]), reverse=True):
        text = text[: at(edit["span"]["start"])] + edit["text"] + text[at(edit["span"]["end"]) :]
    return text


# W0202 and the like have examples too, which the corpus leaves to tests of their own.
MENDED = [(case, code, words, text) for case in corpus() if case.code for code, words, text in mended(case.text)]


@pytest.mark.parametrize(("case", "code", "words", "text"), MENDED, ids=lambda value: value.name if isinstance(value, Case) else None)
def test_the_edit_alone_mends_the_policy(case: Case, code: str, words: str, text: str) -> None:
    left = errors(text)
    assert [(d.code, d.message) for d in left] == []


def test_many_codes_offer_an_edit() -> None:
    assert len({code for _, code, _, _ in MENDED}) >= 30


def test_every_help_of_the_corpus_can_be_said() -> None:
    for case in corpus():
        for item in check(case.text, "policy.scx").diagnostics:
            assert all(hint.text for hint in item.helps())


@pytest.mark.guest
@pytest.mark.parametrize("kernel", ["7.3"])
def test_kernels_load_what_was_mended(guest, kernel: str) -> None:
    wrong = {}
    with Backend() as backend:
        for case, code, _, text in MENDED:
            now = Case(f"{case.name} {code}", text)
            if not errors(text) and asks(now, kernel):
                data = compiled(now, backend)
                said = data if isinstance(data, str) else asked(now, data, guest)
                if said != ACCEPTED:
                    wrong[now.name] = said
    assert not wrong
