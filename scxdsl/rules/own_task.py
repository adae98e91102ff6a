# SPDX-License-Identifier: GPL-2.0-only
"""Whose cgroup is told: that of the task a callback is about.

Source: kernel/sched/ext.c, SCX_CALL_OP_TASK and SCX_CALL_OP_2TASKS_RET, which name the tasks of a call; scx_kf_allowed_on_arg_tasks
(from 7.1 scx_kf_arg_task_ok), which ejects a scheduler that asks for another one.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics, Label
from scxdsl.typing import typed
from scxdsl.typing.errors_cgroups import NotThisTask
from scxdsl.typing.types import TaskType
from scxdsl.typing.walk import Node, walk

# The callbacks that the kernel calls for a task, or two, with the run queue locked.
ABOUT_TASKS = frozenset(
    "select_cpu enqueue dequeue runnable running stopping quiescent tick yield core_sched_before set_weight set_cpumask enable".split()
)

Known = frozenset[typed.Variable]


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for callback in policy.callbacks:
        about = callback.op in ABOUT_TASKS
        own = frozenset(v for v in callback.params if about and isinstance(v.type, TaskType))
        _Walk(callback.name, diagnostics).enter(callback.body, own, ())
    callbacks = {c.op for c in policy.callbacks}
    for context, body in policy.programs():
        if context not in callbacks:
            _Walk(typed.CONTEXT_WORDS.get(context, context), diagnostics).enter(body, frozenset(), ())


class _Walk:
    """A function is entered once for each set of parameters that are such a task."""

    def __init__(self, callback: str, diagnostics: Diagnostics) -> None:
        self._callback = callback
        self._diagnostics = diagnostics
        self._entered: set[tuple[typed.Function, Known]] = set()

    def enter(self, body: Node, own: Known, path: tuple[Label, ...]) -> None:
        for node in walk(body):
            match node:
                case typed.Let(variable=variable, value=value) if not variable.mutable and is_own(value, own):
                    own = own | {variable}
                case typed.TaskCgroup(base=base) if not is_own(base, own):
                    self._diagnostics.add(NotThisTask(node.span, base.span.text, self._callback, path))
                case typed.CallFunction(function=function, arguments=arguments) if function.body is not None:
                    given = frozenset(p for p, a in zip(function.params, arguments, strict=True) if is_own(a, own))
                    if (function, given) not in self._entered:
                        self._entered.add((function, given))
                        label = Label(node.span, f"through `{function.name}`, called here")
                        self.enter(function.body, given, (*path, label))


def is_own(value: object, own: Known) -> bool:
    """Whether a value is one of the tasks that are known to be the callback's."""
    match value:
        case typed.Read(place=typed.LocalPlace(variable=variable)):
            return variable in own
        case typed.Convert(value=inner):
            return is_own(inner, own)
    return False
