# SPDX-License-Identifier: GPL-2.0-only
"""Which rows are looked at in the end. Of rows by number those that the machine has CPUs for, of arrays the first thousand entries."""

from collections.abc import Iterator
from typing import Any

from scxdsl.model import Model
from scxdsl.typing import typed

ENTRIES = 1000


def rows_of(policy: typed.Policy, m: Model) -> Iterator[tuple[typed.Rows, int, Any]]:
    """Their kind, a number that names one, and the task, cgroup or index that has it."""
    for rows in policy.rows.values():
        if not rows.fields and not rows.trees:
            continue
        match rows.kind:
            case "task":
                owners = m.tasks.items()
            case "cgroup":
                owners = m.cgroups.items()
            case _:
                owners = {i: i for i in range(min(rows.capacity or len(m.cpus), ENTRIES))}.items()
        yield from ((rows, name, owner) for name, owner in owners)
