# SPDX-License-Identifier: GPL-2.0-only
"""What may stand under a lock, through all functions that are called there.

Source: kernel/bpf/verifier.c. process_spin_lock: one lock at a time. check_helper_call and check_kfunc_call: "function calls
are not allowed while holding a lock" (from 6.16 on iterators of numbers are; a policy here runs from 6.12 on). The rest is the
language's own: guarded state needs its lock, effects wait for the release and so stand in no loop.
"""

from dataclasses import replace

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.errors_locks import (
    EffectInLoop,
    LookupUnderLock,
    LoopUnderLock,
    MoveUnderLock,
    NeedsLock,
    QuestionUnderLock,
    SecondLock,
    WithoutLock,
)
from scxdsl.typing.types import Nothing, is_owner
from scxdsl.typing.walk import Node, parts

MOST_TURNS = 1024

# Properties without a path that are nevertheless plain loads (lowering/properties.py).
_LOADS = ("task.nice", "task.is_kthread", "task.queued")
_SILENT = (
    typed.Literal, typed.KernelConstant, typed.Read, typed.Binary, typed.Compare, typed.Extreme, typed.Logical, typed.Not,
    typed.Convert, typed.IfValue, typed.BlockValue, typed.CallFunction, typed.KernelField, typed.KernelHas, typed.DsqValue,
    typed.TupleValue, typed.TupleItem, typed.Some, typed.Absent, typed.Coalesce, typed.FlagTest, typed.Let, typed.LetParts, typed.Destructure,
    typed.Assign, typed.Update, typed.Evaluate, typed.Return, typed.Error, typed.Log, typed.Opens, typed.Chain, typed.LetElse,
    typed.ForRange, typed.Repeat, typed.While, typed.ForArray, typed.Break, typed.Continue, typed.StructValue, typed.ArrayValue,
    typed.VariantValue, typed.FieldOf, typed.ElementOf, typed.GetElement, typed.LetRef, typed.AssignTuple, typed.Match,
    typed.LocalPlace, typed.ParamPlace, typed.GlobalPlace, typed.StatPlace, typed.PropertyPlace, typed.FieldPlace,
    typed.IndexPlace, typed.TablePlace, typed.StatePlace, typed.MemberDsq, typed.AtomicCall, typed.HistAdd, typed.Racy,
    typed.TreeExpr, typed.TextMatch, typed.HoldsNothing, typed.LetParts, typed.SetTest, typed.SetChange,
)  # fmt: skip


@dataclass(frozen=True)
class _Held:
    """A lock that is held; `base` is the variable, or the word, that names its row."""

    lock: typed.Lock
    base: typed.Variable | str | None
    span: Span

    @property
    def words(self) -> str:
        return self.lock.name if self.base is None else f"{getattr(self.base, 'name', self.base)}.{self.lock.name}"


@dataclass(frozen=True)
class _Place:
    """Where the walk is: the lock held, whether a loop under it is around, whether reads are racy, and the calls that led here."""

    held: _Held | None = None
    loop: bool = False
    racy: bool = False
    path: tuple[Label, ...] = ()


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for _, body in policy.programs():
        _Walk(diagnostics).visit(body, _Place())
    for function in policy.functions:
        if function.body is not None:
            walk = _Walk(diagnostics)
            walk.visit(function.body, _Place(walk.held(function.under)))


