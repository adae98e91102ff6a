# SPDX-License-Identifier: GPL-2.0-only
"""Builds whose BTF hides kernel functions: said before anything is loaded, from the BTF alone.

Debian's 7.1 and most of its 7.2 are such builds. Which functions are hidden is worked out when a kernel enters the cache, by
`hidden_kfuncs` of kernel/extract.py.
"""

from .errors import KernelHidesFunctions


def refuse_if_hidden(kernel: str, hidden: tuple[str, ...], called: set[str] | None = None) -> None:
    """Raises KernelHidesFunctions when an object that calls `called` (None: unknown) can't load on such a kernel."""
    hit = tuple(name for name in hidden if called is None or name in called)
    if hit:
        raise KernelHidesFunctions(kernel, hit)

