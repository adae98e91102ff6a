# SPDX-License-Identifier: GPL-2.0-only
"""Work as a number that no other process can change: the calls that a function makes. What takes seconds is told by benchmarks."""

import sys
from collections.abc import Callable
from typing import Any


def calls(function: Callable[[], Any], python_only: bool = False) -> int:
    """How many functions `function` calls, in itself and below; also those of C, which do much of a parser's work."""
    kinds = ("call",) if python_only else ("call", "c_call")
    count = 0

    def see(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in kinds

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count
