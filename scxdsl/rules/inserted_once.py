# SPDX-License-Identifier: GPL-2.0-only
"""select_cpu and enqueue place one task, once: the one that they are called for.

Source: kernel/sched/ext.c, mark_direct_dispatch: "already direct-dispatched", "scheduling for %s[%d] but trying to direct-dispatch
%s[%d]". Both end the scheduler. In dispatch many tasks are inserted, and a task's name does not tell it.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.walk import Node, parts

ONCE = ("select_cpu", "enqueue")


@dataclass(frozen=True)
class InsertedTwice(Diagnostic):
    """select_cpu and enqueue place their task once. A second insert on the same path ends the scheduler on every kernel
    ("already direct-dispatched")."""

    code = "E0506"
    title = "`{task}` is inserted a second time on this path: the kernel ends the scheduler"
    label = "second insert"
    help = "return after the first insert, or let an `if` choose one of the two"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { LOCAL.insert(p)\n q.insert(p) }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { if p.is_kthread { LOCAL.insert(p)\n return }\n q.insert(p) }\n"
    task: str
    first: Span

    def labels(self):
        yield Label(self.first, "the first is here")


@dataclass(frozen=True)
class AnotherTask(Diagnostic):
    """select_cpu and enqueue place the task that they are called for. An insert of any other task there ends the scheduler
    ("scheduling for A but trying to direct-dispatch B"). Other tasks are placed in dispatch, where their own queue is moved on."""

    code = "E0504"
    title = "`{callback}` can only insert its own task: the kernel ends the scheduler"
    label = "another task"
    help = "remember what is wanted in the state of that task, and act on it when it is enqueued itself"
    bad = "scheduler s\non enqueue(p, flags) { LOCAL.insert(p)\n if let t = task(p.tgid) { LOCAL.insert(t) } }\n"
    good = "scheduler s\non enqueue(p, flags) { LOCAL.insert(p) }\n"
    callback: str


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for callback in policy.callbacks:
        if callback.name in ONCE:
            _Paths(callback, diagnostics).after(callback.body, {})


_Inserted = dict[typed.Variable, Span]  # the tasks that were surely inserted on the way here, and where


class _Paths:
    """One callback. A state is None where no path goes on."""

    def __init__(self, callback: typed.Callback, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._callback = callback
        self._names: dict[typed.Variable, typed.Variable] = {}  # parameters of called functions, and the caller's tasks
        self._call_span: Span | None = None  # the callback's own call that led into a function

    def after(self, node: Node | None, before: _Inserted | None) -> _Inserted | None:
        """What was inserted on every path that leaves the node at its end."""
        if before is None or node is None:
            return before
        match node:
            case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
                return self._either([then, otherwise], self.after(condition, before))
            case typed.Chain(conditions=conditions, then=then, otherwise=otherwise):
                return self._either([then, otherwise], self.after(conditions[0], before))
            case typed.Match(subject=subject, arms=arms):
                return self._either([*(arm.body for arm in arms), None], self.after(subject, before))
            case typed.LetElse(value=value, otherwise=otherwise):
                opened = self.after(value, before)
                self.after(otherwise, opened)
                return opened
            case typed.Logical(left=left) | typed.Coalesce(left=left):
                opened = self.after(left, before)
                self.after(node.right, opened)
                return opened
            case typed.Stmt() if isinstance(getattr(node, "body", None), typed.BlockValue):  # a loop, which may have no turn
                for part in parts(node):
                    self.after(part, before)
                return before
            case typed.Return() | typed.Error() | typed.Break() | typed.Continue():
                for part in parts(node):
                    self.after(part, before)
                return None
            case typed.Let(variable=variable, value=value) if variable is not None:
                task = self._task(value)
                if task is not None:
                    self._names[variable] = task
            case typed.CallFunction(function=function, arguments=arguments):
                return self._call(function, arguments, before, node.span)
        inside: _Inserted | None = before
        for part in parts(node):
            inside = self.after(part, inside)
        if isinstance(node, typed.KernelCall) and node.operation.key == "dsq.insert":
            return self._insert(node, inside)
        return inside

    def _either(self, branches: list, before: _Inserted | None) -> _Inserted | None:
        """`None` among the branches is the way past them."""
        ways = [way for way in (self.after(b, before) for b in branches) if way is not None]
        if not ways:
            return None
        return {task: span for task, span in ways[0].items() if all(task in way for way in ways)}

    def _call(self, function: typed.Function, arguments: list, before: _Inserted, span: Span) -> _Inserted | None:
        inside: _Inserted | None = before
        for parameter, argument in zip(function.params, arguments, strict=True):
            inside = self.after(argument, inside)
            task = self._task(argument)
            if task is not None:
                self._names[parameter] = task
        outer, self._call_span = self._call_span, self._call_span or span
        came = self.after(function.body, inside)
        self._call_span = outer
        return inside if came is None else came  # a function that always returns early comes back all the same

    def _task(self, value: object) -> typed.Variable | None:
        match value:
            case typed.Read(place=typed.LocalPlace(variable=variable)):
                return self._names.get(variable, variable)
        return None

    def _insert(self, node: typed.KernelCall, before: _Inserted | None) -> _Inserted | None:
        task = self._task(node.arguments[0])
        if task is None or before is None:
            return before
        span = self._call_span or node.span
        if not self._callback.params or task is not self._callback.params[0]:
            self._diagnostics.add(AnotherTask(span, self._callback.name))
            return before
        first = before.get(task)
        if first is not None:
            self._diagnostics.add(InsertedTwice(span, task.name, first))
        return {**before, task: span}
