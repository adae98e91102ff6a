# SPDX-License-Identifier: GPL-2.0-only
"""Every code of the catalogue: a policy that raises it, one that does not, and words that explain it."""

import pytest

from scxdsl.cli.catalogue import catalogue
from scxdsl.compiler import check
from scxdsl.source.diagnostic import Severity
from scxdsl.source.library import standard
from scxdsl.source.render_text import render
from scxdsl.source.text import Source

CATALOGUE = catalogue()

# Raised by what no text alone brings about: LLVM's faults, kernels, files.
WITHOUT_TEXT = {code for code, kind in CATALOGUE.items() if not kind.bad}


@pytest.mark.parametrize("code", sorted(set(CATALOGUE) - WITHOUT_TEXT))
def test_the_bad_example_raises_the_code_and_the_good_one_no_error(code: str) -> None:
    kind = CATALOGUE[code]
    files = getattr(kind, "files", {})

    def load(name: str) -> Source | None:
        return Source(name, files[name]) if name in files else standard(name)

    said = check(kind.bad, "bad.scx", load=load).diagnostics
    found = [d.code for d in said]
    assert code in found, found
    assert render(said)  # templates with stray braces would fail only here
    good = [d for d in check(kind.good, "good.scx", load=load).diagnostics if d.severity is Severity.ERROR or d.code == code]
    assert not good, [d.message for d in good]


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_is_explained(code: str) -> None:
    explanation = CATALOGUE[code].__doc__ or ""
    assert len(explanation.split()) >= 8 and not explanation.startswith(CATALOGUE[code].__name__ + "(")


def test_only_faults_of_the_surroundings_have_no_example() -> None:
    assert sorted(WITHOUT_TEXT) == ["E0901", "E0902", "E0904", "E0905", "E0906", "E0911", "E0912", "E0913", "E0920", "E0921", "W0401", "W0402"]
