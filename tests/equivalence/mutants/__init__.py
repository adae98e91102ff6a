# SPDX-License-Identifier: GPL-2.0-only
"""Wrong compilations by name: importing this package collects them all."""

from . import branches, codegen, data, kernel, numbers, places  # noqa: F401  (they register themselves)
from .registry import MUTANTS

__all__ = ["MUTANTS"]
