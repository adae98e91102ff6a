# SPDX-License-Identifier: GPL-2.0-only
"""Which callback may call which function of the kernel.

Source: kernel/sched/ext.c, scx_kf_allowed (up to 7.0, the scheduler is ejected when it calls) and scx_kfunc_context_filter
(from 7.1, the verifier refuses: "calling kernel function X is not allowed"). Data: kernel/permissions.py.
"""

from scxdsl.kernel.forms import families, needed
from scxdsl.kernel.permissions import Why
from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing.errors_declarations import WrongPlace
from scxdsl.typing.typed import Policy

from .uses import Use, uses


def apply(policy: Policy, target: Target, diagnostics: Diagnostics) -> None:
    for callback in policy.callbacks:
        for use in uses(callback.body):
            _check(use, callback.name, target, diagnostics)


def _check(use: Use, callback: str, target: Target, diagnostics: Diagnostics) -> None:
    refused = target.kernels - target.kernels
    at_load = refused
    op = target.facts.op(callback)
    for form in needed(target.facts, families()[use.family], target.kernels)[0]:
        permission = target.facts.permission(form.name, callback, form.where)
        refused = refused | permission.fault(Why.CALLBACK) | permission.fault(Why.SLEEP) | permission.fault(Why.PROGRAM)
        at_load = at_load | permission.at_load
    if op is not None:
        refused = refused & op.where
    if not refused:
        return
    outcome = "the kernel refuses to load it" if at_load & refused else "the kernel ejects the scheduler when it runs"
    allowed = _allowed(use.family, target)
    diagnostics.add(WrongPlace(use.span, use.words, callback, str(refused), outcome, allowed, use.path))


def _allowed(family: str, target: Target) -> tuple[str, ...]:
    """The callbacks from which every declared kernel takes the call."""
    forms = needed(target.facts, families()[family], target.kernels)[0]
    out = []
    for name in target.facts.op_names:
        op = target.facts.op(name)
        if op is None or op.refused & target.kernels:
            continue
        faults = (target.facts.permission(form.name, name, form.where & op.where) for form in forms)
        if not any(p.fault(Why.CALLBACK) or p.fault(Why.SLEEP) or p.fault(Why.PROGRAM) for p in faults):
            out.append(name)
    return tuple(out)
