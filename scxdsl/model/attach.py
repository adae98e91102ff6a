# SPDX-License-Identifier: GPL-2.0-only
"""A loader attaches a policy to a modelled kernel, and lets it go."""

from collections.abc import Callable

from . import findings
from .arguments import ExitInfo
from .kernel import KernelOps
from .lifetime import enable
from .model import Model
from .program import Program


def attach(m: Model, make: Callable[[KernelOps], Program], *, dump: bool = False) -> bool:
    """Enables a scheduler with all tasks there are. False where it ended at once; `m.exit` says why. `dump`: an error
    calls the dump callbacks, as the kernel does for the debug dump."""
    return enable(m, make(m.ops), dump)


def detach(m: Model) -> None:
    """The loader goes away: the scheduler ends in order."""
    if m.exit is None and not m.done:
        m.exit = ExitInfo(m.k.exit_unreg, 0, findings.REASONS["unreg"])
        m.later(m.disable)
    m.settle()
