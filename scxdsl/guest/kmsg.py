# SPDX-License-Identifier: GPL-2.0-only
"""The guest kernel's log: records of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) and which of them tell of a fault."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WARNING = 4  # KERN_WARNING; lower is graver

# What a kernel prints of a fault of its own, whoever brought it about.
FAULT = re.compile(
    r"\bWARNING:|\bBUG:|\bOops\b|Call Trace:|general protection fault|NULL pointer dereference|kernel panic"
    r"|rcu: INFO: .*stall|self-detected stall|soft lockup|hard LOCKUP|INFO: task .* blocked|possible (?:recursive|circular) locking"
    r"|suspicious RCU usage|scheduling while atomic|refcount_t:|list_(?:add|del) corruption",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One record; `level` 0 (emergency) to 7 (debug), `time` in us since boot."""

    level: int
    sequence: int
    time: int
    text: str

    @property
    def is_fault(self) -> bool:
        """A splat, or a complaint of sched_ext itself (what it writes at info level is information)."""
        if FAULT.search(self.text):
            return True
        return self.level <= WARNING and self.text.startswith("sched_ext")


def parse(record: str) -> Record | None:
    """A raw record; None for one that user space wrote."""
    head, separator, rest = record.partition(";")
    fields = head.split(",")
    if not separator or len(fields) < 3:
        return None
    number = int(fields[0])
    if number >> 3:  # facility: 0 is the kernel
        return None
    return Record(number & 7, int(fields[1]), int(fields[2]), rest.split("\n", 1)[0])


def faults(records: Iterable[Record]) -> tuple[str, ...]:
    """Lines that tell of a fault. Those of an ejection (level error: "sched_ext: … runtime error") are in the exit record as well."""
    return tuple(r.text for r in records if r.is_fault)


_STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[[^\]]*\])? *")


def first_fault(console: str) -> str:
    """What a console tells of the end of a kernel, in one line without its time: the first fault, and where it was; empty where it tells of none."""
    lines = [_STAMP.sub("", line).strip() for line in console.splitlines()]
    at = next((i for i, line in enumerate(lines) if FAULT.search(line)), None)
    if at is None:
        return ""
    where = next((line for line in lines[at:] if line.startswith("RIP: 0010:")), "")  # in the kernel
    return f"{lines[at]}, {where}" if where else lines[at]
