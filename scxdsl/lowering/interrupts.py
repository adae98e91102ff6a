# SPDX-License-Identifier: GPL-2.0-only
"""Whether this CPU is in an interrupt, from the kernel's preemption count: a variable of its own from 6.15 on, before that a member of
pcpu_hot (arch/x86/include/asm/preempt.h, current.h). Bits: include/linux/preempt.h."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand

from .context import FunctionContext
from .kernel_types import kernel_struct
from .topology import kernel_variable

NMI, HARDIRQ, SOFTIRQ = 0x00F00000, 0x000F0000, 0x00000100  # of softirqs the bit for serving one, not for having them off


def inside(f: FunctionContext, bits: int) -> Operand:
    """Whether any of the bits is set on this CPU."""
    cpu = f.build.helper("get_smp_processor_id", ir.I32)
    assert cpu is not None
    count = Local(f.name("preempt_count"), ir.U64)
    f.build.set(count, Const(ir.U64, 0))
    there, address = kernel_variable(f, "__preempt_count", ir.I32, cpu)
    with f.build.when(there):
        f.build.set(count, f.build.convert(f.build.load(address, ir.I32), ir.U64))
    if any("__preempt_count" not in names for names in _variables(f)):
        there, hot = kernel_variable(f, "pcpu_hot", ir.Struct("pcpu_hot", (), kernel=True), cpu)
        struct = kernel_struct(f.module.target.facts, "pcpu_hot", ("preempt_count",))
        with f.build.when(there):
            found = f.build.load(f.build.kernel_member(hot, struct, "preempt_count"), struct.at(("preempt_count",)))
            f.build.set(count, f.build.convert(found, ir.U64))
    masked = f.build.binary(BinaryOp.AND, f.build.get(count), Const(ir.U64, bits))
    return f.build.compare(CompareOp.NE, masked, Const(ir.U64, 0))


def _variables(f: FunctionContext) -> list[set[str]]:
    """For each declared kernel those of the two variables that it has."""
    facts, kernels = f.module.target.facts, f.module.target.kernels
    return [
        {name for name in ("__preempt_count", "pcpu_hot") if (v := facts.variable(name)) is not None and v.on(series) is not None}
        for series in kernels
    ]  # fmt: skip
