# SPDX-License-Identifier: GPL-2.0-only
"""Keys of array maps. Most are 0: of what each CPU has one of, of the counters. One such key lies in the object, which is three instructions less
than to write it on the stack for each lookup."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Local, Operand

from .context import FunctionContext

ZERO = "__zero"


def array_key(f: FunctionContext, index: Operand) -> Operand:
    """Address of a number of 32 bits."""
    if isinstance(index, Const) and not index.value:
        return _zero(f)
    address = f.build.local_address(Local(f.name("key"), ir.U32))
    f.build.store(address, f.build.convert(index, ir.U32))
    return address


def _zero(f: FunctionContext) -> Operand:
    module = f.module.module
    if all(g.name != ZERO for g in module.globals):
        span = f.module.policy.span
        module.globals.append(irm.Global(name=ZERO, type=ir.U32, section=".rodata", span=span, read_only=True, hidden=True))
    return f.build.global_address(ZERO, ir.U32)
