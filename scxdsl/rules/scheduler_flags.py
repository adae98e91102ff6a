# SPDX-License-Identifier: GPL-2.0-only
"""Flags of the scheduler that ask for something else in the policy.

Source: kernel/sched/ext.c, validate_ops (7.3: scx_validate_ops): "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented",
"SCX_OPS_BUILTIN_IDLE_PER_NODE requires CPU idle selection enabled" (from 6.16). Both keep the scheduler from being attached.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed


@dataclass(frozen=True)
class NothingEnqueued(Diagnostic):
    """With `.enq_last` the kernel asks `enqueue` even for the last runnable task of a CPU, so it wants to see an `enqueue`."""

    code = "E0508"
    title = "`.enq_last` needs `on enqueue`: the kernel does not attach the scheduler"
    label = "asks for enqueue"
    help = "write `on enqueue(p, flags)`, or leave the flag out"
    bad = "scheduler s { flags: .enq_last }\n"
    good = "scheduler s { flags: .enq_last }\non enqueue(p, flags) { LOCAL.insert(p) }\n"


@dataclass(frozen=True)
class IdlePerNode(Diagnostic):
    """A policy with `on update_idle` ends the kernel's own account of idle CPUs, and `.builtin_idle_per_node` says how that account
    is kept: without `.keep_builtin_idle` there is none to keep (from 6.16 on, where the flag came)."""

    code = "E0509"
    title = "`.builtin_idle_per_node` with `on update_idle` needs `.keep_builtin_idle`: the kernel does not attach the scheduler"
    label = "how an account is kept that there is none of"
    bad = "scheduler s {\n    kernels: 6.16..\n    flags: .builtin_idle_per_node\n}\nstat a\non update_idle(cpu, idle) { a += 1 }\n"
    good = (
        "scheduler s {\n    kernels: 6.16..\n    flags: .builtin_idle_per_node, .keep_builtin_idle\n}\n"
        "stat a\non update_idle(cpu, idle) { a += 1 }\n"
    )
    callback: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.callback, "because of this")

    def helps(self) -> Iterator[Help]:
        yield Help("add `.keep_builtin_idle` to the flags", (Edit(self.span, f"{self.span.text}, .keep_builtin_idle"),))


def flag(policy: typed.Policy, name: str) -> typed.OpsFlag | None:
    """A flag that is always set."""
    return next((f for f in policy.flags if f.constant == name and f.condition is None), None)


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    last = flag(policy, "SCX_OPS_ENQ_LAST")
    if last is not None and policy.callback("enqueue") is None:
        diagnostics.add(NothingEnqueued(last.span))
    per_node, update = flag(policy, "SCX_OPS_BUILTIN_IDLE_PER_NODE"), policy.callback("update_idle")
    if per_node is not None and update is not None and flag(policy, "SCX_OPS_KEEP_BUILTIN_IDLE") is None:
        diagnostics.add(IdlePerNode(per_node.span, update.name_span))
