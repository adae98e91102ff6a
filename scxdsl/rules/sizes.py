# SPDX-License-Identifier: GPL-2.0-only
"""How large variables, counters, maps and tables may be.

Source: the map_alloc_check and map_alloc of each kind. kernel/bpf/arraymap.c: a value of a per-CPU array up to PCPU_MIN_UNIT_SIZE.
kernel/bpf/hashtab.c: keys up to MAX_BPF_STACK, key and value together up to KMALLOC_MAX_SIZE, buckets that an u32 counts.
kernel/bpf/queue_stack_maps.c: elements up to KMALLOC_MAX_SIZE. All are -E2BIG when the object is loaded. Data: limits percpu_value,
hash_key, hash_entries, element. Beyond these memory itself ends: more than MEMORY in one piece is refused here, less may still be too much
for a machine (-ENOMEM).
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.typed import HIST_BUCKETS

from scxdsl.typing.sizes import struct_size

MEMORY = 1 << 30
_NODE = 48  # of a hash, beside key and value


@dataclass(frozen=True)
class TooLarge(Diagnostic):
    """The kernel makes maps of bounded size: what each CPU has of its own takes at most 32 kB in one piece (a `percpu var`; all counters
    together; all histograms together), a key of a hash 512 bytes, an element of a map 4 MB. Anything of more than 1 GB is refused too."""

    code = "E0613"
    title = "{what}: {size} {unit}, at most {limit} can be had"
    label = "too large"
    bad = "scheduler s\npercpu var history: [u64; 5000]\n"
    good = "scheduler s\npercpu var history: [u64; 4000]\n"
    what: str
    size: int
    limit: int
    unit: str = "bytes"


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    limit = {n: min(target.facts.limit(n).within(target.kernels).values()) for n in ("percpu_value", "hash_key", "hash_entries", "element")}
    said: set[Span] = set()
    for span, what, size, most, unit in (*_variables(policy, limit), *_maps(policy, limit), *_tables(policy)):
        if size > most and span not in said:
            said.add(span)
            diagnostics.add(TooLarge(span, what, size, most, unit))


_Size = tuple[Span, str, int, int, str]


def _variables(policy: typed.Policy, limit: dict[str, int]) -> Iterator[_Size]:
    for variable in policy.globals:
        size = struct_size([variable.type])[0]
        yield variable.span, f"`{variable.name}`", size, limit["percpu_value"] if variable.percpu else MEMORY, "bytes"
    for what, items, each in (("counters", policy.stats, 8), ("histograms", policy.hists, 8 * HIST_BUCKETS)):
        fitting = limit["percpu_value"] // each
        if len(items) > fitting:
            yield items[fitting].span, f"all {what} together", len(items) * each, limit["percpu_value"], "bytes"


def _maps(policy: typed.Policy, limit: dict[str, int]) -> Iterator[_Size]:
    for m in policy.maps:
        value = struct_size([m.value])[0]
        key = struct_size([m.key])[0] if m.kind in ("hash", "lru") and m.key is not None else 0
        if key:
            yield m.span, f"a key of `{m.name}`", key, limit["hash_key"], "bytes"
            yield m.span, f"the capacity of `{m.name}`", m.capacity, limit["hash_entries"], "entries"
        yield m.span, f"an element of `{m.name}`", key + value, limit["element"], "bytes"
        yield m.span, f"`{m.name}`", m.capacity * (key + value + (_NODE if key else 0)), MEMORY, "bytes"


def _tables(policy: typed.Policy) -> Iterator[_Size]:
    for name, rows in policy.rows.items():
        if rows.capacity is not None:
            yield rows.span, f"the rows of `{name}`", rows.capacity * struct_size([f.type for f in rows.fields])[0], MEMORY, "bytes"
