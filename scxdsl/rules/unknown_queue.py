# SPDX-License-Identifier: GPL-2.0-only
"""A queue by a number that nobody created.

Source: kernel/sched/ext.c, find_dsq_for_dispatch: "non-existent DSQ"; scx_bpf_consume (from 6.16 scx_bpf_dsq_move_to_local): "invalid DSQ ID".
Both end the scheduler. A policy that makes queues itself, by the kernel's own function, may know of other numbers.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing.types import DsqType

from .bodies import nodes

# The kernel's own queues have this bit (include/linux/sched/ext.h, SCX_DSQ_FLAG_BUILTIN).
_BUILTIN = 1 << 63


@dataclass(frozen=True)
class UnknownQueue(Diagnostic):
    """A queue exists when it was declared; its number is the compiler's business. A number that was written out names none,
    and an insert there ends the scheduler ("non-existent DSQ"), as a move does ("invalid DSQ ID")."""

    code = "E0507"
    title = "no queue has the number {number}: the kernel ends the scheduler"
    label = "no declared queue"
    help = "declare it, `dsq name`, and use its name"
    bad = "scheduler s\non enqueue(p, flags) { dsq(12345).insert(p) }\n"
    good = "scheduler s\ndsq late\non enqueue(p, flags) { late.insert(p) }\n"
    number: int


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    found, creates = [], False
    for node in nodes(policy):
        match node:
            case typed.Convert(type=DsqType(), value=typed.Literal(value=number)) if not number & _BUILTIN:
                found.append(UnknownQueue(node.span, number))
            case typed.KernelCall(operation=operation) if operation.name == "scx_bpf_create_dsq":
                creates = True
    for item in found if not creates else ():
        diagnostics.add(item)
