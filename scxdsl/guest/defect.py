# SPDX-License-Identifier: GPL-2.0-only
"""Builds whose BTF hides kernel functions, found from the BTF alone and said before anything is loaded.

Debian's 7.1 and most of its 7.2 are such builds. Which functions are hidden is worked out in kernel/extract.py.
"""

from ..kernel.btf import Btf, BtfError
from ..kernel.btf_types import Struct
from ..kernel.extract import hidden_kfuncs
from .errors import KernelHidesFunctions


def hidden_functions(btf: bytes) -> tuple[str, ...]:
    """Kernel functions of which this build refuses every call; empty for a sound one. BtfError for what is no BTF."""
    return hidden_kfuncs(Btf.parse(btf))


def has_sched_ext(btf: bytes) -> bool:
    """Whether the kernel was built with sched_ext."""
    return Btf.parse(btf).by_name("sched_ext_ops", Struct) is not None


def refuse_if_hidden(kernel: str, hidden: tuple[str, ...], called: set[str] | None = None) -> None:
    """Raises KernelHidesFunctions when an object that calls `called` (None: unknown) can't load on such a kernel."""
    hit = tuple(name for name in hidden if called is None or name in called)
    if hit:
        raise KernelHidesFunctions(kernel, hit)


__all__ = ["BtfError", "has_sched_ext", "hidden_functions", "refuse_if_hidden"]
