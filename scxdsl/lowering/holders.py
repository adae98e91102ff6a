# SPDX-License-Identifier: GPL-2.0-only
"""Which local holds what a name of the policy owns: `keep` moves it out of there."""

from scxdsl.typing import typed

from .context import FunctionContext


def note(f: FunctionContext, variable: typed.Variable, value: typed.Expr | None) -> None:
    """A name was given to a value that has just been evaluated."""
    if value is None:
        return
    other = typed.named(value)
    if typed.acquired(value) is not None and f.holder is not None:
        f.holders[variable] = f.holder
    elif other is not None and other in f.holders:
        f.holders[variable] = f.holders[other]
