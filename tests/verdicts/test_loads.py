# SPDX-License-Identifier: GPL-2.0-only
"""Generated policies make the compiler rewrite in every way that it has, and what kernels said of many of them is told as it is."""

import json
from collections import Counter
from pathlib import Path

import pytest
from corpus import SEED
from loads import FILE, table

from scxdsl.compiler import check, lower
from scxdsl.fuzz.generate import generate
from scxdsl.fuzz.maker import load
from scxdsl.lowering.owner_shape import stores
from scxdsl.objects.report import FRAME_LIMIT
from scxdsl.rewriting import scratch
from scxdsl.rewriting.noted import noted

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"


def rewritten(seed: int) -> set[str]:
    """The kinds of rewritings of a policy, without LLVM: frames are estimated."""
    checked = check(str(generate(seed)), load=load)
    if not checked.ok:
        return set()
    module = lower(checked)
    kinds = {r.kind for r in noted(module)}
    if any(stores(checked.policy)):
        kinds.add("owners")
    if any(f.title.startswith("fn ") for f in module.functions):
        kinds.add("subprogram")
    if max(scratch.estimates(module).values(), default=0) > FRAME_LIMIT:
        kinds.add("scratch")
    return kinds


@pytest.mark.parametrize("count", [25, pytest.param(2000, marks=pytest.mark.sweep)])
def test_each_rewriting_occurs_in_one_policy_of_twenty(count: int) -> None:
    found = Counter(kind for seed in range(SEED, SEED + count) for kind in rewritten(seed))
    for kind in ("effects", "forms", "owners", "scratch", "subprogram"):
        assert found[kind] >= count / 20, (kind, found)


def test_the_table_is_that_of_the_record_and_each_refused_policy_is_named() -> None:
    found, page = json.loads(FILE.read_text()), PAGE.read_text()
    assert table(found) in page, "python tests/verdicts/loads.py --write"
    for row in found["kernels"].values():
        for seed in (*row["refused"], *row["no answer"]):
            assert str(seed) in page
