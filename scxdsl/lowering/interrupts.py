# SPDX-License-Identifier: GPL-2.0-only
"""Whether this CPU is in an interrupt, from the kernel's preemption count: a variable of its own from 6.15 on, before that a member of
pcpu_hot (arch/x86/include/asm/preempt.h, current.h). Which bits tell differs between kernels, too (source.json, preempt_count)."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand

from .builder import number
from .context import FunctionContext
from .kernel_types import kernel_struct
from .topology import kernel_variable


def inside(f: FunctionContext, kind: str) -> Operand:
    """Whether this CPU serves a "softirq", "hardirq" or "nmi"."""
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
    masked = f.build.binary(BinaryOp.AND, f.build.get(count), _bits(f, kind, cpu))
    return f.build.compare(CompareOp.NE, masked, Const(ir.U64, 0))


def _bits(f: FunctionContext, kind: str, cpu: Operand) -> Operand:
    """The bits of the count that tell it: a constant, or chosen where the program runs by the variables that kernels with other bits have."""
    facts = f.module.target.facts
    bits, shown_by = facts.interrupt_bits(kind), facts.interrupt_layout
    found = {shown_by.on(series): bits.on(series) for series in f.module.target.kernels}
    (_, first), *others = found.items()
    assert first is not None
    if all(value == first for _, value in others):
        return number(first)
    out = Local(f.name(kind), ir.U64)
    f.build.set(out, number(first))
    for variable, value in others:
        assert variable is not None and value is not None
        there, _ = kernel_variable(f, variable, ir.U64, cpu)
        with f.build.when(there):
            f.build.set(out, number(value))
    return f.build.get(out)


def _variables(f: FunctionContext) -> list[set[str]]:
    """For each declared kernel those of the two variables that it has."""
    facts, kernels = f.module.target.facts, f.module.target.kernels
    return [
        {name for name in ("__preempt_count", "pcpu_hot") if (v := facts.variable(name)) is not None and v.on(series) is not None}
        for series in kernels
    ]  # fmt: skip
