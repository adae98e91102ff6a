# SPDX-License-Identifier: GPL-2.0-only
"""Calls out of the program: helpers by number, kernel functions by symbol.

A kernel function is a declaration in section .ksyms with a DISubprogram, from which LLVM writes BTF's extern FUNC; libbpf
compares its prototype with the kernel's. A weak one may be missing: its address is then null.
"""

from scxdsl.ir.helpers import HELPERS
from scxdsl.ir.ops import CallHelper, CallKfunc, Kfunc, KfuncExists, Operand, Value
from scxdsl.ir.types import VOID, Type

from .arithmetic import resize, tested
from .context import CALL, Context, symbol
from .metadata import quoted
from .types_llvm import extension, register
from .writer import Writer

_LETTERS = {"p": "ptr", "8": "i64", "4": "i32", "v": "void"}


def call_helper(w: Writer, op: CallHelper) -> None:
    helper = HELPERS[op.helper]
    kinds = [_LETTERS[letter] for letter in helper.params.rstrip("*")]
    kinds += ["i64"] * (len(op.arguments) - len(kinds))
    arguments = ", ".join(f"{kind} {resize(w, x, kind)}" for kind, x in zip(kinds, op.arguments))
    kind = _LETTERS[helper.result]
    _finish(w, op.result, kind, f"call {kind} inttoptr (i64 {helper.number} to ptr)({arguments}) {CALL}")


def _finish(w: Writer, result: Value | None, kind: str, text: str) -> None:
    """A call and its result, in the width that the IR wants."""
    if result is None or kind == "void":
        w.instruction(text)
        return
    name = w.compute(text)
    want = register(result.type)
    if want == kind:
        w.bind(result, name)
    elif kind == "ptr":
        w.define(result, f"ptrtoint ptr {name} to {want}")
    elif want == "ptr":
        w.define(result, f"inttoptr {kind} {name} to ptr")
    else:
        assert int(want[1:]) < int(kind[1:]), "a result is wanted in as many bits as it has, or fewer"
        w.define(result, f"trunc {kind} {name} to {want}")


def call_kfunc(w: Writer, op: CallKfunc) -> None:
    declare_kfunc(w.context, op.kfunc)
    proto = op.kfunc.proto
    kind = register(proto.result)
    sure = "nonnull " if op.kfunc.sure else ""
    _finish(w, op.result, kind, f"call {sure}{kind} {symbol(op.kfunc.symbol)}({passed(w, proto.params, op.arguments)}) {CALL}")


def passed(w: Writer, params: tuple[Type, ...], arguments: tuple[Operand, ...]) -> str:
    """An argument list in LLVM's syntax."""
    return ", ".join(
        f"{register(t)} {extension(t)}{resize(w, x, register(t))}" for t, x in zip(params, arguments)
    )


def kfunc_exists(w: Writer, op: KfuncExists) -> None:
    declare_kfunc(w.context, op.kfunc)
    w.bind(op.result, tested(w, op.result, w.compute(f"icmp ne ptr {symbol(op.kfunc.symbol)}, null")))


def declare_kfunc(context: Context, kfunc: Kfunc) -> None:
    """Once for each symbol. The result carries no extension: whoever calls widens it, as the BPF convention has it."""
    if kfunc.symbol in context.declarations:
        return
    file = context.file(context.module.source)
    proto = kfunc.proto
    program = context.metadata.node(
        "DISubprogram",
        name=quoted(kfunc.symbol),
        scope=file,
        file=file,
        line=1,
        type=context.types.signature(proto.result, proto.params),
        flags="DIFlagPrototyped",
        spFlags="DISPFlagOptimized",
    )
    params = ", ".join(f"{register(t)} {extension(t)}".rstrip() for t in proto.params)
    weak = "extern_weak " if kfunc.weak else ""
    result = register(proto.result) if proto.result != VOID else "void"
    context.declare(
        kfunc.symbol,
        f'declare !dbg {program} {weak}{result} {symbol(kfunc.symbol)}({params}) {CALL} section ".ksyms"',
    )


EMITTERS = {CallHelper: call_helper, CallKfunc: call_kfunc, KfuncExists: kfunc_exists}
