# SPDX-License-Identifier: GPL-2.0-only
"""Which callback may call which function of the kernel.

Source: kernel/sched/ext.c, scx_kf_allowed (up to 7.0, the scheduler is ejected when it calls) and scx_kfunc_context_filter
(from 7.1, the verifier refuses: "calling kernel function X is not allowed"). Data: kernel/permissions.py.
"""

from scxdsl.kernel.forms import Family, families, needed
from scxdsl.kernel.target import Target
from scxdsl.kernel.versions import Kernels
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing.errors_declarations import WrongPlace
from scxdsl.typing.typed import CONTEXT_WORDS, Policy

from .uses import Use, uses


def apply(policy: Policy, target: Target, diagnostics: Diagnostics) -> None:
    for context, body in policy.programs():
        op = target.facts.op(context)
        here = target.kernels & op.where if op is not None else target.kernels
        for use in uses(body, here, target.facts):
            if not use.constant:
                _check(use, context, target, diagnostics)


def _check(use: Use, callback: str, target: Target, diagnostics: Diagnostics) -> None:
    facts, family = target.facts, families()[use.family]
    missing = needed(facts, family, use.kernels)[1]
    refused = needed(facts, family, use.kernels, callback)[1] - missing
    if not refused:
        return
    outcome = "the kernel refuses to load it" if facts.at_load & refused else "the kernel ejects the scheduler when it runs"
    words = (use.words, CONTEXT_WORDS.get(callback, callback), str(refused), outcome, _allowed(family, use, refused, target))
    diagnostics.add(WrongPlace(use.span, *words, use.path))


def _allowed(family: Family, use: Use, refused: Kernels, target: Target) -> tuple[str, ...]:
    """The callbacks from which every kernel that comes here takes the call, those that the kernels at fault have."""
    out = []
    for name in target.facts.op_names:
        op = target.facts.op(name)
        if op is not None and not op.refused & target.kernels and not refused - op.where:
            if not needed(target.facts, family, use.kernels & op.where, name)[1]:
                out.append(name)
    return tuple(out)
