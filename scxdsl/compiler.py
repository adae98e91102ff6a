# SPDX-License-Identifier: GPL-2.0-only
"""The one door to the compiler: what commands, editors, tests and notebooks call. No files are read or written here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from scxdsl.kernel.target import Target
from scxdsl.kernel.versions import BadRange, as_written
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.library import Loader, standard
from scxdsl.source.records import dataclass
from scxdsl.source.text import Source
from scxdsl.syntax.parser import parse
from scxdsl.syntax.tree import Policy as Tree
from scxdsl.typing.check import check as check_types
from scxdsl.typing.scheduler import declared_kernels
from scxdsl.typing.subprograms import DEEPEST
from scxdsl.typing.typed import Policy

if TYPE_CHECKING:  # `check` does without: importing the IR takes some 40 ms
    from scxdsl.codegen.backend import Backend
    from scxdsl.ir.module import Module
    from scxdsl.rewriting.records import Rewriting


@dataclass(frozen=True)
class Checked:
    """What the checks came to. `policy` is complete only where there are no errors."""

    source: Source
    diagnostics: list[Diagnostic]
    ok: bool
    tree: Tree
    policy: Policy
    target: Target


@dataclass(frozen=True)
class Built:
    """`object` and `module` are None where the policy has errors; the module is as it was compiled, after `rewritings`. `timings` in
    milliseconds, by stage, of the last compilation."""

    checked: Checked
    module: "Module | None" = None
    object: bytes | None = None
    llvm: str | None = None
    timings: dict[str, float] | None = None
    rewritings: "tuple[Rewriting, ...]" = ()

    @property
    def ok(self) -> bool:
        return self.object is not None

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.checked.diagnostics


# Frames: the deepest tree that the parser lets through has 800 nodes within each other, and a pass takes some ten for each.
_FRAMES = 20_000


@contextmanager
def _room() -> Iterator[None]:
    """Python's own limit of 1000 frames is too low for trees that people do write: a chain of 300 `else if`."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def check(
    text: str, path: str = "policy.scx", kernels: str | None = None, load: Loader = standard, module: bool = False, tests: bool = False
) -> Checked:
    """All checks of one policy, for the kernels that it declares or that `kernels` names instead ("6.12..").

    `load` gives the texts of modules: without it those of the standard library are known, and no files. With `module` the text
    may be a module itself; with `tests` the result has what its tests need, and is not for an object.
    Raises BadRange where `kernels` names none that is known.
    """
    source = Source(path, text)
    diagnostics = Diagnostics()
    tree = parse(source, diagnostics)
    target = Target.of(as_written(kernels) if kernels else declared_kernels(tree, diagnostics))
    policy = Policy(source=source, name="", span=source.span(0, 0))
    try:
        with _room():
            policy = check_types(tree, target, diagnostics, load, module, tests)
            if not diagnostics.has_errors:
                from scxdsl.rules import apply

                apply(policy, target, diagnostics)
    except RecursionError:
        diagnostics.add(_too_deep(policy))
    return Checked(source, diagnostics.sorted(), not diagnostics.has_errors, tree, policy, target)


def lower(checked: Checked, tests: bool = False, deepest: int = DEEPEST) -> "Module":
    """The policy in IR, with its tests where they are wanted; of a large one at most `deepest` subprograms stand on one another. Only for
    what was accepted."""
    from scxdsl.lowering.module import lower as lower_policy

    with _room():
        return lower_policy(checked.policy, checked.target, tests, deepest)


def build(
    text: str, path: str = "policy.scx", kernels: str | None = None, load: Loader = standard, tests: bool = False, record: bool = False
) -> Built:
    """Checks, then compiles to an object. With `tests` it holds those too, for the bytecode machine, and the text may be a module.
    With `record` the object writes down what its invocations meet (typing/recording.py), and the tree has the marks.
    Raises BadRange as `check` does."""
    from scxdsl.codegen.backend import Backend

    with Backend() as backend:
        checked = check(text, path, kernels, load, module=tests, tests=tests)
        if checked.ok and record:
            checked = recorded(checked)
        return build_with(checked, backend, tests) if checked.ok else Built(checked)


def build_with(checked: Checked, backend: "Backend", tests: bool = False) -> Built:
    """Compiles what was accepted, with an LLVM that runs already."""
    from scxdsl.codegen.backend import BackendError
    from scxdsl.codegen.errors import explained
    from scxdsl.fitting.fit import fit
    from scxdsl.rewriting.noted import noted

    try:
        with _room():
            fitted = fit(lambda deepest: lower(checked, tests, deepest), backend)
    except RecursionError:
        return Built(replace(checked, diagnostics=[*checked.diagnostics, _too_deep(checked.policy)], ok=False))
    made, rewritings = fitted.built, (*_owners(checked.policy), *noted(fitted.module), *fitted.rewritings)
    if isinstance(made, BackendError):
        found = [*checked.diagnostics, explained(made, checked.source, checked.policy.sources)]
        return Built(replace(checked, diagnostics=found, ok=False), fitted.module, rewritings=rewritings)
    return Built(checked, fitted.module, made.object, made.llvm, made.milliseconds, rewritings)


def _owners(policy: Policy) -> "tuple[Rewriting, ...]":
    """Which declarations have their owners elsewhere."""
    from scxdsl.lowering.owner_shape import maps_of, stores
    from scxdsl.rewriting.records import Owners

    return tuple(Owners(s.title, s.span, len(s.kinds), tuple(m.name for m in maps_of(s))) for s in stores(policy))


def recorded(checked: Checked) -> Checked:
    """The same policy with the marks of a recording in its tree; what cannot be recorded is an error."""
    from scxdsl.typing.recording import prepare

    diagnostics = Diagnostics()
    with _room():
        checked.policy.recording = prepare(checked.policy, diagnostics)
    return replace(checked, diagnostics=[*checked.diagnostics, *diagnostics.sorted()], ok=not diagnostics.has_errors)


def _too_deep(policy: Policy) -> Diagnostic:
    from scxdsl.lowering.errors_depth import TooDeep

    return TooDeep(policy.span)


__all__ = ["BadRange", "Built", "Checked", "build", "build_with", "check", "lower"]
