# SPDX-License-Identifier: GPL-2.0-only
"""How large a row may be.

Source: kernel/bpf/arraymap.c, array_map_alloc_check: values of per-CPU arrays up to PCPU_MIN_UNIT_SIZE (32 kB);
include/linux/bpf_local_storage.h, BPF_LOCAL_STORAGE_MAX_VALUE_SIZE: a little under 64 kB.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Help
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing.sizes import struct_size

# By kind of row, the limit's name in the kernel facts.
_LIMITS = {"task": "storage_value", "cgroup": "storage_value", "cpu": "percpu_value", "core": "percpu_value", "llc": "percpu_value"}


@dataclass(frozen=True)
class RowTooLarge(Diagnostic):
    """The members of one CPU, core or llc have room in 32 kB together, those of a task or cgroup in just under 64 kB: the kernel
    makes no larger ones."""

    code = "E0610"
    title = "the members of one {kind} take {size} bytes, the kernel gives {limit}"
    label = "too large together"
    bad = "scheduler s\nper cpu { log: [u64; 5000] }\n"
    good = "scheduler s\nper cpu { log: [u64; 500] }\n"
    kind: str
    size: int
    limit: int

    def helps(self) -> Iterator[Help]:
        yield Help("keep large tables in a `map` or a `table`")


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for kind, rows in policy.rows.items():
        if kind not in _LIMITS:
            continue
        size, limit = struct_size([f.type for f in rows.fields])[0], min(target.facts.limit(_LIMITS[kind]).within(target.kernels).values())
        size += sum(_tree_size(t) for t in rows.trees)
        if size > limit:
            diagnostics.add(RowTooLarge(rows.span, kind, size, limit))


def _tree_size(t: typed.Tree) -> int:
    """Its nodes, one more than the capacity and a power of two of them, each with 16 bytes of its own, a key and what is kept."""
    element = struct_size([f.type for f in t.element.fields])[0]
    return 16 + (1 << t.capacity.bit_length()) * (24 + 8 * len(t.kept) + -(-element // 8) * 8)
