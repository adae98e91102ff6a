# SPDX-License-Identifier: GPL-2.0-only
"""One compiler for all tests of this folder."""

from collections.abc import Iterator

import pytest

from scxdsl.compiler import check, lower
from scxdsl.fuzz.maker import Maker


@pytest.fixture(scope="session")
def maker() -> Iterator[Maker]:
    with Maker(check, lower) as made:
        yield made
