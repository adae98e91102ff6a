# SPDX-License-Identifier: GPL-2.0-only
"""select_cpu and enqueue ask the kernel to choose a CPU for their own task alone.

Source: kernel/sched/ext_idle.c, select_cpu_from_kfunc: "select_cpu kfunc called cross-task on %s[%d]"; kernel/sched/ext.c, scx_kf_arg_task_ok:
"called on a task not being operated on". Both end the scheduler, from 7.1 on. Data: condition own_task of the functions.
"""

from scxdsl.kernel.forms import families
from scxdsl.kernel.target import Target
from scxdsl.kernel.versions import Kernels
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Label
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing.types import TaskType
from scxdsl.typing.walk import Node, walk

from .own_task import Known, is_own


@dataclass(frozen=True)
class ChoosesForAnother(Diagnostic):
    """In select_cpu and enqueue the kernel has locked what belongs to the one task that they are about, and chooses a CPU for that task only."""

    code = "E0518"
    title = "`{callback}` can only choose a CPU for its own task: {kernels} end the scheduler"
    label = "another task"
    help = "choose an idle CPU of the other task's with `idle_cpu(t.cpus_allowed)`"
    bad = "scheduler s\non select_cpu(p, prev, w) {\n    if let t = ours(p.real_parent) { let (c, i) = select_cpu_dfl(t, prev, w)\n        return c }\n    prev\n}\n"
    good = "scheduler s\non select_cpu(p, prev, w) {\n    let (c, i) = select_cpu_dfl(p, prev, w)\n    c\n}\n"
    callback: str
    kernels: str
    path: tuple[Label, ...] = ()

    def labels(self):
        yield from self.path


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for callback in policy.callbacks:
        own = frozenset(v for v in callback.params if isinstance(v.type, TaskType))
        _Walk(callback.name, target, diagnostics).enter(callback.body, own, ())


class _Walk:
    """A function is entered once for each set of parameters that are the callback's task."""

    def __init__(self, callback: str, target: Target, diagnostics: Diagnostics) -> None:
        self._callback, self._target, self._diagnostics = callback, target, diagnostics
        self._entered: set[tuple[typed.Function, Known]] = set()

    def enter(self, body: Node, own: Known, path: tuple[Label, ...]) -> None:
        for node in walk(body):
            match node:
                case typed.Let(variable=variable, value=value) if not variable.mutable and is_own(value, own):
                    own = own | {variable}
                case typed.KernelCall(operation=operation, arguments=[task, *_]) if operation.name in ("select_cpu_dfl", "select_cpu_and"):
                    where = self._where(operation.families)
                    if where and task is not None and not is_own(task, own):
                        self._diagnostics.add(ChoosesForAnother(task.span, self._callback, str(where), path))
                case typed.CallFunction(function=function, arguments=arguments) if function.body is not None:
                    given = frozenset(p for p, a in zip(function.params, arguments, strict=True) if is_own(a, own))
                    if (function, given) not in self._entered:
                        self._entered.add((function, given))
                        label = Label(node.span, f"through `{function.name}`, called here")
                        self.enter(function.body, given, (*path, label))

    def _where(self, names: tuple[str, ...]) -> Kernels:
        """The declared kernels that check it in this callback."""
        facts = self._target.facts
        where = facts.all - facts.all
        for kfunc in {k for name in names for k in families()[name].names}:
            for condition in facts.conditions(kfunc):
                if condition.rule == "own_task" and self._callback in condition.contexts:
                    where = where | condition.kernels
        return where & self._target.kernels
