# SPDX-License-Identifier: GPL-2.0-only
"""What was moved by `keep` is gone, on every way that may have passed the move.

Source: kernel/bpf/verifier.c, release_reference: after bpf_kptr_xchg no register holds what was handed over ("R%d !read_ok"). The compiler
drops a name that was moved at run time where it has to; what is left to refuse is a use after it.
"""

from dataclasses import dataclass, field

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.errors_owners import Moved
from scxdsl.typing.walk import Node, parts, walk

Gone = dict[typed.Variable, Span] | None  # what may have been moved so far, and where; None where no way leads here


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    bodies = [body for _, body in policy.programs()] + [f.body for f in policy.functions if f.body is not None]
    bodies += [t.body for t in policy.tests]
    for body in bodies:
        if any(isinstance(node, typed.Keep) for node in walk(body)):
            _Walk(diagnostics).visit(body, {})


def joined(*ways: Gone) -> Gone:
    """What may be gone where several ways meet."""
    out: Gone = None
    for way in ways:
        if way is not None:
            out = {**way, **(out or {})}
    return out


@dataclass
class _Loop:
    """The ways that leave a turn before its end."""

    breaks: list[Gone] = field(default_factory=list)
    again: list[Gone] = field(default_factory=list)


class _Walk:
    """One body. `roots`: the name that owns, for each name that stands for it."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._roots: dict[typed.Variable, typed.Variable] = {}
        self._loops: list[_Loop] = []
        self._reported: set[Span] = set()

    def visit(self, node: Node | None, gone: Gone) -> Gone:
        """What is gone behind the node."""
        if node is None or gone is None:
            return gone
        match node:
            case typed.Read(place=typed.LocalPlace(variable=v)):
                self._used(v, node.span, gone)
                return gone
            case typed.Keep(place=place, value=value, moved=moved):
                gone = self.visit(value, self.visit(place, gone))
                root = self._roots.get(moved) if moved is not None else None
                return gone if root is None or gone is None else {**gone, root: node.span}
            case typed.Let(variable=v, value=value) if value is not None:
                return self._bound(v, value, self.visit(value, gone))
            case typed.Opens(variable=v, value=value):
                return self._bound(v, value, self.visit(value, gone))
            case typed.LetElse(variable=v, value=value, otherwise=otherwise):
                gone = self.visit(value, gone)
                return joined(self._bound(v, value, gone), self.visit(otherwise, gone))
            case typed.IfValue(condition=condition, then=then, otherwise=otherwise):
                gone = self.visit(condition, gone)
                return joined(self.visit(then, gone), self.visit(otherwise, gone))
            case typed.Chain(conditions=conditions, then=then, otherwise=otherwise):
                failed: list[Gone] = []
                for condition in conditions:
                    gone = self.visit(condition, gone)
                    failed.append(gone)
                return joined(self.visit(then, gone), self.visit(otherwise, joined(*failed)))
            case typed.Logical(left=left, right=right) | typed.Coalesce(left=left, right=right):
                gone = self.visit(left, gone)
                return joined(gone, self.visit(right, gone))
            case typed.Match(subject=subject, arms=arms):
                gone = self.visit(subject, gone)
                return joined(gone, *(self.visit(arm.body, gone) for arm in arms))
            case typed.Break():
                if self._loops:
                    self._loops[-1].breaks.append(gone)
                return None
            case typed.Continue():
                if self._loops:
                    self._loops[-1].again.append(gone)
                return None
            case typed.Stmt(body=typed.BlockValue() as body, otherwise=_):  # type: ignore[misc]
                return self._loop(node, body, gone)
        for part in parts(node):
            gone = self.visit(part, gone)
        ends = isinstance(node, typed.Return | typed.Error | typed.Fail | typed.ExitRestart)
        return None if ends else gone

    def _loop(self, node: typed.Stmt, body: typed.BlockValue, gone: Gone) -> Gone:
        """Two turns show all: what the first one moves is gone in the second."""
        otherwise, loop = node.otherwise, _Loop()  # type: ignore[attr-defined]
        for part in parts(node):
            if part is not body and part is not otherwise:
                gone = self.visit(part, gone)
        self._loops.append(loop)
        for _ in range(2):
            end = self.visit(body, gone)
            gone = joined(gone, end, *loop.again)
        self._loops.pop()
        return joined(self.visit(otherwise, gone), *loop.breaks)

    def _bound(self, v: typed.Variable | None, value: typed.Expr, gone: Gone) -> Gone:
        """A name for a new value: one of its own, or one more name for what another has."""
        other = typed.named(value)
        if v is None or gone is None:
            return gone
        if typed.acquired(value) is not None:
            self._roots[v] = v
        elif other in self._roots:
            self._roots[v] = self._roots[other]
            return gone
        return {k: at for k, at in gone.items() if k is not v}

    def _used(self, v: typed.Variable, span: Span, gone: dict[typed.Variable, Span]) -> None:
        root = self._roots.get(v)
        if root in gone and span not in self._reported:
            self._reported.add(span)
            self._diagnostics.add(Moved(span, v.name, gone[root]))
