# SPDX-License-Identifier: GPL-2.0-only
"""Maps in libbpf's convention: a variable in `.maps` whose type, an anonymous struct of pointers, says everything.

A number n is a pointer to an array of n ints, key and value are pointers to their types (tools/lib/bpf/bpf_helpers.h,
__uint and __type)."""

from scxdsl.ir.map_kinds import MAP_KINDS
from scxdsl.ir.module import Map
from scxdsl.ir.types import I32

from .context import Context, symbol
from .globals import debug_variable

_PIN_BY_NAME = 1  # enum libbpf_pin_type, LIBBPF_PIN_BY_NAME


def map_variable(context: Context, m: Map) -> str:
    """The line of a map's definition. Numbers that are 0 are left out: that is libbpf's default."""
    types = context.types

    def number(n: int) -> str:
        return types.pointer(types.array(types.ref(I32), 4, n))

    members = [("type", number(MAP_KINDS[m.kind]))]
    if m.key is not None:
        members.append(("key", types.pointer(types.ref(m.key))))
    if m.value is not None:
        members.append(("value", types.pointer(types.ref(m.value))))
    numbers = (("max_entries", m.max_entries), ("map_flags", m.flags), ("pinning", _PIN_BY_NAME if m.pinned else 0))
    members += [(name, number(n)) for name, n in numbers if n]
    ref = context.metadata.reserve()
    fields = [(name, type_, 8, at * 8, ()) for at, (name, type_) in enumerate(members)]
    types.fill_struct(ref, None, fields, len(members) * 8)
    debug = debug_variable(context, m.name, ref, m.span, m.tags)
    return f'{symbol(m.name)} = global [{len(members)} x ptr] zeroinitializer, section ".maps", align 8, !dbg {debug}'
