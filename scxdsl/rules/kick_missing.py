# SPDX-License-Identifier: GPL-2.0-only
"""A task that waits in another CPU's own queue waits until that CPU looks there, and an idle CPU does not.

Source: kernel/sched/ext.c, dispatch_enqueue (7.3: scx_dispatch_enqueue): only an insert into a local queue wakes the CPU it belongs to; a CPU
looks into a queue of the policy when its `dispatch` is called. Nothing refuses it: after the timeout the kernel ends the scheduler
("failed to run for"), or somebody else happens to wake the CPU before.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help, Severity
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing.walk import Node, walk_all


@dataclass(frozen=True)
class NoKick(Diagnostic):
    """An insert into the queue of another CPU does not wake that CPU: where it idles, the task waits until something else wakes it. A kick
    is cheap, and `.idle` disturbs nobody who is busy."""

    code = "W0504"
    severity = Severity.WARNING
    title = "nothing wakes `{cpu}` for what is inserted into its queue"
    label = "the queue of another CPU"
    bad = (
        "scheduler s\nper cpu { dsq q }\non enqueue(p, flags) {\n    let c = idle_cpu(p.cpus_allowed) ?? p.cpu\n    c.q.insert(p)\n}\n"
        "on dispatch(cpu, prev) { cpu.q.move_to_local() }\n"
    )
    good = (
        "scheduler s\nper cpu { dsq q }\non enqueue(p, flags) {\n    let c = idle_cpu(p.cpus_allowed) ?? p.cpu\n    c.q.insert(p)\n    c.kick(.idle)\n}\n"
        "on dispatch(cpu, prev) { cpu.q.move_to_local() }\n"
    )
    cpu: str

    def helps(self) -> Iterator[Help]:
        kick = f"{self.cpu}.kick(.idle)"
        yield Help(f"add `{kick}` after the insert", (Edit(self.span, f"{self.span.text}; {kick}"),))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for callback in policy.callbacks:
        if callback.name != "enqueue":
            continue  # after select_cpu the kernel wakes the CPU that was chosen; dispatch has its own
        nodes = list(walk_all(callback.body))
        if any(isinstance(n, typed.KernelCall) and n.operation.key == "cpu.kick" for n in nodes):
            continue
        chosen = {n.variable for n in nodes if isinstance(n, typed.Let | typed.LetElse | typed.Opens) and _elsewhere(n.value)}
        for node in nodes:
            match node:
                case typed.KernelCall(operation=operation, receiver=typed.MemberDsq(dsq=dsq, base=base)) if operation.key == "dsq.insert":
                    name = _named(base, chosen)
                    if dsq.owner == "cpu" and name is not None:
                        diagnostics.add(NoKick(node.span, name))


def _named(base: typed.Expr, chosen: set[typed.Variable | None]) -> str | None:
    """The CPU's name where it was chosen among idle ones."""
    match base:
        case typed.Read(place=typed.LocalPlace(variable=variable)) if variable in chosen:
            return variable.name
    return None


def _elsewhere(value: Node | None) -> bool:
    """Whether a value is, or may be, an idle CPU that was found: not this one."""
    match value:
        case typed.IdleCpu():
            return True
        case typed.Coalesce(left=left):
            return _elsewhere(left)
        case typed.Some(value=inner) | typed.Convert(value=inner):
            return _elsewhere(inner)
    return False
