# SPDX-License-Identifier: GPL-2.0-only
"""Where in the policy the cause of an ending or refusal lies for which the kernel names no line, or another one.

An insert into an unknown queue is such a one: the kernel keeps the queue's number and looks it up when the callback is over
(kernel/sched/ext.c: mark_direct_dispatch, direct_dispatch, flush_dispatch_buf), so its stack trace has no line of ours. But queues that
a policy declares always exist, so the number stems from a conversion.

A map that cannot be made is refused before any program is looked at (tools/lib/bpf/libbpf.c: bpf_object__create_map), as a type is that holds too many
kernel pointers (kernel/bpf/btf.c: btf_parse_fields). A constant that the kernel lacks is refused where LLVM put its load, which may be the
callback's first line (tools/lib/bpf/relo_core.c: bpf_core_poison_insn).
"""

import re

from scxdsl.ir.module import Map, Module
from scxdsl.ir.types import Pointer, Struct
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.types import DsqType
from scxdsl.typing.walk import walk

_UNKNOWN_QUEUE = re.compile(r"non-existent DSQ 0x([0-9a-f]+)")

_MAP = re.compile(r"map '(\w+)': failed to create")
_TOO_MANY_FIELDS = re.compile(r"BTF loading error: -7\b")
_CONSTANT = re.compile(r"CO-RE relocation <enumval_\w+> \[\d+\] \S+ \w+::(\w+)")


def speaks_of_a_declaration(words: str) -> bool:
    """Whether `refused` may know more of these words than the verifier's log."""
    return any(pattern.search(words) for pattern in (_MAP, _TOO_MANY_FIELDS, _CONSTANT))


def refused(module: Module, policy: typed.Policy, words: str) -> Span | None:
    """The declaration or constant that the kernel's `words` of a refusal are about; none where they are about a program's instruction."""
    if found := _MAP.search(words):
        return next((m.span for m in module.maps if m.name == found[1]), None)
    if _TOO_MANY_FIELDS.search(words):
        return max(module.maps, key=_pointers).span if module.maps else None
    if found := _CONSTANT.search(words):
        nodes = [node for body in policy.bodies() for node in walk(body) if isinstance(node, typed.KernelConstant) and node.name == found[1]]
        return nodes[0].span if len(nodes) == 1 else None
    return None


def _pointers(made: Map) -> int:
    return sum(isinstance(f.type, Pointer) for f in made.value.fields) if isinstance(made.value, Struct) else 0


def suspects(policy: typed.Policy, message: str) -> tuple[Span, ...]:
    """The places that can have brought the kernel to say `message`; empty where nothing is known of it."""
    found = _UNKNOWN_QUEUE.search(message)
    if not found:
        return ()
    number = int(found[1], 16)
    sure, likely = [], []
    for body in policy.bodies():
        for node in walk(body):
            if isinstance(node, typed.Convert) and isinstance(node.type, DsqType):
                if not isinstance(node.value, typed.Literal):
                    likely.append(node.span)
                elif node.value.value == number:
                    sure.append(node.span)
    return tuple(sure or likely)
