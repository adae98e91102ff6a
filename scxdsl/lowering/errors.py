# SPDX-License-Identifier: GPL-2.0-only
"""`error`, `log`, `dump`: text for the kernel, and the way out."""


from collections.abc import Sequence

from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Kfunc, Local, Operand
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .builder import number
from .context import FunctionContext
from .dispatch import statement, value
from .effects import effect, for_error
from .expressions import signed
from .moves import scalar
from .values import Memory

_BSTR = ir.Proto(ir.VOID, (ir.Pointer(ir.CHAR), ir.Pointer(ir.U64), ir.U32))
ERROR = Kfunc("scx_bpf_error_bstr", _BSTR)
DUMP = Kfunc("scx_bpf_dump_bstr", _BSTR)


@dataclass(frozen=True)
class Message:
    """A format, its values and their size in bytes, as the kernel's bstr functions take them."""

    text: str
    format: Operand
    values: Operand
    size: Operand

    @property
    def operands(self) -> tuple[Operand, Operand, Operand]:
        return self.format, self.values, self.size


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
    return _laid_out(f, text, values)


def _laid_out(f: FunctionContext, text: str, values: Sequence[Operand]) -> Message:
    """A format and its values, as u64 each, where the kernel finds them."""
    array = ir.Array(ir.U64, max(len(values), 1))
    data = f.build.local_address(Local(f.name("values"), array))
    if not values:
        f.build.clear(data, array)
    for i, v in enumerate(values):
        f.build.store(f.build.element(data, array, number(i)), f.build.convert(v, ir.U64))
    address = f.build.global_address(f.module.text(text, f.build.span), ir.CHAR)
    return Message(text, address, data, Const(ir.U32, 8 * len(values)))


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


def raise_index(f: FunctionContext, index: Operand, length: int | Operand) -> None:
    """An index out of range is an error of the policy, at the index. `length`: as it is at the moment, where it varies."""
    if isinstance(length, int):
        raise_text(f, f"index %llu is out of range: the length is {length}", index)
    else:
        raise_text(f, "index %llu is out of range: the length is %llu", index, length)


def raise_text(f: FunctionContext, text: str, *values: Operand) -> None:
    """An error that the language itself raises, at the place at hand; `text` is a format of the kernel's."""
    with for_error(f):
        print_text(f, ERROR, f"{f.module.place(f.build.span)}: {text}", *values)
        f.abandon()


def print_text(f: FunctionContext, kfunc: Kfunc, text: str, *values: Operand) -> None:
    """Hands a text with numbers to one of the kernel's bstr functions."""
    f.build.kfunc(kfunc, *_laid_out(f, text, values).operands)
