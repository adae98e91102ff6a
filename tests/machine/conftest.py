# SPDX-License-Identifier: GPL-2.0-only
"""Lets these tests make objects as tests/objects does, and types as tests/kernel does."""

import sys
from pathlib import Path

for folder in ("objects", "kernel"):
    sys.path.insert(0, str(Path(__file__).parent.parent / folder))
