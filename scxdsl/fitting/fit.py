# SPDX-License-Identifier: GPL-2.0-only
"""Compiles a policy until its frames fit.

What a function's frame comes to is known only when LLVM has shared out its registers and the stack. So the policy is compiled as it is;
where a frame, or the sum along a chain of calls, exceeds the kernel's limit (kernel/bpf/verifier.c, check_max_stack_depth), the large
values of that program move to scratch memory (rewriting/scratch.py) until an estimate says that it fits, and it is compiled
again, each time with less left on the stack. Most policies are compiled once.
"""

from collections.abc import Callable

from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.codegen.pipeline import Built, build
from scxdsl.ir.module import Linkage, Module
from scxdsl.rewriting import scratch
from scxdsl.rewriting.records import Rewriting
from scxdsl.source.records import dataclass

# Bytes of large values that may stay on the stack, tried in this order: LLVM needs room for registers that it spills.
BUDGETS = (400, 256, 128, 0)


@dataclass(frozen=True)
class Fitted:
    """The module as it was compiled, what became of it, and what was rewritten on the way."""

    module: Module
    built: Built | BackendError
    rewritings: tuple[Rewriting, ...] = ()


def fit(make: Callable[[], Module], backend: Backend | None = None, budget: int | None = None) -> Fitted:
    """`make` gives the policy in IR, a fresh module each time. With `budget` no program keeps more than so many bytes of large values on
    the stack, whether that is necessary or not: for tests. Raises scxdsl.ir.definitions.Conflict."""
    module = make()
    tried = {} if budget is None else {f.name: budget for f in scratch.movable(module)}
    while True:
        done: list[Rewriting] = []
        for f in scratch.movable(module):
            if f.name in tried and (record := scratch.move(module, f, tried[f.name])) is not None:
                done.append(record)
        made = build(module, backend)
        over = _over(module, made) & {f.name for f in scratch.movable(module)}
        stricter = {name: following for name in over if (following := _next(tried.get(name))) is not None}
        if not stricter:
            return Fitted(module, made, tuple(done))
        tried |= stricter
        module = make()


def _next(budget: int | None) -> int | None:
    """The next lower budget; None where there is none."""
    return next((b for b in BUDGETS if budget is None or b < budget), None)


def _over(module: Module, made: Built | BackendError) -> set[str]:
    """The programs that have too much on the stack. Objects are read where that has to be asked: most policies need not wait for the
    modules that do it, which take as long to import as LLVM takes to compile."""
    if isinstance(made, BackendError):
        if not made.over_stack:
            return set()
        from scxdsl.objects.report import FRAME_LIMIT

        large = {f.name for f in scratch.movable(module) if scratch.estimate(module, f) > FRAME_LIMIT}
        return large | ({made.function} if made.function else set())  # LLVM names the first alone
    if all(f.linkage is Linkage.PROGRAM for f in module.functions):
        return set()
    from scxdsl import objects
    from scxdsl.objects.report import FRAME_LIMIT

    found = objects.report(objects.read(made.object))
    return {f.name for f in found.functions if f.chain > FRAME_LIMIT}
