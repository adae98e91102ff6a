# SPDX-License-Identifier: GPL-2.0-only
"""The ops table: a variable in `.struct_ops.link` whose type has the members in use only; libbpf matches them to the running
kernel's by name (bpf_map__init_kern_struct_ops, tools/lib/bpf/libbpf.c) and goes by size and kind, not by prototype."""

from scxdsl.ir.module import Ops
from scxdsl.ir.types import CHAR, I64, U64, Array, Pointer, Proto, Type

from .context import Context, symbol
from .globals import debug_variable
from .metadata import byte_string
from .types_llvm import constant, memory

NAME_SIZE = 128  # SCX_OPS_NAME_LEN, include/linux/sched/ext.h
_CALLBACK = Pointer(Proto(I64, (Pointer(U64),)))


def table(context: Context, ops: Ops) -> str:
    """The line of the table's definition."""
    members: list[tuple[str, Type, str]] = [(name, _CALLBACK, symbol(program)) for name, program in ops.programs.items()]
    members += [(name, t, constant(t, value)) for name, (t, value) in ops.numbers.items()]
    name = ops.scheduler.encode()[: NAME_SIZE - 1].ljust(NAME_SIZE, b"\0")
    members.append(("name", Array(CHAR, NAME_SIZE), byte_string(name)))

    fields, kinds, values, at = [], [], [], 0
    for member, t, text in members:
        gap = -at % t.align
        if gap:
            kinds.append(f"[{gap} x i8]")
            values.append(f"[{gap} x i8] zeroinitializer")
            at += gap
        fields.append((member, context.types.ref(t), t.size, at, ()))
        kinds.append(memory(t))
        values.append(f"{memory(t)} {text}")
        at += t.size
    if at % 8:
        kinds.append(f"[{-at % 8} x i8]")
        values.append(f"[{-at % 8} x i8] zeroinitializer")
    ref = context.metadata.reserve()
    context.types.fill_struct(ref, ops.struct, fields, at + -at % 8)
    debug = debug_variable(context, ops.name, ref, context.module.source.span(0, 0))
    return (
        f"{symbol(ops.name)} = global <{{ {', '.join(kinds)} }}> <{{ {', '.join(values)} }}>, "
        f'section ".struct_ops.link", align 8, !dbg {debug}'
    )
