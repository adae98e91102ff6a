# SPDX-License-Identifier: GPL-2.0-only
"""What once told the engines apart stays mended: each file is a finding as `scxdsl fuzz --save` writes it, made smaller by hand."""

from pathlib import Path

import pytest

from scxdsl.fuzz.findings import Found, again
from scxdsl.fuzz.maker import Maker

FILES = sorted((Path(__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_nothing_is_seen_any_more(maker: Maker, path: Path) -> None:
    found = Found.from_json(path.read_text(encoding="utf-8"))
    seen = again(maker, found)
    assert seen is None, f"{seen.kind}: {seen.text}"


def test_a_finding_survives_its_file() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert Found.from_json(text).to_json() == text
