# SPDX-License-Identifier: GPL-2.0-only
"""Which kfuncs a callback may call, kernel by kernel.

Three checks, as the kernel makes them:
- the kfunc is registered for the type of program (kernel/bpf/verifier.c: fetch_kfunc_meta, at load);
- a sleepable kfunc needs a sleepable program (kernel/bpf/verifier.c: check_kfunc_call, at load);
- a kfunc of sched_ext belongs to the callbacks it is for: up to 7.0 the kfunc looks at the running callback and ends the scheduler
  (kernel/sched/ext.c: scx_kf_allowed), from 7.1 the verifier refuses the program (kernel/sched/ext.c: scx_kfunc_context_filter).
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from scxdsl.source.records import dataclass

from .versions import Kernels

if TYPE_CHECKING:
    from .facts import Facts


class Why(StrEnum):
    """Why a call is refused."""

    MISSING = "missing"  # the kernel has no such function
    NO_CALLBACK = "no_callback"  # the kernel has no such callback
    PROGRAM = "program"  # not registered for this type of program
    SLEEP = "sleep"  # needs a program that may sleep
    CALLBACK = "callback"  # not from this callback
    UNKNOWN = "unknown"  # in the kernel's BTF, but its source was not read for this function


@dataclass(frozen=True)
class Permission:
    """The answer for one kfunc and one callback: `allowed` and, by reason, the kernels that refuse; `at_load` of these refuse when the
    object is loaded (their verifier), the others end the running scheduler."""

    kfunc: str
    context: str
    allowed: Kernels
    faults: tuple[tuple[Why, Kernels], ...]
    at_load: Kernels

    def __bool__(self) -> bool:
        """True when every kernel that was asked about allows the call."""
        return not self.faults

    @property
    def refused(self) -> Kernels:
        mask = 0
        for _, kernels in self.faults:
            mask |= kernels.mask
        return Kernels(self.allowed.names, mask)

    def fault(self, why: Why) -> Kernels:
        return next((kernels for w, kernels in self.faults if w is why), Kernels(self.allowed.names, 0))

    @property
    def oldest(self) -> str | None:
        """The oldest kernel at fault."""
        return self.refused.oldest

    @property
    def newest(self) -> str | None:
        """The newest kernel at fault."""
        return self.refused.newest

    @property
    def at_run(self) -> Kernels:
        """The kernels that accept the object and end the scheduler at the call."""
        return self.fault(Why.CALLBACK) - self.at_load


PROGRAMS = {"syscall": "syscall", "tracing": "tracing"}  # contexts that are no callbacks, and their type of program


def permission(facts: "Facts", kfunc: str, context: str, kernels: Kernels, sleepable: bool | None) -> Permission:
    """Whether `context` (a callback; `timer`: code of a timer that init armed; `syscall`; `tracing`) may call `kfunc`.

    `sleepable` says whether the program is; by default it is wherever the context may be. Unknown callbacks and kfuncs are refused.
    """
    function, op, groups = facts.kfunc(kfunc), facts.op(context), facts.contexts(context)
    faults: dict[Why, int] = {}

    def fault(why: Why, where: Kernels) -> Kernels:
        if where:
            faults[why] = faults.get(why, 0) | where.mask
        return left - where

    left = kernels
    if op is None and context not in ("timer", *PROGRAMS):
        left = fault(Why.NO_CALLBACK, left)
    elif op is not None:
        left = fault(Why.NO_CALLBACK, left - op.where)
    if function is None:
        left = fault(Why.MISSING, left)
    else:
        left = fault(Why.MISSING, left - function.where)
        left = fault(Why.UNKNOWN, left - function.programs.where)
        program = PROGRAMS.get(context, "ops")
        left = fault(Why.PROGRAM, left & function.programs.where_is(lambda types: program not in types))
        may_sleep = op.may_sleep if op else left if context == "syscall" else left - left
        may_sleep = may_sleep if sleepable is None else may_sleep if sleepable else left - left
        left = fault(Why.SLEEP, (left & function.has("sleepable")) - may_sleep)
        wrong = [
            both
            for callers_on, callers in function.callers
            if "any" not in callers
            for groups_on, open_to in groups or ()
            if (both := callers_on & groups_on & left) and not callers & open_to
        ]
        for where in wrong:
            left = fault(Why.CALLBACK, where)
    rows = tuple((why, Kernels(kernels.names, mask)) for why, mask in faults.items())
    late = facts.at_load | Kernels(kernels.names, faults.get(Why.PROGRAM, 0) | faults.get(Why.SLEEP, 0) | faults.get(Why.MISSING, 0)
                                   | faults.get(Why.UNKNOWN, 0) | faults.get(Why.NO_CALLBACK, 0))  # fmt: skip
    refused = Kernels(kernels.names, sum(faults.values()))
    return Permission(kfunc, context, left, rows, late & refused)
