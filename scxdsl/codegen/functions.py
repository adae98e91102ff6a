# SPDX-License-Identifier: GPL-2.0-only
"""Functions: linkage, sections, debug metadata, the parameters of a program out of its context."""

from scxdsl.ir.module import Function, Linkage
from scxdsl.ir.types import U64, VOID, Bool, Pointer

from .context import BODY, Context, symbol
from .control import block
from .metadata import quoted
from .types_llvm import extension, register
from .writer import Writer

# Global functions are weak: LLVM must not carry what it sees of their result into callers that the kernel verifies alone.
_LINKAGE = {
    Linkage.PROGRAM: "",
    Linkage.STATIC: "internal ",
    Linkage.NOINLINE: "internal ",
    Linkage.GLOBAL: "weak ",
}
_ATTRIBUTE = {
    Linkage.PROGRAM: "",
    Linkage.STATIC: "inlinehint ",
    Linkage.NOINLINE: "noinline ",
    Linkage.GLOBAL: "noinline ",
}


def function(context: Context, f: Function) -> list[str]:
    """The lines of one function's definition."""
    is_program = f.linkage is Linkage.PROGRAM
    if is_program:
        params = [("ctx", context.types.pointer(context.types.ref(f.context or U64)))]
        signature = "ptr %ctx"
    else:
        params = [(p.name or f"a{at}", context.types.ref(p.type)) for at, p in enumerate(f.params)]
        signature = ", ".join(f"{register(p.type)} {extension(p.type)}%p{at}" for at, p in enumerate(f.params))
    scope = _subprogram(context, f, params)
    w = Writer(context, f, scope)
    if is_program:
        _load_params(w, f)
    else:
        for at, p in enumerate(f.params):
            w.bind(p, f"%p{at}")
    block(w, f.body)
    if not w.closed:
        assert f.result == VOID, f"{f.name} ends without a result"
        w.at(f.span)
        w.close("ret void")
    head = (
        f"define {_LINKAGE[f.linkage]}{extension(f.result)}{register(f.result)} {symbol(f.name)}({signature}) "
        f"{_ATTRIBUTE[f.linkage]}{BODY}"
    )
    if f.section:
        head += f" section {quoted(f.section)}"
    return [f"{head} !dbg {scope} {{", *w.body(), "}"]


def _subprogram(context: Context, f: Function, params: list[tuple[str, str]]) -> str:
    """The DISubprogram; its parameters' names and types reach BTF by way of retainedNodes."""
    md = context.metadata
    file, line = context.file(f.span.source), f.span.line
    scope = md.reserve()
    names = [
        md.node(
            "DILocalVariable",
            name=quoted(name),
            arg=at,
            scope=scope,
            file=file,
            line=line,
            type=ref,
            annotations=md.pairs("btf_decl_tag", f.param_tags.get(at - 1, ())),
        )
        for at, (name, ref) in enumerate(params, 1)
    ]
    is_local = f.linkage in (Linkage.STATIC, Linkage.NOINLINE)
    result = context.types.ref(f.result)
    md.fill(
        scope,
        "DISubprogram",
        distinct=True,
        name=quoted(f.name),
        scope=file,
        file=file,
        line=line,
        type=md.node("DISubroutineType", types=md.group(result, *(ref for _, ref in params))),
        scopeLine=line,
        flags="DIFlagPrototyped",
        spFlags=("DISPFlagLocalToUnit | " if is_local else "") + "DISPFlagDefinition | DISPFlagOptimized",
        unit=context.unit,
        retainedNodes=md.group(*names),
        annotations=md.pairs("btf_decl_tag", f.tags),
    )
    return scope


def _load_params(w: Writer, f: Function) -> None:
    """A program's context is an array of 64-bit slots, one for each member of its callback; unused ones are not read."""
    for at, p in enumerate(f.params):
        if p not in w.used:
            continue
        address = w.compute(f"getelementptr i8, ptr %ctx, i64 {at * 8}") if at else "%ctx"
        if isinstance(p.type, Pointer):
            w.define(p, f"load ptr, ptr {address}, align 8")
            continue
        slot = w.compute(f"load i64, ptr {address}, align 8")
        kind = register(p.type)
        if isinstance(p.type, Bool):
            low = w.compute(f"trunc i64 {slot} to i8")
            w.define(p, f"icmp ne i8 {low}, 0")
        elif kind == "i64":
            w.bind(p, slot)
        else:
            w.define(p, f"trunc i64 {slot} to {kind}")
