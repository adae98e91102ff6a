# SPDX-License-Identifier: GPL-2.0-only
"""What some declared kernel lacks: functions without any form there, and constants.

Source: libbpf refuses an object with an unresolved strong symbol, and a program that uses a constant that CO-RE could not
find ("invalid func unknown#195896080").
"""

from scxdsl.kernel.forms import families, needed
from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing import typed
from scxdsl.typing.errors_declarations import MissingOnKernel
from scxdsl.typing.walk import walk

from .uses import uses


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    facts = target.facts
    for callback in policy.callbacks:
        op = facts.op(callback.name)
        here = target.kernels & op.where if op is not None else target.kernels
        for use in uses(callback.body):
            family = families()[use.family]
            lacking = needed(facts, family, here)[1]
            if lacking and not family.fallback:
                _missing(use.span, use.words, str(lacking), len(lacking), family.names[0], diagnostics)
    bodies = [c.body for c in policy.callbacks] + [f.body for f in policy.functions if f.body is not None]
    for body in bodies:
        for node in walk(body):
            if isinstance(node, typed.KernelConstant):
                found = facts.constant(node.name)
                lacking = target.kernels - found.where if found is not None else target.kernels
                if lacking:
                    _missing(node.span, node.span.text, str(lacking), len(lacking), node.name, diagnostics)
    for flag in policy.flags:
        found = facts.constant(flag.constant)
        lacking = target.kernels - found.where if found is not None else target.kernels
        if lacking:
            _missing(flag.span, flag.span.text, str(lacking), len(lacking), flag.constant, diagnostics)


def _missing(span, words: str, kernels: str, count: int, name: str, diagnostics: Diagnostics) -> None:
    diagnostics.add(MissingOnKernel(span, words, kernels, "has" if count == 1 else "have", name))
