# SPDX-License-Identifier: GPL-2.0-only
"""Where tasks go: which callback puts them into which queue, who takes them out, and under which conditions of the text.

Read from the typed tree, so what the kernel does by itself is added where the policy leaves it to it.
Sources: kernel/sched/ext.c, do_enqueue_task (no `enqueue`: the global queue), select_task_rq_scx (no `select_cpu`: the kernel's own
choice, straight to the local queue), balance_one (the global queue is asked before `dispatch`).
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from scxdsl.source.records import dataclass

from . import typed
from .walk import Node, parts


class Kind(StrEnum):
    CALLBACK = "callback"
    KERNEL = "kernel"  # what the kernel does for want of a callback
    TIMER = "timer"
    QUEUE = "queue"  # a DSQ of the policy
    STORE = "store"  # a map or a tree that holds tasks by number
    BUILTIN = "builtin"  # LOCAL, GLOBAL, LOCAL_ON
    CPU = "cpu"


@dataclass(frozen=True)
class Point:
    kind: Kind
    name: str


@dataclass(frozen=True)
class Edge:
    """`when`: the conditions of the text on the way, outermost first; `how`: what happens, where the ends do not say it."""

    start: Point
    end: Point
    when: tuple[str, ...] = ()
    how: str = ""


LOCAL = Point(Kind.BUILTIN, "LOCAL")
GLOBAL = Point(Kind.BUILTIN, "GLOBAL")
CPU = Point(Kind.CPU, "CPU")


def edges(policy: typed.Policy) -> list[Edge]:
    """In the order of the text, each once; the kernel's own at the end."""
    found: list[Edge] = []
    for callback in policy.callbacks:
        found += _Walk(Point(Kind.CALLBACK, callback.name)).inside(callback.body, (), ())
    for timer in policy.timers:
        if timer.body is not None:
            found += _Walk(Point(Kind.TIMER, timer.name)).inside(timer.body, (), ())
    found += _kernels_own(policy, found)
    return list(dict.fromkeys(found))


def _kernels_own(policy: typed.Policy, found: list[Edge]) -> list[Edge]:
    out = []
    if policy.callback("select_cpu") is None:
        out.append(Edge(Point(Kind.KERNEL, "select_cpu"), LOCAL, ("a CPU is idle",)))
    if policy.callback("enqueue") is None:
        out.append(Edge(Point(Kind.KERNEL, "enqueue"), GLOBAL))
    ends = {e.end for e in (*found, *out)}
    if GLOBAL in ends:
        out.append(Edge(GLOBAL, LOCAL, how="the kernel, before dispatch"))
    out += [Edge(point, CPU) for point in sorted(ends | {LOCAL}, key=lambda p: p.name) if point.name.startswith("LOCAL")]
    return out


