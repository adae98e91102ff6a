# SPDX-License-Identifier: GPL-2.0-only
"""A whole module as LLVM IR text."""

from scxdsl.ir.module import Module

from .context import ATTRIBUTES, Context
from .functions import function
from .kernel_bounds import marked
from .globals import license_variable, variable
from .maps import map_variable
from .metadata import quoted
from .struct_ops import table

TRIPLE = "bpfel"
_LAYOUT = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
_FLAGS = ((7, "Dwarf Version", 5), (2, "Debug Info Version", 3), (1, "wchar_size", 4))


def emit(module: Module) -> str:
    """LLVM IR with debug metadata; the same text for the same module, always. Raises scxdsl.ir.definitions.Conflict."""
    context = Context(module)
    body = [license_variable(context)]
    body += [variable(context, g) for g in module.globals]
    body += [map_variable(context, m) for m in module.maps]
    for f in module.functions:
        body += function(context, f)
    if module.ops is not None:
        body.append(table(context, module.ops))
    md = context.metadata
    file = context.file(module.source)
    md.fill(
        context.unit,
        "DICompileUnit",
        distinct=True,
        language="DW_LANG_C11",
        file=file,
        producer=quoted("scxdsl"),
        isOptimized=True,
        runtimeVersion=0,
        emissionKind="DebugDirectivesOnly",
        globals=md.group(*context.globals),
        splitDebugInlining=False,
        nameTableKind="None",
    )
    flags = [md.group(f"i32 {behaviour}", f"!{quoted(name)}", f"i32 {value}") for behaviour, name, value in _FLAGS]
    lines = [
        f"source_filename = {quoted(context.file_name(module.source))}",
        f'target datalayout = "{_LAYOUT}"',
        f'target triple = "{TRIPLE}"',
        *context.struct_types.values(),
        *context.string_lines(),
        *body,
        *context.declarations.values(),
        *ATTRIBUTES,
        f"!llvm.dbg.cu = !{{{context.unit}}}",
        f"!llvm.module.flags = !{{{', '.join(flags)}}}",
        *md.lines(),
    ]
    return marked("\n".join(lines) + "\n")
