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
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner

PER_CPU, STORAGE = 32 << 10, (64 << 10) - 128  # with room for the storage's own header
_LIMITS = {"task": STORAGE, "cgroup": STORAGE, "cpu": PER_CPU, "core": PER_CPU, "llc": PER_CPU}


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
        size, limit = struct_size([f.type for f in rows.fields])[0], _LIMITS.get(kind)
        size += sum(_tree_size(t) for t in rows.trees)
        if limit is not None and size > limit:
            diagnostics.add(RowTooLarge(rows.span, kind, size, limit))


def struct_size(types: list[lang.Type]) -> tuple[int, int]:
    """Size and alignment of fields one after the other, as C lays them out."""
    at, most = 0, 1
    for t in (t for t in types if not all_owner(t)):  # owners lie elsewhere
        size, align = _size(t)
        at, most = -(-at // align) * align + size, max(most, align)
    return -(-at // most) * most, most


def _tree_size(t: typed.Tree) -> int:
    """Its nodes, one more than the capacity and a power of two of them, each with 16 bytes of its own, a key and what is kept."""
    element = struct_size([f.type for f in t.element.fields])[0]
    return 16 + (1 << t.capacity.bit_length()) * (24 + 8 * len(t.kept) + -(-element // 8) * 8)


def _size(t: lang.Type) -> tuple[int, int]:
    match t:
        case lang.BoolType():
            return 1, 1
        case lang.IntType(bits):
            return bits // 8, bits // 8
        case lang.IndexType():
            return 4, 4
        case lang.TextType(size):
            return size, 1
        case lang.CpusetType():
            return lang.CPUSET_CPUS // 8, 8
        case lang.ArrayType(of, length, bounded):
            size, align = _size(of)
            return (size * length, align) if not bounded else _bounded(size, align, length)
        case lang.StructType(_, fields):
            return struct_size([f.type for f in fields])
        case lang.Optional(of):
            return struct_size([lang.BOOL, of])
        case lang.TupleType(items):
            return struct_size(list(items))
        case lang.EnumType(_, variants):
            return struct_size([lang.U32, *(f.type for v in variants for f in v.fields)])
    return 8, 8


def _bounded(size: int, align: int, length: int) -> tuple[int, int]:
    """A length of 4 bytes, then the elements."""
    align = max(align, 4)
    return -(-(align + size * length) // align) * align, align
