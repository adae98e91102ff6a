# SPDX-License-Identifier: GPL-2.0-only
"""Lets these tests make objects as tests/objects does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "objects"))