@dataclass(frozen=True)
class _Walk:
    """Through one program, into the functions that it calls."""

    entry: Point

    def inside(self, node: Node, when: tuple[str, ...], within: tuple[typed.Function, ...]) -> Iterator[Edge]:
        match node:
            case typed.IfValue():
                yield from self.inside(node.condition, when, within)
                yield from self._branches([node.condition], node.then, node.otherwise, when, within)
                return
            case typed.Chain():
                for condition in node.conditions:
                    yield from self.inside(condition, when, within)
                yield from self._branches(node.conditions, node.then, node.otherwise, when, within)
                return
            case typed.LetElse():
                yield from self.inside(node.value, when, within)
                yield from self.inside(node.otherwise, (*when, f"no {_text(node.value)}"), within)
                return
            case typed.Match():
                yield from self.inside(node.subject, when, within)
                for arm in node.arms:
                    yield from self.inside(arm.body, (*when, _head(arm)), within)
                return
            case typed.CallFunction(function=function) if function.body is not None and function not in within:
                yield from self.inside(function.body, when, (*within, function))
            case typed.BlockValue():
                yield from self._block(node, when, within)
                return
        for part in parts(node):
            yield from self.inside(part, when, within)
        yield from self._own(node, when)

    def _block(self, block: typed.BlockValue, when: tuple[str, ...], within: tuple[typed.Function, ...]) -> Iterator[Edge]:
        """What follows an `if` that leaves the program is under the opposite condition."""
        for part in parts(block):
            yield from self.inside(part, when, within)
            left = _left_where(part)
            if left:
                when = (*when, _not(left))

    def _branches(
        self, conditions: list[typed.Expr], then: Node, otherwise: Node | None, when: tuple[str, ...], within: tuple[typed.Function, ...]
    ) -> Iterator[Edge]:
        text = " and ".join(_text(c) for c in conditions)
        yield from self.inside(then, (*when, text), within)
        if otherwise is not None:
            yield from self.inside(otherwise, (*when, _not(text)), within)

    def _own(self, node: Node, when: tuple[str, ...]) -> Iterator[Edge]:
        match node:
            case typed.KernelCall(receiver=queue) if queue is not None and node.operation.name == "insert":
                order = "by vtime" if node.arguments[-1] is not None else ""
                yield Edge(self.entry, _queue(queue), when, order)
            case typed.KernelCall(receiver=queue) if queue is not None and node.operation.name == "move_to_local":
                yield Edge(_queue(queue), LOCAL, when, self.entry.name)
            case typed.MoveTask():
                yield Edge(Point(Kind.QUEUE, "the queue at hand"), _queue(node.queue), when, self.entry.name)
            case typed.MapPush():
                yield Edge(self.entry, Point(Kind.STORE, node.map.name), when)
            case typed.MapPop(peek=False):
                yield Edge(Point(Kind.STORE, node.map.name), self.entry, when)
            case typed.TreeInsert():
                yield Edge(self.entry, Point(Kind.STORE, node.tree.name), when)
            case typed.TreeRemove() | typed.TreeFirst(pop=True):
                yield Edge(Point(Kind.STORE, node.tree.name), self.entry, when)


def _queue(queue: typed.Expr) -> Point:
    match queue:
        case typed.DsqValue(dsq=None):
            return Point(Kind.BUILTIN, queue.builtin.upper())
        case typed.DsqValue(dsq=dsq, index=index):
            return Point(Kind.QUEUE, dsq.name + ("[…]" if index is not None else ""))
        case typed.MemberDsq():
            owner = getattr(queue.base.type, "kind", "") or _text(queue.base)
            return Point(Kind.QUEUE, f"{owner}.{queue.dsq.name}")
    return Point(Kind.QUEUE, _text(queue))


def _left_where(node: Node) -> str:
    """The condition under which a statement leaves the program, where it is an `if` without an else whose block ends so."""
    here: Node | None = node
    while isinstance(here, typed.Evaluate):
        here = here.value
    if isinstance(here, typed.IfValue | typed.Chain) and here.otherwise is None and _ends(here.then):
        return " and ".join(_text(c) for c in ([here.condition] if isinstance(here, typed.IfValue) else here.conditions))
    return ""


def _ends(block: typed.BlockValue) -> bool:
    last = block.statements[-1] if block.statements else None
    return isinstance(last, typed.Return)


def _not(text: str) -> str:
    """The opposite of a condition."""
    if re.fullmatch(r"!(\w|\.|\([^()]*\))+", text):
        return text[1:]
    return f"not ({text})" if re.search(r" (and|&&|\|\||[=<>!]=|[<>]) ", text) else f"not {text}"


def _text(node: typed.Expr) -> str:
    source = node.span.source
    return " ".join(source.text[node.span.start : node.span.end].split())


def _head(arm: typed.MatchArm) -> str:
    """`.name` or the value before `=>`."""
    text = arm.span.source.text[arm.span.start : arm.span.end]
    return " ".join(text.split("=>")[0].split())
