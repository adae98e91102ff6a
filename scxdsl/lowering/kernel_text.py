# SPDX-License-Identifier: GPL-2.0-only
"""Texts for the kernel's bstr functions, and the errors that the language itself raises."""

from collections.abc import Sequence

from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Kfunc, Local, Operand
from scxdsl.source.records import dataclass

from .builder import number
from .context import FunctionContext
from .effects import for_error

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


def laid_out(f: FunctionContext, text: str, values: Sequence[Operand]) -> Message:
    """A format and its values, as u64 each, where the kernel finds them."""
    array = ir.Array(ir.U64, max(len(values), 1))
    data = f.build.local_address(Local(f.name("values"), array))
    if not values:
        f.build.clear(data, array)
    for i, v in enumerate(values):
        f.build.store(f.build.element(data, array, number(i)), f.build.convert(v, ir.U64))
    address = f.build.global_address(f.module.text(text, f.build.span), ir.CHAR)
    return Message(text, address, data, Const(ir.U32, 8 * len(values)))


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
    f.build.kfunc(kfunc, *laid_out(f, text, values).operands)
