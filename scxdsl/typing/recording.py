# SPDX-License-Identifier: GPL-2.0-only
"""A policy made ready for recording: marks stand wherever an invocation meets what is outside of it.

Answers are what it gets: reads of shared state and of the kernel's fields, results of the kernel's functions, the turns of loops over
what the kernel holds. Decisions are what it gives: arguments, stores that others see, results. Given the same answers the language
promises the same decisions (docs/language, "One meaning"); a replay holds a real kernel's run against the reference interpreter.

Sets of CPUs are not written down, only what is asked of them; parameters are known beforehand; what is derived (init's queues, the dump)
is not the author's and has no marks; hooks and commands are not followed.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span

from . import typed
from . import types as lang
from .atomics import is_atomic
from .errors_recording import NotRecordable

MOST_WORDS = 16

ANSWERS: tuple[type, ...] = (
    typed.KernelCall, typed.GetProperty, typed.KernelField, typed.KernelHas, typed.TaskCgroup, typed.CgroupById, typed.CgroupAncestor,
    typed.CgroupId, typed.MaskTest, typed.MaskAsk, typed.MaskCompare, typed.MaskChange, typed.IdleCpu, typed.ToIndex, typed.AtomicCall,
    typed.TaskByPid, typed.Ours, typed.Waker, typed.MapGet, typed.MapPut, typed.MapRemove, typed.MapHas, typed.MapPush, typed.MapPop,
    typed.RingSend, typed.RingPending, typed.MoveTask, typed.PeekQueue, typed.TextMatch, typed.TimerStart, typed.TimerArmed,
    typed.TreeInsert, typed.TreeRemove, typed.TreeFirst, typed.TreeKept, typed.TreeLen, typed.Borrow, typed.Take,
    typed.EventCount, typed.SetChange,
)  # fmt: skip
# Nodes of which the parts named are given to the outside.
GIVEN: dict[type, tuple[str, ...]] = {
    typed.KernelCall: ("receiver", "arguments"), typed.AtomicCall: ("arguments",), typed.MaskChange: ("cpu",), typed.SetChange: ("cpu",), typed.IdleCpu: ("flags",),
    typed.TaskByPid: ("pid",), typed.CgroupById: ("id",), typed.MapGet: ("key",), typed.MapPut: ("key", "value"), typed.MapRemove: ("key",),
    typed.MapHas: ("key",), typed.MapPush: ("value",), typed.RingSend: ("value",), typed.HistAdd: ("value",), typed.PeekQueue: ("queue",),
    typed.MoveTask: ("queue", "flags", "slice", "vtime"), typed.TimerStart: ("delay",), typed.TreeInsert: ("value",),
    typed.TreeRemove: ("slot",), typed.MapPlace: ("key",), typed.Keep: ("value",), typed.Error: ("parts",), typed.Log: ("parts",), typed.Dump: ("parts",), typed.ExitRestart: ("parts",),
}  # fmt: skip
ENDS = (typed.Error, typed.Fail, typed.ExitRestart)
OUTSIDE = (typed.ForQueue, typed.ForIndex, typed.ForMask, typed.ForCgroup, typed.ForArray)
LOOPS = (*OUTSIDE, typed.ForRange, typed.Repeat, typed.While)
_NODES = (typed.Expr, typed.Place, typed.Stmt)


@dataclass(frozen=True)
class Site:
    """A mark: where it stands, and the type of what is written there (None: nothing)."""

    span: Span
    what: str
    type: lang.Type | None


@dataclass
class Recording:
    """The sites by number, and the site at which each program begins: a callback's name, or a timer's."""

    sites: list[Site] = field(default_factory=list)
    programs: dict[int, str] = field(default_factory=dict)


def words(t: lang.Type) -> int | None:
    """How many numbers of 64 bits hold a value; None where none do. A task is its pid, a cgroup its id."""
    match t:
        case lang.BoolType() | lang.IntType() | lang.UnitType() | lang.IndexType() | lang.DsqType() | lang.FlagsType() | lang.SlotType():
            return 1
        case lang.TaskType() | lang.CgroupType():
            return 1
        case lang.Optional(of):
            inner = words(of)
            return None if inner is None else inner + 1
        case lang.TupleType(items):
            return _sum(items)
        case lang.StructType(_, members):
            return _sum(m.type for m in members)
        case lang.ArrayType(of, length, False):
            inner = words(of)
            return None if inner is None else inner * length
    return None


def _sum(types: Any) -> int | None:
    found = [words(t) for t in types]
    return None if None in found else sum(n for n in found if n is not None)


def prepare(policy: typed.Policy, diagnostics: Diagnostics) -> Recording:
    """Lays the marks into the policy's own tree, which is of use for nothing else then."""
    return _Marks(policy, diagnostics).all()