class _Walk:
    """One body. `names` says for parameters of called functions what they stand for; `inside` are names bound under the lock."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.names: dict[typed.Variable, typed.Variable | str | None] = {}
        self.inside: set[typed.Variable] = set()

    def held(self, use: typed.LockUse | None) -> _Held | None:
        return None if use is None else _Held(use.lock, None if use.base is None else self.owner(use.base), use.span)

    def owner(self, base: typed.Expr) -> typed.Variable | str | None:
        """What names a row: a variable that does not change, or `this_cpu`; None for anything else."""
        match base:
            case typed.Read(place=typed.LocalPlace(variable=v)) if v in self.names:
                return self.names[v]
            case typed.Read(place=typed.LocalPlace(variable=v)) if not v.mutable and not v.reference:
                return v
            case typed.GetProperty(property=p) if p.key == ".this_cpu":
                return "this_cpu"
        return None

    # ---- the walk

    def visit(self, node: Node, at: _Place) -> None:
        match node:
            case typed.Under():
                self._under(node, at)
                return
            case typed.Racy(value=value):
                self.visit(value, replace(at, racy=True))
                return
            case typed.CallFunction():
                self._call(node, at)
                return
        self._guarded(node, at)
        if at.held is not None:
            if self._inside(node, at, at.held):
                return
        for part in parts(node):
            self.visit(part, at)

    def _under(self, node: typed.Under, at: _Place) -> None:
        if node.use.base is not None:
            self.visit(node.use.base, at)
        if at.held is not None:
            self.diagnostics.add(SecondLock(node.use.span, at.held.span, at.path))
            return
        self.inside.clear()
        self.visit(node.body, replace(at, held=self.held(node.use), loop=False))

    def _call(self, node: typed.CallFunction, at: _Place) -> None:
        for argument in node.arguments:
            self.visit(argument, at)
        function = node.function
        for parameter, argument in zip(function.params, node.arguments, strict=True):
            self.names[parameter] = self.owner(argument) if isinstance(argument, typed.Expr) else None
        needed = self.held(function.under)
        if needed is not None and (at.held is None or (needed.lock, needed.base) != (at.held.lock, at.held.base)):
            self.diagnostics.add(NeedsLock(node.span, function.name, needed.words, needed.span, at.held is None))
        elif at.held is not None and function.body is not None:
            label = Label(node.span, f"through `{function.name}`, called here")
            self.visit(function.body, replace(at, racy=False, path=(*at.path, label)))

    def _guarded(self, node: Node, at: _Place) -> None:
        """Guarded state needs its lock. In the body of a function that is called, its own walk has looked."""
        if at.path or at.racy and not isinstance(node, typed.TreeInsert | typed.TreeRemove | typed.TreeFirst):
            return
        match node:
            case typed.GlobalPlace(declaration=declaration) if declaration.lock is not None:
                lock, base, name = declaration.lock, None, declaration.name
            case typed.StatePlace(field=field) if field.lock is not None:
                lock, base, name = field.lock, node.base if field.lock.rows else None, node.span.text
            case typed.TreeExpr(tree=tree) if tree.lock is not None:
                lock, base, name = tree.lock, node.base if tree.lock.rows else None, tree.name
            case _:
                return
        wanted = _Held(lock, None if base is None else self.owner(base), lock.span)
        if at.held is None or (at.held.lock, at.held.base) != (lock, wanted.base):
            self.diagnostics.add(WithoutLock(node.span, name, wanted.words, lock.span, at.held is None))

    # ---- with the lock held

    def _inside(self, node: Node, at: _Place, held: _Held) -> bool:
        """Looks at one node; true where its parts were visited, or need not be."""
        match node:
            case typed.Let(variable=v) | typed.Opens(variable=v) | typed.LetElse(variable=v) if v is not None:
                self.inside.add(v)
            case typed.Destructure(variables=variables):
                self.inside.update(v for v in variables if v is not None)
            case typed.Evaluate(value=typed.KernelCall() as call):
                self._effect(call, at, held)
                return True
            case typed.KernelCall() as call if isinstance(call.type, Nothing):
                self._effect(call, at, held)
                return True
            case typed.Evaluate(value=typed.TimerStart(delay=delay) as start):
                self._defer(start.span, at, held)
                for part in (start.base, delay):
                    if part is not None:
                        self.visit(part, at)
                return True
            case typed.TimerStop() | typed.Log():
                self._defer(node.span, at, held)
                return False
            case typed.HistAdd(hist=hist) if hist is not None:
                self._defer(node.span, at, held)
            case typed.Assign(place=typed.PropertyPlace() as place) | typed.Update(place=typed.PropertyPlace() as place):
                self._defer(node.span, at, held)
                self.visit(place.base, at)
                if isinstance(node, typed.Update) and not place.property.path:
                    self._question(node.span, at, held)
                self.visit(node.value, at)
                return True
            case typed.Update(place=typed.StatPlace()):
                self._defer(node.span, at, held)
            case typed.StatePlace(base=base) | typed.TreeExpr(base=base) if base is not None:
                owner = self.owner(base)
                if owner is None or owner in self.inside:
                    self.diagnostics.add(LookupUnderLock(base.span, node.span.text, held.span, at.path))
                for part in parts(node):
                    if part is not base:
                        self.visit(part, at)
                return True
            case typed.ForArray(array=array) if is_owner(array.type.of):  # type: ignore[union-attr]
                self._question(array.span, at, held)
                return True
            case typed.ForRange() | typed.Repeat() | typed.While() | typed.ForArray():
                return self._loop(node, at, held)
            case typed.GetProperty(property=p) if p.path or p.key in _LOADS:
                pass
            case typed.ForIndex():
                self.diagnostics.add(LoopUnderLock(node.span, "how many turns is known at run time only", held.span, at.path))
                return True
            case _ if not isinstance(node, _SILENT):
                self._question(node.span, at, held)
                return True
        return False

    def _effect(self, call: typed.KernelCall, at: _Place, held: _Held) -> None:
        name = call.operation.name
        if name.startswith("move"):
            self.diagnostics.add(MoveUnderLock(call.span, call.span.text, held.span, at.path))
        elif not call.operation.effect or name in ("claim", "select_cpu_dfl", "select_cpu_and"):
            self._question(call.span, at, held)
        else:
            self._defer(call.span, at, held)
        for part in parts(call):
            self.visit(part, at)

    def _defer(self, span: Span, at: _Place, held: _Held) -> None:
        if at.loop:
            self.diagnostics.add(EffectInLoop(span, span.text, held.span, at.path))

    def _question(self, span: Span, at: _Place, held: _Held) -> None:
        move = span.text.split("(")[0].rsplit(".", 1)[-1].startswith("move")
        if move:
            self.diagnostics.add(MoveUnderLock(span, span.text, held.span, at.path))
        else:
            self.diagnostics.add(QuestionUnderLock(span, span.text, held.words, held.span, at.path))

    def _loop(self, node: Node, at: _Place, held: _Held) -> bool:
        """A loop whose turns the text bounds."""
        turns = turns_of(node)
        if turns is None:
            self._unbounded(node.span, "its bound is no number known when the policy is compiled", at, held)
        elif turns > MOST_TURNS:
            self._unbounded(node.span, f"{turns} turns: at most {MOST_TURNS}", at, held)
        variable = getattr(node, "variable", None)
        if variable is not None:
            self.inside.add(variable)
        otherwise = getattr(node, "otherwise", None)
        for part in parts(node):
            self.visit(part, at if part is otherwise else replace(at, loop=True))
        return True

    def _unbounded(self, span: Span, why: str, at: _Place, held: _Held) -> None:
        self.diagnostics.add(LoopUnderLock(span, why, held.span, at.path))


def turns_of(node: Node) -> int | None:
    """How often a loop can turn, as far as the text says."""
    match node:
        case typed.Repeat(count=typed.Literal(value=n)) | typed.While(limit=typed.Literal(value=n)):
            return int(n)
        case typed.ForRange(low=typed.Literal(value=low), high=typed.Literal(value=high)):
            return max(int(high) - int(low) + int(node.inclusive), 0)
        case typed.ForArray(array=array):
            return array.type.length  # type: ignore[union-attr]
    return None

