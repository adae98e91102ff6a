# SPDX-License-Identifier: GPL-2.0-only
"""`error`, `log`, `dump`: text for the kernel, and the way out."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const
from scxdsl.typing import typed

from .context import FunctionContext
from .dispatch import statement, value
from .effects import effect, for_error
from .expressions import signed
from .kernel_text import DUMP, ERROR, Message, laid_out
from .moves import scalar
from .values import Memory


def message(f: FunctionContext, parts: list[str | typed.Expr], prefix: str) -> Message:
    """Lays a message out. Values are u64 each; a text is its address."""
    text, values = prefix, []
    for part in parts:
        if isinstance(part, str):
            text += part.replace("%", "%%")
            continue
        lowered = value(part, f)
        if isinstance(lowered, Memory):
            text += "%s"
            values.append(f.build.convert(lowered.address, ir.U64))
        else:
            text += "%lld" if signed(part.type) else "%llu"
            values.append(f.build.convert(scalar(lowered), ir.U64))
    return laid_out(f, text, values)


@statement.register
def _(node: typed.Error, f: FunctionContext) -> None:
    text = message(f, node.parts, f"{f.module.place(node.span)}: ")
    with for_error(f):
        f.build.kfunc(ERROR, *text.operands)
        f.abandon()


@statement.register
def _(node: typed.Dump, f: FunctionContext) -> None:
    f.build.kfunc(DUMP, *message(f, node.parts, "").operands)


@statement.register
def _(node: typed.Log, f: FunctionContext) -> None:
    """To the trace pipe, a line each."""
    line = message(f, [*node.parts, "\n"], f"{f.module.policy.name}: ")
    length = Const(ir.U32, len(line.text.encode()) + 1)
    effect(f, lambda: f.build.helper("trace_vprintk", ir.I64, line.format, length, line.values, line.size))
