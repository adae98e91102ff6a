# SPDX-License-Identifier: GPL-2.0-only
"""The table of kernel functions that belong to BPF itself, not to sched_ext: the machine has them on every kernel that does."""

from collections.abc import Callable
from typing import Any

TABLE: dict[str, Callable[..., Any]] = {}
"""By name without `_impl`; each takes the machine, then the arguments as KernelCalls.kfunc describes."""


def kfunc(call: Callable[..., Any]) -> Callable[..., Any]:
    """Registers the function under its own name."""
    TABLE[call.__name__] = call
    return call
