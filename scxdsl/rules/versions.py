# SPDX-License-Identifier: GPL-2.0-only
"""What some declared kernel lacks: functions without any form there, and constants.

Source: libbpf refuses an object with an unresolved strong symbol, and a program that uses a constant that CO-RE could not
find ("invalid func unknown#195896080").
"""

from scxdsl.kernel.forms import families, needed
from scxdsl.kernel.target import Target
from scxdsl.kernel.versions import Kernels
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.errors_declarations import MissingOnKernel

from .uses import Use, uses, where_is


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    facts = target.facts
    for context, body in policy.programs():
        op = facts.op(context)
        here = target.kernels & op.where if op is not None else target.kernels
        for use in uses(body, here, facts):
            lacking, name = _lacking(use, target)
            if lacking:
                _missing(use.span, use.words, lacking, name, diagnostics)
    for flag in policy.flags:
        lacking = target.kernels - where_is(flag.constant, facts)
        if lacking:
            _missing(flag.span, flag.span.text, lacking, flag.constant, diagnostics)


def _lacking(use: Use, target: Target) -> tuple[Kernels, str]:
    """The kernels that come to a use and lack it, and the kernel's name of it."""
    if use.constant:
        return use.kernels - where_is(use.family, target.facts), use.family
    family = families()[use.family]
    lacking = needed(target.facts, family, use.kernels)[1]
    stood_in = family.fallback and use.words not in family.names  # by its kernel name it is that function and nothing that stands in for it
    return (lacking - lacking if stood_in else lacking), family.names[0]


def _missing(span: Span, words: str, kernels: Kernels, name: str, diagnostics: Diagnostics) -> None:
    diagnostics.add(MissingOnKernel(span, words, str(kernels), "has" if len(kernels) == 1 else "have", name))
