# SPDX-License-Identifier: GPL-2.0-only
"""Compiles a policy until it fits the kernel's limits.

What a function's frame comes to is known only when LLVM has shared out its registers and the stack. So the policy is compiled as it is;
where a frame, or the sum along a chain of calls, exceeds the kernel's limit (kernel/bpf/verifier.c, check_max_stack_depth), the large
values of that program move to scratch memory (rewriting/scratch.py) until an estimate says that it fits, and it is compiled
again, each time with less left on the stack. Before that, functions of which the verifier would walk too much are changed
(verifiable.py). Where frames of subprograms are too much together, fewer of them stand on one another.
Where LLVM itself fails, a pipeline with fewer passes is tried. Most policies are compiled once.
"""

from collections.abc import Callable

from scxdsl.codegen.backend import Backend, BackendError, Emit
from scxdsl.codegen.pipeline import Built, build
from scxdsl.ir.module import Function, Linkage, Module
from scxdsl.rewriting import scratch
from scxdsl.rewriting.reads_first import reads_first
from scxdsl.rewriting.records import Apart, Rewriting, Safer
from scxdsl.source.records import dataclass

from .verifiable import ENOUGH, relieve

BUDGETS = (400, 256, 128, 0)
"""Bytes of large values that may stay on the stack, tried in this order: LLVM needs room for registers that it spills."""

DEPTHS = (6, 3, 1, 0)
"""Subprograms that may stand on one another, tried in this order."""

TOO_FAR = "Branch target out of insn range"
"""LLVM's word for code of more than 32767 instructions."""


@dataclass(frozen=True)
class Fitted:
    """The module as it was compiled, what became of it, and what was rewritten on the way."""

    module: Module
    built: Built | BackendError
    rewritings: tuple[Rewriting, ...] = ()


def fit(make: Callable[[int], Module], backend: Backend | None = None, budget: int | None = None, enough: float = ENOUGH) -> Fitted:
    """`make` gives the policy in IR, a fresh module each time, with at most so many subprograms on one another. With `budget` no program
    keeps more than so many bytes of large values on the stack, whether that is necessary or not, and with an `enough` of 0 no variable is followed by the verifier: for
    tests. Raises scxdsl.ir.definitions.Conflict."""
    depths = iter(DEPTHS)
    deepest = next(depths)
    module = make(deepest)
    tried = {} if budget is None else {f.name: budget for f in scratch.movable(module)}
    while True:
        done: list[Rewriting] = [_apart(f) for f in module.functions if f.title.startswith("fn ")]
        relief, hopeless = relieve(module, enough)
        done += relief
        if hopeless is not None:
            return Fitted(module, hopeless, tuple(done))
        for f in scratch.movable(module):
            if f.name in tried and (record := scratch.move(module, f, tried[f.name])) is not None:
                done.append(record)
        for f in module.functions:
            reads_first(f)
        made = build(module, backend, meanwhile=_read_ahead if _chained(module) else lambda: None)
        if isinstance(made, BackendError) and not made.over_stack and TOO_FAR not in made.message:
            made = _safer(module, made, backend, done)
        over = _over(module, made)
        movable = {f.name for f in scratch.movable(module)}
        stricter = {name: following for name in over & movable if (following := _next(tried.get(name))) is not None}
        if stricter:
            tried |= stricter
        elif over and any(f.title.startswith("fn ") for f in module.functions):
            deepest = next(depths)
        elif over and isinstance(made, Built):
            return Fitted(module, _over_chain(module, over), tuple(done))
        else:
            return Fitted(module, made, tuple(done))
        module = make(deepest)


def _next(budget: int | None) -> int | None:
    """The next lower budget; None where there is none."""
    return next((b for b in BUDGETS if budget is None or b < budget), None)


def _apart(f: Function) -> Apart:
    return Apart(f.title.removeprefix("fn "), f.span, ", ".join(f.callers), f.linkage is Linkage.GLOBAL)


def _safer(module: Module, first: BackendError, backend: Backend | None, done: list[Rewriting]) -> Built | BackendError:
    """The same with fewer passes of LLVM; its first words where that fails, too."""
    made = build(module, backend, Emit.SAFER)
    if isinstance(made, BackendError):
        return first
    done.append(Safer(module.ops.scheduler if module.ops else "", module.source.line_span(first.line or 1), first.message))
    return made


def _chained(module: Module) -> bool:
    """Whether frames may stand on one another."""
    return any(f.linkage is not Linkage.PROGRAM for f in module.functions)


def _read_ahead() -> None:
    """What reads objects takes as long to import as LLVM takes to compile."""
    import scxdsl.objects.report  # noqa: F401


def _over(module: Module, made: Built | BackendError) -> set[str]:
    """The functions that have too much on the stack. Objects are read where that has to be asked: many policies need not wait for the
    modules that do it."""
    if isinstance(made, BackendError):
        if not made.over_stack:
            return set()
        from scxdsl.objects.report import FRAME_LIMIT

        large = {name for name, size in scratch.estimates(module).items() if size > FRAME_LIMIT}
        return large | ({made.function} if made.function else set())  # LLVM names the first alone
    if not _chained(module):
        return set()
    from scxdsl import objects
    from scxdsl.objects.report import FRAME_LIMIT

    found = objects.report(objects.read(made.object))
    return {f.name for f in found.functions if f.chain > FRAME_LIMIT}


def _over_chain(module: Module, over: set[str]) -> BackendError:
    """The frames of a chain of calls that are too large together, in the words that LLVM has for one frame."""
    f = next(f for f in module.functions if f.name in over)
    return BackendError("BPF stack limit exceeded along a chain of calls", f.name, f.span.source.path, f.span.line, 1)
