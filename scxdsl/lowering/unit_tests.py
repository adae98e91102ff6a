# SPDX-License-Identifier: GPL-2.0-only
"""Tests as programs beside the callbacks, for the bytecode machine: `test_0`, `test_1`, … give 0, or the number of the first assert
that does not hold counted from 1, or -1 after an `error`. No object that is loaded has them."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import Builder
from .calls import inline_body
from .context import FunctionContext, ModuleContext
from .dispatch import statement, value
from .moves import scalar

RAISED = -1


def name(number: int) -> str:
    return f"test_{number}"


def program(context: ModuleContext, number: int, test: typed.Test) -> irm.Function:
    build = Builder(test.span)
    f = FunctionContext(context, build, "", Const(ir.I32, RAISED), lang.NOTHING)
    f.params = [Value(ir.U64, "unused")]
    inline_body(test.body, None, f)
    if not build.ended:
        build.ret(Const(ir.I32, 0))
    return irm.Function(
        name=name(number),
        params=f.params,
        result=ir.I32,
        body=build.body,
        linkage=irm.Linkage.PROGRAM,
        span=test.span,
        section=f"syscall/{name(number)}",
        title=f"test {test.title}",
    )


@statement.register
def _(node: typed.Assert, f: FunctionContext) -> None:
    with f.build.when(f.build.negate(scalar(value(node.condition, f)))):
        f.end(Const(ir.I32, node.number + 1))
