# SPDX-License-Identifier: GPL-2.0-only
"""Room for passes that walk a tree by recursion."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .parser import MAX_HEIGHT

FRAMES = 12  # a pass may use so many Python frames for one node


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Within it a recursive walk reaches the bottom of any tree that `parse` gives: trees are at most MAX_HEIGHT nodes high,
    and Python stops at 1,000 frames unless told otherwise. Python's own frames live on the heap since 3.11."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, MAX_HEIGHT * FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
