# SPDX-License-Identifier: GPL-2.0-only
"""What lowering itself rewrote, read off the module: effects that wait for a lock, and guarded forms of kernel functions."""

from collections.abc import Iterator

from scxdsl.ir.module import Module
from scxdsl.ir.ops import CallKfunc
from scxdsl.ir.walk import operations

from .records import Effects, Forms, Rewriting

_KINDS = {"tracing": "hook", "syscall": "command"}


def noted(module: Module) -> tuple[Rewriting, ...]:
    """In the order of the text: effects a lock's block, forms a program."""
    found = [*_effects(module), *_forms(module)]
    return tuple(sorted(found, key=lambda r: (r.span.start, r.kind)))


def _effects(module: Module) -> Iterator[Effects]:
    for d in module.delayed:
        yield Effects(_KINDS.get(d.function, d.function), d.span, d.lock, tuple(span.line for span in d.effects))


def _forms(module: Module) -> Iterator[Forms]:
    for f in module.functions:
        calls = [op for op in operations(f.body) if isinstance(op, CallKfunc) and op.kfunc.weak]
        if calls:
            names = dict.fromkeys(op.kfunc.symbol.removesuffix("___x") for op in calls)
            yield Forms(f.title or f.name, calls[0].span, tuple(names))
