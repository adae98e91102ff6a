# SPDX-License-Identifier: GPL-2.0-only
"""select_cpu and enqueue place one task, once: the one that they are called for.

Source: kernel/sched/ext.c, mark_direct_dispatch: "already direct-dispatched", "scheduling for %s[%d] but trying to direct-dispatch
%s[%d]". Both end the scheduler. In dispatch many tasks are inserted, and a task's name does not tell it.

A condition that is a call of a function is followed by what the function gives where that is written on its ways out (true or false, none or
something): one that inserts exactly where it gives true leaves the other way free. E0506 is said where every way to the second insert has the
first; where only some have it, W0502. A condition whose value is not known may be the one that the first insert hung on: such ways are
forgotten there.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Label, Severity
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.types import BOOL, NEVER, NOTHING
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
class MaybeTwice(Diagnostic):
    """Some ways to this insert have placed the task before, others have not. On those that have, the kernel ends the scheduler
    ("already direct-dispatched")."""

    code = "W0502"
    severity = Severity.WARNING
    title = "`{task}` may be inserted a second time here: then the kernel ends the scheduler"
    label = "second insert on some ways"
    help = "return after the first insert; a function can give true where it has inserted, and false elsewhere"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { if p.is_kthread { LOCAL.insert(p) }\n q.insert(p) }\n"
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


@dataclass(frozen=True)
class _First:
    """Where a task was inserted; `sure`: on every way here, else on some."""

    span: Span
    sure: bool


_Inserted = dict[typed.Variable, _First]
_State = _Inserted | None  # None: no path comes here


def _joined(*ways: _State) -> _State:
    open_ways = [way for way in ways if way is not None]
    if not open_ways:
        return None
    met: _Inserted = {}
    for way in open_ways:
        for task, first in way.items():
            met.setdefault(task, _First(first.span, all(task in other and other[task].sure for other in open_ways)))
    return met


def _certain(way: _State) -> _State:
    return None if way is None else {task: first for task, first in way.items() if first.sure}


def _entered(test: typed.Test | None, value: typed.Expr, yes: _State, no: _State) -> tuple[_State, _State, _State]:
    """What comes into a pattern for the value, and the two ways that go by."""
    match test:
        case None | typed.IsSome(inner=typed.Always()):
            return yes, None, no
        case typed.IsSome():
            return yes, yes, no
        case typed.FitsNone():
            return no, yes, None
        case typed.Within(low=1, high=1) if value.type == BOOL:
            return yes, None, no
        case typed.Within(low=0, high=0) if value.type == BOOL:
            return no, yes, None
        case typed.Always():
            return _joined(yes, no), None, None
    return _joined(yes, no), yes, no


class _Paths:
    """One callback. A state is None where no path goes on."""

    def __init__(self, callback: typed.Callback, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._callback = callback
        self._names: dict[typed.Variable, typed.Variable] = {}  # parameters of called functions, and the caller's tasks
        self._call_span: Span | None = None  # the callback's own call that led into a function
        self._left: list[tuple[_State, _State]] = []  # by each `return` of the body that is looked at, as `decided` gives it

    def after(self, node: Node | None, before: _State) -> _State:
        """What was inserted on the paths that leave the node at its end."""
        if before is None or node is None:
            return before
        match node:
            case typed.IfValue() | typed.Chain() | typed.Match() | typed.Logical() | typed.CallFunction():
                return _joined(*self.decided(node, before))
            case typed.LetElse(value=value, test=test, otherwise=otherwise):
                inside, *past = _entered(test, value, *self.decided(value, before))
                self.after(otherwise, _joined(*past))
                return inside
            case typed.Coalesce(left=left, right=right):
                yes, no = self.decided(left, before)
                return _joined(yes, self.after(right, no))
            case typed.Stmt() if isinstance(getattr(node, "body", None), typed.BlockValue):  # a loop, which may have no turn
                for part in parts(node):
                    self.after(part, _certain(before))
                return before
            case typed.Return(value=value):
                self._left.append(self.decided(value, before))
                return None
            case typed.Error() | typed.Break() | typed.Continue():
                for part in parts(node):
                    self.after(part, before)
                return None
            case typed.Let(variable=variable, value=value) if variable is not None:
                task = self._task(value)
                if task is not None:
                    self._names[variable] = task
        inside = before
        for part in parts(node):
            inside = self.after(part, inside)
        if isinstance(node, typed.KernelCall) and node.operation.key == "dsq.insert":
            return self._insert(node, inside)
        return inside

    def decided(self, node: Node | None, before: _State) -> tuple[_State, _State]:
        """What was inserted where the node gives true or something, and where it gives false or none."""
        if before is None or node is None:
            return before, before
        match node:
            case typed.Literal(value=True):
                return before, None
            case typed.Literal(value=False) | typed.Absent():
                return None, before
            case typed.Some(value=value):
                return self.after(value, before), None
            case typed.Not(value=value) | typed.HoldsNothing(value=value):
                yes, no = self.decided(value, before)
                return no, yes
            case typed.Opens(value=value, test=test):
                inside, *past = _entered(test, value, *self.decided(value, before))
                return inside, _joined(*past)
            case typed.Logical(conjunction=conjunction, left=left, right=right):
                yes, no = self.decided(left, before)
                then_yes, then_no = self.decided(right, yes if conjunction else no)
                return (then_yes, _joined(no, then_no)) if conjunction else (_joined(yes, then_yes), then_no)
            case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
                yes, no = self.decided(condition, before)
                return self._either(self.decided(then, yes), self.decided(otherwise, no))
            case typed.Chain(conditions=conditions, then=then, otherwise=otherwise):
                yes, past = before, []
                for condition in conditions:
                    yes, no = self.decided(condition, yes)
                    past.append(no)
                return self._either(self.decided(then, yes), self.decided(otherwise, _joined(*past)))
            case typed.Match(subject=subject, arms=arms):
                yes, no = self.decided(subject, before)
                ways = []
                for arm in arms:
                    inside, yes, no = _entered(arm.test, subject, yes, no)
                    ways.append(self.decided(arm.body, inside))
                past = _joined(yes, no)
                return self._either(*ways, (past, past))
            case typed.BlockValue(statements=statements, value=value):
                inside = before
                for statement in statements:
                    inside = self.after(statement, inside)
                return self.decided(value, inside)
            case typed.CallFunction(function=function, arguments=arguments):
                return self._call(function, arguments, before, node.span)
        here = self.after(node, before)
        if node.type not in (NOTHING, NEVER):
            here = _certain(here)
        return here, here

    def _either(self, *ways: tuple[_State, _State]) -> tuple[_State, _State]:
        return _joined(*(yes for yes, _ in ways)), _joined(*(no for _, no in ways))

    def _call(self, function: typed.Function, arguments: list, before: _State, span: Span) -> tuple[_State, _State]:
        inside = before
        for parameter, argument in zip(function.params, arguments, strict=True):
            inside = self.after(argument, inside)
            task = self._task(argument)
            if task is not None:
                self._names[parameter] = task
        outer = self._call_span, self._left
        self._call_span, self._left = self._call_span or span, []
        at_end = self.decided(function.body, inside)
        ways = self._either(at_end, *self._left)
        self._call_span, self._left = outer
        return ways

    def _task(self, value: object) -> typed.Variable | None:
        match value:
            case typed.Read(place=typed.LocalPlace(variable=variable)):
                return self._names.get(variable, variable)
        return None

    def _insert(self, node: typed.KernelCall, before: _State) -> _State:
        task = self._task(node.arguments[0])
        if task is None or before is None:
            return before
        span = self._call_span or node.span
        if not self._callback.params or task is not self._callback.params[0]:
            self._diagnostics.add(AnotherTask(span, self._callback.name))
            return before
        first = before.get(task)
        if first is not None:
            self._diagnostics.add((InsertedTwice if first.sure else MaybeTwice)(span, task.name, first.span))
        return {**before, task: _First(span, True)}
