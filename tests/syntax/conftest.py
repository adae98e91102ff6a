# SPDX-License-Identifier: GPL-2.0-only
"""Lets the tests of this folder import the generators beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
