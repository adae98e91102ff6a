# SPDX-License-Identifier: GPL-2.0-only
"""What kernels said of the corpus leads back to the code that check refuses it with."""

import json
from pathlib import Path

import pytest

from scxdsl.cli.catalogue import catalogue
from scxdsl.rules.kernel_words import _table, codes_of

RECORD = json.loads((Path(__file__).parents[1] / "verdicts" / "verdicts.json").read_text())
SAID = {
    (row["code"], said)
    for name, row in RECORD.items()
    if name.startswith("reject/")
    for said in row["kernels"].values()
    if said.startswith(("refused", "ejected"))
}


@pytest.mark.parametrize(("code", "said"), sorted(SAID))
def test_a_recorded_refusal_leads_to_its_code(code: str, said: str) -> None:
    assert code in codes_of(said)


def test_codes_are_known_and_words_of_their_own() -> None:
    known = catalogue()
    assert [code for _, codes in _table() for code in codes if code not in known] == []
    assert codes_of("nothing of the kind") == ()
