# SPDX-License-Identifier: GPL-2.0-only
"""The bytecode machine on the modelled kernel: a thin adapter. What a kernel function does is in scxdsl/model/kernel*.py."""

from .program import Bytecode

__all__ = ["Bytecode"]
