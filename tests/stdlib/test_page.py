# SPDX-License-Identifier: GPL-2.0-only
"""The page of the standard library is what its command makes."""

from pathlib import Path

from scxdsl.syntax.make_library import page

PAGE = Path(__file__).parents[2] / "docs" / "language" / "stdlib.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "python -m scxdsl.syntax.make_library > docs/language/stdlib.md"
