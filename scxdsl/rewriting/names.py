# SPDX-License-Identifier: GPL-2.0-only
"""What an author calls a variable of the IR."""

from scxdsl.ir.ops import Local


def author_name(local: Local) -> str:
    """The name without the number that lowering adds."""
    return local.name.partition(".")[0]
