# SPDX-License-Identifier: GPL-2.0-only
"""Who follows idle CPUs himself, with `on update_idle`, has the kernel's own account of them only if he asks for it.

Source: kernel/sched/ext_idle.c, check_builtin_idle_enabled: "built-in idle tracking is disabled" ejects the scheduler.
"""

from collections.abc import Iterator

from scxdsl.kernel.forms import families
from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed

from .uses import uses

_KEEP = "SCX_OPS_KEEP_BUILTIN_IDLE"


@dataclass(frozen=True)
class IdleNotKept(Diagnostic):
    """A policy with `on update_idle` is told of each CPU that becomes idle or busy, and the kernel then stops keeping its own
    account, unless the flag `.keep_builtin_idle` is set. Without it every question about idle CPUs ejects the scheduler."""

    code = "E0503"
    title = "the kernel keeps no account of idle CPUs for a policy with `update_idle`"
    label = "asks for that account"
    bad = "scheduler s\nstat a\non update_idle(cpu, idle) { a += 1 }\non select_cpu(p, prev, w) { idle_cpu(p.cpus_allowed) ?? prev }\n"
    good = (
        "scheduler s { flags: .keep_builtin_idle }\nstat a\non update_idle(cpu, idle) { a += 1 }\n"
        "on select_cpu(p, prev, w) { idle_cpu(p.cpus_allowed) ?? prev }\n"
    )
    callback: Span
    scheduler: Span  # the declaration
    flags: Span | None = None  # the last flag

    def labels(self) -> Iterator[Label]:
        yield Label(self.callback, "because of this")

    def helps(self) -> Iterator[Help]:
        if self.flags is not None:
            edit = Edit(self.flags, f"{self.flags.text}, .keep_builtin_idle")
        elif self.scheduler.text.endswith("}"):
            end = self.scheduler.end - 1
            edit = Edit(self.scheduler.source.span(end, end), "\n    flags: .keep_builtin_idle\n")
        else:
            edit = Edit(self.scheduler, f"{self.scheduler.text} {{ flags: .keep_builtin_idle }}")
        yield Help("add `flags: .keep_builtin_idle` to the scheduler block", (edit,))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    callback = policy.callback("update_idle")
    if callback is None or any(f.constant == _KEEP and f.condition is None for f in policy.flags):
        return
    for _, body in policy.programs():
        for use in uses(body, target.kernels, target.facts):
            if not use.constant and any(_asks(name, target) for name in families()[use.family].names):
                diagnostics.add(IdleNotKept(use.span, callback.name_span, policy.span, policy.flags[-1].span if policy.flags else None))


def _asks(kfunc: str, target: Target) -> bool:
    return any(c.rule == "builtin_idle" for c in target.facts.conditions(kfunc))