class _Marks:
    def __init__(self, policy: typed.Policy, diagnostics: Diagnostics) -> None:
        self.policy, self.diagnostics = policy, diagnostics
        self.recording = Recording()
        self._done: set[int] = set()
        self._references: set[typed.Variable] = set()
        self._locked = False
        self._result = False  # whether `return` leaves the program with a value

    def all(self) -> Recording:
        for function in self.policy.functions:
            if function.body is not None:
                function.body = self.node(function.body)
        for callback in self.policy.callbacks:
            result = callback.result if not isinstance(callback.result, lang.Nothing) else None
            callback.body = self.program(callback.name, callback.body, callback.params, result)
        for timer in self.policy.timers:
            if timer.body is not None:
                timer.body = self.program(timer.name, timer.body, [] if timer.here is None else [timer.here], None)
        return self.recording

    def program(self, name: str, body: typed.BlockValue, params: list[typed.Variable], result: lang.Type | None) -> typed.BlockValue:
        kept = [p for p in params if words(p.type) is not None]
        began = self.site(body.span, "the beginning", lang.TupleType(tuple(p.type for p in kept)))
        self.recording.programs[began] = name
        self._result = result is not None
        inside = self.node(body)
        self._result = False
        value: typed.Expr = inside
        if result is not None and not isinstance(inside.type, lang.Never | lang.Nothing):
            value = self.decision(inside, "the result")
        start = typed.Began(span=body.span, variables=kept, site=began)
        return typed.BlockValue(span=body.span, type=inside.type, statements=[start], value=value)

    def site(self, span: Span, what: str, type: lang.Type | None) -> int:
        self.recording.sites.append(Site(span, what, type))
        return len(self.recording.sites) - 1

    def fits(self, node: typed.Expr | typed.Place) -> bool:
        """Whether the value can be written down; sets of CPUs and texts never are, and need not be."""
        n = words(node.type)
        if n is None or n > MOST_WORDS:
            if isinstance(node.type, lang.StructType | lang.ArrayType | lang.EnumType | lang.Optional | lang.CpusetType) and n != 0:
                self.diagnostics.add(NotRecordable(node.span, what=f"a value of type {node.type}"))
            return False
        return n > 0

    def decision(self, node: typed.Expr, what: str) -> typed.Expr:
        if isinstance(node, typed.Literal | typed.KernelConstant | typed.Decision) or not self.fits(node):
            return node
        return typed.Decision(span=node.span, type=node.type, value=node, site=self.site(node.span, what, node.type))

    # ---- nodes

    def node(self, node: Any) -> Any:
        """The node with marks inside, and around it where it is one."""
        if id(node) in self._done:
            return node
        self._done.add(id(node))
        locked = self._locked
        if isinstance(node, typed.Under):
            self._locked = True
        if self._locked and isinstance(node, LOOPS):
            self.diagnostics.add(NotRecordable(node.span, what="a loop under a lock"))
        if isinstance(node, typed.ForInbox):  # its turns are a function of their own, which the kernel calls
            self.diagnostics.add(NotRecordable(node.span, what="an inbox"))
        if isinstance(node, typed.RingReserve):
            self.diagnostics.add(NotRecordable(node.span, what="a place in a ring"))
        self.inside(node)
        self._locked = locked
        match node:
            case typed.BlockValue():
                node.statements = [mark for s in node.statements for mark in self.before(s)]
            case typed.LetRef():
                self._references.add(node.variable)
            case typed.Read() if self.shared(node.place):
                return self.answer(node, "a read")
            case typed.GetElement() if self.shared(node.place):
                return self.answer(node, "a read")
            case typed.Assign() if self.shared(node.place):
                node.value = self.decision(node.value, "a store")
            case typed.Update() if self.shared(node.place):
                self.update(node)
            case typed.AssignTuple() if any(p is not None and self.shared(p) for p in node.places):
                node.value = self.decision(node.value, "a store")
            case typed.Return() if self._result and node.value is not None:
                node.value = self.decision(node.value, "the result")
            case typed.ForArray() if self.shared(node.array):
                self.turns(node)
            case typed.ForQueue() | typed.ForIndex() | typed.ForMask() | typed.ForCgroup():
                self.turns(node)
        if isinstance(node, ANSWERS):
            return self.answer(node, "an answer")
        return node

    def inside(self, node: Any) -> None:
        given = GIVEN.get(type(node), ())
        for f in fields(type(node)):
            part = getattr(node, f.name)
            what = f"what is given as {f.name}" if f.name in given else ""
            if isinstance(part, _NODES):
                setattr(node, f.name, self.part(part, what))
            elif isinstance(part, list):
                setattr(node, f.name, [self.part(item, what) if isinstance(item, _NODES) else self.arm(item) for item in part])
            elif isinstance(part, typed.LockUse) and part.base is not None:
                part.base = self.node(part.base)

    def part(self, node: Any, what: str) -> Any:
        made = self.node(node)
        return self.decision(made, what) if what and isinstance(made, typed.Expr) else made

    def arm(self, item: Any) -> Any:
        if isinstance(item, typed.MatchArm):
            item.body = self.node(item.body)
        return item

    def answer(self, node: typed.Expr, what: str) -> typed.Expr:
        if not self.fits(node):
            return node
        return typed.Answer(span=node.span, type=node.type, value=node, site=self.site(node.span, what, node.type))

    def update(self, node: typed.Update) -> None:
        node.value = self.decision(node.value, "a change")
        counts = isinstance(node.place, typed.StatPlace) or isinstance(node.place, typed.StatePlace) and node.place.field.counter
        if not counts and not is_atomic(node.place) and self.fits(node.place):
            site = self.site(node.place.span, "a read", node.place.type)
            node.place = typed.Seen(span=node.place.span, type=node.place.type, place=node.place, site=site)

    def before(self, statement: typed.Stmt) -> Iterator[typed.Stmt]:
        if isinstance(statement, ENDS):
            yield typed.Passed(span=statement.span, site=self.site(statement.span, "an end", None))
        yield statement

    def turns(self, loop: Any) -> None:
        """Its body begins with the turn's value, and what follows a loop that came to its end with a mark."""
        variable = loop.variable if loop.variable is not None and words(loop.variable.type) else None
        site = self.site(loop.span, "a turn", variable.type if variable is not None else None)
        loop.body.statements.insert(0, typed.Turn(span=loop.span, variable=variable, site=site))
        over = typed.TurnsOver(span=loop.span, site=site)
        rest = [] if loop.otherwise is None else [typed.Evaluate(span=loop.otherwise.span, value=loop.otherwise)]
        loop.otherwise = typed.BlockValue(span=loop.span, type=lang.NOTHING, statements=[over, *rest], value=None)


    def shared(self, place: typed.Place) -> bool:
        """Whether others may write it, or it may stand for such a place: `mut` parameters, `ref`."""
        match place:
            case typed.LocalPlace(variable=v):
                return v.reference or v in self._references
            case typed.ParamPlace() | typed.TablePlace():
                return False
            case typed.FieldPlace(base=base) | typed.IndexPlace(base=base):
                return self.shared(base)
        return True
