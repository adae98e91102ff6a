# SPDX-License-Identifier: GPL-2.0-only
"""Entries of the compiler's own array maps, by their index. Most have the index 0: what each CPU has one of, the counters. One such key lies in the
object, which is three instructions less than to write it on the stack for each lookup."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const, Local, Operand, Value

from .context import FunctionContext

FIRST = Const(ir.U32, 0)
ZERO = "__zero"


def array_entry(f: FunctionContext, map: str, type: ir.Type, index: Operand = FIRST, cpu: Operand | None = None) -> Value:
    """Address of the entry of a map; of a per-CPU array this CPU's own, or that of `cpu`. Null where there is none, as the verifier sees it always."""
    where = f.build.global_address(map)
    if cpu is None:
        found = f.build.helper("map_lookup_elem", ir.Pointer(type), where, _key(f, index))
    else:
        cpu = f.build.convert(cpu, ir.U32)
        found = f.build.helper("map_lookup_percpu_elem", ir.Pointer(type), where, _key(f, index), cpu)
    assert found is not None
    return found


def _key(f: FunctionContext, index: Operand) -> Operand:
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
