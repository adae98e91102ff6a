# SPDX-License-Identifier: GPL-2.0-only
"""Inserts and kicks that the kernel takes at load and ends the scheduler for, or that can't be meant: a slice of 0, a second insert, an
insert of another task, a queue by a number that nobody created, an idle kick that preempts.

Source: kernel/sched/ext.c. scx_dsq_insert_preamble and scx_dsq_insert_commit: a slice of 0 keeps what is left of the old one, at least 1 ns.
mark_direct_dispatch: "already direct-dispatched", "scheduling for %s[%d] but trying to direct-dispatch %s[%d]". find_dsq_for_dispatch:
"non-existent DSQ" ends it. scx_bpf_kick_cpu: "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE".
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Label, Severity
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.types import DsqType
from scxdsl.typing.walk import Node, parts, walk

# The kernel's own queues have this bit (include/linux/sched/ext.h, SCX_DSQ_FLAG_BUILTIN).
_BUILTIN = 1 << 63
# Where the kernel takes one insert a time. In dispatch many tasks are inserted, and a task's name does not tell it.
_ONCE = ("select_cpu", "enqueue")


@dataclass(frozen=True)
class SliceOfZero(Diagnostic):
    """A slice of 0 is none: the task keeps what was left of its last slice, and at least a nanosecond. Who wants the task to give way
    at once writes a small slice; who wants the kernel's own leaves the slice out."""

    code = "W0501"
    severity = Severity.WARNING
    title = "a slice of 0 leaves the task what is left of its last one"
    label = "not a slice"
    help = "leave it out for the kernel's default, or write a short one, such as 1us"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, 0) }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, 1ms) }\n"


@dataclass(frozen=True)
class InsertedTwice(Diagnostic):
    """select_cpu and enqueue place their task once. A second insert on the same path ends the scheduler on every kernel
    ("already direct-dispatched")."""

    code = "W0502"
    severity = Severity.WARNING
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


@dataclass(frozen=True)
class IdleAndMore(Diagnostic):
    """A kick with `.idle` is for a CPU that idles, so there is nothing there to preempt or to wait for: the kernel ends the scheduler
    ("PREEMPT/WAIT cannot be used with SCX_KICK_IDLE")."""

    code = "E0505"
    title = "a kick is `.idle`, or `.preempt` and `.wait`, but not both: the kernel ends the scheduler"
    label = "both"
    help = "kick with one of the two; `c.is_idle` or `c.claim()` tell which is wanted"
    bad = "scheduler s\non tick(p) { this_cpu.kick(.idle | .preempt) }\n"
    good = "scheduler s\non tick(p) { this_cpu.kick(.preempt) }\n"


@dataclass(frozen=True)
class UnknownQueue(Diagnostic):
    """A queue exists when it was declared; its number is the compiler's business. A number that was written out names none,
    and an insert there ends the scheduler ("non-existent DSQ")."""

    code = "W0503"
    severity = Severity.WARNING
    title = "no queue has the number {number}"
    label = "no declared queue"
    help = "declare it, `dsq name`, and use its name"
    bad = "scheduler s\non enqueue(p, flags) { dsq(12345).insert(p) }\n"
    good = "scheduler s\ndsq late\non enqueue(p, flags) { late.insert(p) }\n"
    number: int


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for node in (node for body in policy.bodies() for node in walk(body)):
        match node:
            case typed.KernelCall(operation=operation, arguments=[_, slice, *_]) if operation.key == "dsq.insert":
                if isinstance(slice, typed.Literal) and slice.value == 0:
                    diagnostics.add(SliceOfZero(slice.span))
            case typed.KernelCall(operation=operation, arguments=[flags, *_]) if operation.key == "cpu.kick" and flags is not None:
                named = set(_constants(flags))
                if "SCX_KICK_IDLE" in named and named & {"SCX_KICK_PREEMPT", "SCX_KICK_WAIT"}:
                    diagnostics.add(IdleAndMore(flags.span))
            case typed.Convert(type=DsqType(), value=typed.Literal(value=number)) if not number & _BUILTIN:
                diagnostics.add(UnknownQueue(node.span, number))
    for callback in policy.callbacks:
        if callback.name in _ONCE:
            _Paths(callback, diagnostics).after(callback.body, {})


def _constants(flags: typed.Expr) -> Iterator[str]:
    """The constants that surely are in a set of flags: those that `|` joins."""
    match flags:
        case typed.KernelConstant(name=name):
            yield name
        case typed.Binary(op=op, left=left, right=right) if str(op) == "|":
            yield from _constants(left)
            yield from _constants(right)


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
            case typed.ForRange() | typed.Repeat() | typed.While() | typed.ForArray():
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
