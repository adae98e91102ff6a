# SPDX-License-Identifier: GPL-2.0-only
"""Variables of the module and the license, with the BTF by which libbpf, bpftool and readers find them."""

from scxdsl.ir.module import Global
from scxdsl.ir.types import CHAR, Array, Struct
from scxdsl.source.text import Span

from .context import Context, symbol
from .metadata import byte_string, quoted
from .types_llvm import memory

LICENSE = b"GPL\0"  # sched_ext's kernel functions are for GPL programs only


def global_align(context: Context, g: Global) -> int:
    """Whole words where it may help copying."""
    t = context.definitions.whole(g.type)
    return 8 if isinstance(t, (Array, Struct)) and t.size >= 8 else max(t.align, 1)


def debug_variable(
    context: Context, name: str, type_ref: str, span: Span, tags: tuple[str, ...] = (), extern: bool = False
) -> str:
    """The debug metadata of a global; remembered for the unit's list unless it is defined elsewhere."""
    md = context.metadata
    ref = md.reserve()
    md.fill(
        ref,
        "DIGlobalVariable",
        distinct=True,
        name=quoted(name),
        scope=context.unit,
        file=context.file(span.source),
        line=span.line,
        type=type_ref,
        isLocal=False,
        isDefinition=not extern,
        annotations=md.pairs("btf_decl_tag", tags),
    )
    expression = md.node("DIGlobalVariableExpression", var=ref, expr=md.node("DIExpression"))
    if not extern:
        context.globals.append(expression)
    return expression


def variable(context: Context, g: Global) -> str:
    """The line of a global's definition. It is never internal: LLVM would fold what user space may change."""
    if g.section == ".ksyms":
        return _of_the_kernel(context, g)
    size = context.definitions.whole(g.type).size
    data = (g.initial or b"").ljust(size, b"\0")
    initial = "zeroinitializer" if not any(data) else byte_string(data)
    debug = debug_variable(context, g.name, context.types.ref(g.type), g.span, g.tags)
    # a constant that is set before the object is loaded: LLVM must not take the value at hand, but may read it once
    kind = "externally_initialized constant" if g.read_only else "global"
    return (
        f"{symbol(g.name)} = {'hidden ' if g.hidden else ''}{kind} [{size} x i8] {initial}, "
        f"section {quoted(g.section)}, align {global_align(context, g)}, !dbg {debug}"
    )


def _of_the_kernel(context: Context, g: Global) -> str:
    """A declaration: libbpf finds the variable in the kernel's BTF, by name and type. It must be const there."""
    const = context.types.const(g.type)
    debug = debug_variable(context, g.name, const, g.span, extern=True)
    linkage = "extern_weak" if g.weak else "external"
    return f'{symbol(g.name)} = {linkage} constant {memory(g.type)}, section ".ksyms", !dbg {debug}'


def license_variable(context: Context) -> str:
    span = context.module.source.span(0, 0)
    debug = debug_variable(context, "_license", context.types.ref(Array(CHAR, len(LICENSE))), span)
    return f'@_license = global [{len(LICENSE)} x i8] {byte_string(LICENSE)}, section "license", align 1, !dbg {debug}'
