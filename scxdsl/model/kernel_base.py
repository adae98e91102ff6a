# SPDX-License-Identifier: GPL-2.0-only
"""What all functions share that programs may call: their trace, and from where they may be called (kernel/sched/ext.c, scx_kf_allowed)."""

from typing import Any

from . import findings
from .state import CPU_RELEASE, State


class KernelBase:
    def __init__(self, model: State) -> None:
        self.m = model

    # ---- traced are effects, and questions whose answers change while a callback runs

    def traced(self, name: str, *what: Any) -> None:
        trace = self.m.trace
        if trace is not None:
            trace.append(("kernel", name, *what))

    def allowed(self, mask: int) -> bool:
        """scx_kf_allowed: up to 7.0 the kernel looks when the function is called; from 7.1 the verifier has."""
        m = self.m
        if m.version >= (7, 1):
            return True
        if not m.allowed & mask:
            m.eject(findings.WrongContext(mask, m.allowed))
            return False
        if mask.bit_length() == 2 and m.allowed & ~3:
            m.eject(findings.NestedDispatch())
            return False
        if mask == CPU_RELEASE and m.allowed & ~1:
            m.eject(findings.NestedRelease())
            return False
        return True
