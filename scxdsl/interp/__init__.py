# SPDX-License-Identifier: GPL-2.0-only
"""What a policy means: the typed tree, run on the model of the kernel. The second opinion to the compiler, with which it
shares no code."""

from .engine import Interpreter

__all__ = ["Interpreter"]
