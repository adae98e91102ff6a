# SPDX-License-Identifier: GPL-2.0-only
"""A slice of 0 is warned of.

Source: kernel/sched/ext.c, scx_dsq_insert_commit (6.12: scx_dispatch_commit): a slice of 0 keeps what is left of the old one, at least
1 ns. No kernel refuses it.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help, Severity
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .bodies import nodes


@dataclass(frozen=True)
class SliceOfZero(Diagnostic):
    """A slice of 0 is none: the task keeps what was left of its last slice, and at least a nanosecond. Who wants the task to give way
    at once writes a small slice; who wants the kernel's own leaves the slice out."""

    code = "W0501"
    severity = Severity.WARNING
    title = "a slice of 0 leaves the task what is left of its last one"
    label = "not a slice"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, 0) }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, 1ms) }\n"

    def helps(self) -> Iterator[Help]:
        yield Help("leave it out for the kernel's default, or write a short one, such as 1us", (Edit(self.span, "SLICE"),))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for node in nodes(policy):
        match node:
            case typed.KernelCall(operation=operation, arguments=[_, slice, *_]) if operation.key == "dsq.insert":
                if isinstance(slice, typed.Literal) and slice.value == 0:
                    diagnostics.add(SliceOfZero(slice.span))
