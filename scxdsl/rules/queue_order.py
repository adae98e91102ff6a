# SPDX-License-Identifier: GPL-2.0-only
"""A queue is ordered by arrival or by vtime, never by both; the kernel's own queues only by arrival.

Source: kernel/sched/ext.c, dispatch_enqueue: "DSQ ID 0x%016llx already had FIFO-enqueued tasks", and "cannot use vtime
ordering for built-in DSQs". The choice may differ between two loads of the policy, so inserts of both kinds are taken
where a condition on parameters alone keeps them apart.
"""

import re
from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.walk import Node, parts


@dataclass(frozen=True)
class MixedOrder(Diagnostic):
    """One queue is either first in first out or ordered by vtime: the kernel ejects a scheduler that mixes the two. Where
    the choice is a parameter, fixed at load, both may stand in the two branches of an `if` on that parameter."""

    code = "E0501"
    title = "`{queue}` gets tasks with and without a vtime"
    label = "{this}"
    help = "give every insert into it a vtime, or none; or let an `if` on a parameter choose between the two"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { if p.weight > 100 { q.insert(p) } else { q.insert(p, vtime: p.vtime) } }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, vtime: p.vtime) }\n"
    queue: str
    this: str
    that: str
    other: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.other, self.that)


@dataclass(frozen=True)
class BuiltinOrder(Diagnostic):
    """LOCAL and GLOBAL are first in first out; the kernel ejects a scheduler that inserts with a vtime there."""

    code = "E0502"
    title = "the kernel's own queues take no vtime"
    label = "first in first out"
    bad = "scheduler s\non enqueue(p, flags) { GLOBAL.insert(p, vtime: p.vtime) }\n"
    good = "scheduler s\non enqueue(p, flags) { GLOBAL.insert(p) }\n"
    vtime: Span

    def helps(self) -> Iterator[Help]:
        text, end = self.vtime.source.text, self.vtime.end
        named = re.search(r",\s*vtime\s*:\s*$", text[: self.vtime.start])
        edits = (Edit(self.vtime.source.span(named.start(), end), ""),) if named else ()
        yield Help("leave out `vtime:`, or insert into a queue of the policy", edits)


Choice = tuple[typed.Param, bool]


@dataclass(frozen=True)
class _Insert:
    """An insert, its order, and the values of parameters under which it stands."""

    queue: typed.Dsq
    ordered: bool
    span: Span
    choices: frozenset[Choice]

    def never_with(self, other: "_Insert") -> bool:
        return any((param, not value) in other.choices for param, value in self.choices)


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    inserts: list[_Insert] = []
    walk = _Walk(diagnostics)
    for _, body in policy.programs():
        inserts += walk.inserts(body, frozenset())
    for i, one in enumerate(inserts):
        for other in inserts[:i]:
            if one.queue is other.queue and one.ordered != other.ordered and not one.never_with(other):
                words = ("first in first out here", "by vtime here")
                diagnostics.add(
                    MixedOrder(one.span, one.queue.name, words[one.ordered], words[other.ordered], other.span)
                )
                break


class _Walk:
    """A function is entered once for each set of choices that leads there."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._entered: set[tuple[typed.Function, frozenset[Choice]]] = set()

    def inserts(self, node: Node, choices: frozenset[Choice]) -> Iterator[_Insert]:
        match node:
            case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
                yield from self.inserts(condition, choices)
                yield from self.inserts(then, choices | _fixed(condition, True))
                if otherwise is not None:
                    yield from self.inserts(otherwise, choices | _fixed(condition, False))
                return
            case typed.KernelCall(operation=operation) if operation.key == "dsq.insert":
                yield from self._into(node, node.receiver, node.arguments[-1], choices)
            case typed.MoveTask(queue=queue, vtime=vtime):
                yield from self._into(node, queue, vtime, choices)
            case typed.CallFunction(function=function) if function.body is not None:
                if (function, choices) not in self._entered:
                    self._entered.add((function, choices))
                    yield from self.inserts(function.body, choices)
        for part in parts(node):
            yield from self.inserts(part, choices)

    def _into(self, node: Node, queue: typed.Expr | None, vtime: typed.Expr | None, choices: frozenset[Choice]) -> Iterator[_Insert]:
        match queue:
            case typed.DsqValue(dsq=None) if vtime is not None:
                self._diagnostics.add(BuiltinOrder(node.span, vtime.span))
            case typed.DsqValue(dsq=typed.Dsq() as dsq) | typed.MemberDsq(dsq=dsq):
                yield _Insert(dsq, vtime is not None, node.span, choices)


def _fixed(condition: typed.Expr, value: bool) -> frozenset[Choice]:
    """What is known of parameters where the condition has that value."""
    match condition:
        case typed.Read(place=typed.ParamPlace(param=param)):
            return frozenset({(param, value)})
        case typed.Not(value=inner):
            return _fixed(inner, not value)
        case typed.Logical(conjunction=True, left=left, right=right) if value:
            return _fixed(left, True) | _fixed(right, True)
        case typed.Logical(conjunction=False, left=left, right=right) if not value:
            return _fixed(left, False) | _fixed(right, False)
    return frozenset()


