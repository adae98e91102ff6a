# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel demands of a policy, a rule a file. Each works on the typed tree and the kernels that are declared."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing.left_out import IN_TYPES, LEFT_OUT
from scxdsl.typing.typed import Policy

from . import (
    asks_for_flag, builtin_idle, cancel, contexts, exchanged, failing, held, insert_flags, inserted_once, kick_flags, kick_missing, left_behind,
    locks, map_count, moment, moved, outlived, outside_writes, own_queues, own_select, own_task, owners, perf_target, program_size, queue_order,
    row_size, scheduler_flags, settings, sizes, slice_zero, trees, unknown_queue, versions,
)  # fmt: skip

Rule = Callable[[Policy, Target, Diagnostics], None]

_MODULES = (
    versions, contexts, settings, scheduler_flags, queue_order, inserted_once, slice_zero, insert_flags, unknown_queue, own_queues, cancel,
    kick_flags, kick_missing, left_behind, outlived, perf_target, held, locks, moment, row_size, sizes, map_count, own_task, own_select,
    builtin_idle, asks_for_flag, failing, trees, moved, owners, exchanged, outside_writes, program_size,
)  # fmt: skip
RULES: dict[str, Rule] = {module.__name__.rpartition(".")[2]: module.apply for module in _MODULES}


def apply(policy: Policy, target: Target, diagnostics: Diagnostics) -> None:
    """All rules, on a policy without type errors."""
    for name, rule in RULES.items():
        if name not in LEFT_OUT:
            rule(policy, target, diagnostics)


@contextmanager
def without(*names: str) -> Iterator[None]:
    """For tests only: no check looks at these rules, so that a kernel can be asked about what they refuse. Raises KeyError for
    a name that is no rule, neither of this folder nor of those that the types carry (IN_TYPES)."""
    new = {name for name in names if name in IN_TYPES or RULES[name]} - LEFT_OUT
    LEFT_OUT.update(new)
    try:
        yield
    finally:
        LEFT_OUT.difference_update(new)
