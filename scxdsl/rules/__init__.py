# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel demands of a policy, a rule a file. Each works on the typed tree and the kernels that are declared."""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing.typed import Policy

from . import contexts, held, locks, moment, queue_order, row_size, versions

RULES = (versions.apply, contexts.apply, queue_order.apply, held.apply, locks.apply, moment.apply, row_size.apply)


def apply(policy: Policy, target: Target, diagnostics: Diagnostics) -> None:
    """All rules, on a policy without type errors."""
    for rule in RULES:
        rule(policy, target, diagnostics)
