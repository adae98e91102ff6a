# SPDX-License-Identifier: GPL-2.0-only
"""`fail` and `exit restart`: ways out with an answer or a reason."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Kfunc
from scxdsl.typing import typed

from .context import FunctionContext
from .dispatch import statement
from .errors import message

_EXIT = Kfunc("scx_bpf_exit_bstr", ir.Proto(ir.VOID, (ir.I64, ir.Pointer(ir.CHAR), ir.Pointer(ir.U64), ir.U32)))
_RESTART = "SCX_ECODE_ACT_RESTART"


@statement.register
def _(node: typed.Fail, f: FunctionContext) -> None:
    assert f.fallback is not None  # callbacks that cannot fail were refused
    f.end(Const(f.fallback.type, -node.number))


@statement.register
def _(node: typed.ExitRestart, f: FunctionContext) -> None:
    code = f.build.enum_value(ir.Enum("scx_exit_code", 64), _RESTART, f.module.target.constant(_RESTART))
    text = message(f, node.parts, f"{f.module.place(node.span)}: ")
    f.build.kfunc(_EXIT, f.build.convert(code, ir.I64), *text.operands)
    f.abandon()
