# SPDX-License-Identifier: GPL-2.0-only
"""docs/language/*.md is the test: every fenced ```scx block compiles to an object, every ```scx error=CODE block is refused
with that code. A block without a `scheduler` line of its own gets `scheduler doc` before it, on a line of its own."""

import re
from pathlib import Path

import pytest

from scxdsl.codegen.backend import Backend
from scxdsl.codegen.pipeline import build as emit
from scxdsl.compiler import check, lower
from scxdsl.source.diagnostic import Severity

FOLDER = Path(__file__).parents[2] / "docs" / "language"
_BLOCK = re.compile(r"^```scx *(?:error=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks() -> list:
    out = []
    for path in sorted(FOLDER.glob("*.md")):
        text = path.read_text()
        for found in _BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            out.append(pytest.param(found[2], found[1], id=f"{path.stem}:{line}"))
    return out


def whole(block: str) -> str:
    """The block as a policy."""
    return block if re.search(r"^scheduler\b", block, re.MULTILINE) else "scheduler doc\n" + block


@pytest.fixture(scope="module")
def backend():
    with Backend() as running:
        yield running


@pytest.mark.parametrize(("block", "code"), _blocks())
def test_a_block_compiles_or_is_refused_as_it_says(block: str, code: str | None, backend) -> None:
    checked = check(whole(block), "doc.scx")
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    if code is not None:
        assert code in [d.code for d in errors], [(d.code, d.message) for d in errors]
        return
    assert not errors, [(d.code, d.message, d.span.text) for d in errors]
    made = emit(lower(checked), backend)
    assert getattr(made, "object", None), made


def test_there_are_blocks_of_both_kinds() -> None:
    codes = [p.values[1] for p in _blocks()]
    assert codes.count(None) > 5 and len(set(codes)) > 5
