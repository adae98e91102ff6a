# SPDX-License-Identifier: GPL-2.0-only
"""Where sets of CPUs lie.

| mask | memory | made |
|---|---|---|
| `var` | an owned pointer in a hidden section of its own | in init |
| `percpu var`, member of a row | an owned pointer in the map's value | in init, init_task, cgroup_init |
| local, value of an operation, in a program that may not sleep | a row of a per-CPU array of owned pointers, one for each such place | in init |
| the same in a program that may sleep, or in a timer | a mask of its own | where it stands; given back at the end of its block |

A program that may not sleep is not interrupted by itself on its CPU (callbacks run with interrupts off or one at a time), so its
temporary masks need neither allocation nor release, and no size of machine is too large for the stack.
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.source.text import Span
from scxdsl.typing import typed

from .array_maps import array_entry
from .context import FunctionContext, ModuleContext
from .kernel_text import raise_text
from .kernel_types import kernel_struct
from .kfuncs import guarded, owned, plain_kfunc, section
from .layout import MASK

POINTER = ir.Pointer(MASK)
SCRATCH = "scratch_masks"
ROW = ir.Struct("scratch_mask", (ir.Field("mask", ir.Pointer(MASK, tag="kptr")),))
_IN_SECTION = 10  # include/linux/btf.h, BTF_FIELDS_MAX: 11 special fields in one value, and a section is one
_ENOMEM = 12


def scratch_map(context: ModuleContext, span: Span) -> irm.Map:
    count = context.scratch_masks
    return irm.Map(name=SCRATCH, kind="percpu_array", key=ir.U32, value=ROW, max_entries=count, span=span)


def percpu_map(g: typed.Global) -> irm.Map:
    return irm.Map(name=g.name, kind="percpu_array", key=ir.U32, value=ROW, max_entries=1, span=g.span)


def variable(g: typed.Global, number: int) -> irm.Global:
    """The number-th global mask."""
    section = f".data.masks{number // _IN_SECTION}"
    return irm.Global(name=g.name, type=ir.Pointer(MASK, tag="kptr"), section=section, span=g.span, hidden=True)


# ---- pointers


def mask_at(f: FunctionContext, address: Operand) -> Value:
    """The mask that an owning place holds, for use in an RCU section. It is there since init; the verifier wants the test."""
    mask = f.build.load(address, POINTER)
    _there(f, mask)
    return mask


def temporary(f: FunctionContext) -> bool:
    """Whether masks are made where they are wanted, and given back."""
    return f.sleepable or f.callback == "timer"


def fresh(f: FunctionContext) -> Value:
    """Room for one more mask, with anything in it, to the end of the block."""
    if not temporary(f):
        return _scratch(f)
    mask = plain_kfunc(f, "bpf_cpumask_create")
    assert isinstance(mask, Value)
    with f.build.when(f.build.compare(CompareOp.EQ, mask, Const(mask.type, 0))):
        raise_text(f, "no memory for a cpumask")
    owned(f, "mask", mask, lambda held: plain_kfunc(f, "bpf_cpumask_release", held))
    return mask


def _scratch(f: FunctionContext) -> Value:
    number = f.module.scratch_masks
    f.module.scratch_masks += 1
    row = array_entry(f, SCRATCH, ROW, Const(ir.U32, number))
    _there(f, row)
    return mask_at(f, f.build.member(row, ROW, "mask"))


def _there(f: FunctionContext, pointer: Value) -> None:
    with f.build.when(f.build.compare(CompareOp.EQ, pointer, Const(pointer.type, 0))):
        f.end(None if f.fallback is None else Const(f.fallback.type, 0))


def allowed_cpus(f: FunctionContext, task: Operand, field: str = "cpus_ptr") -> Operand:
    """The kernel's mask of a task, for use in an RCU section: `cpus_ptr` leads to one, `cpus_mask` lies in the task."""
    struct = kernel_struct(f.module.target.facts, "task_struct", (field,))
    address = f.build.kernel_member(task, struct, field)
    return address if field == "cpus_mask" else f.build.load(address, struct.at((field,)))


# ---- values


def copy_mask(f: FunctionContext, to: Operand, source: Operand) -> None:
    """The bits of `source`, or none where it is NULL as a constant, into a mask of ours."""
    if isinstance(source, Const):
        plain_kfunc(f, "bpf_cpumask_clear", to)
    else:
        plain_kfunc(f, "bpf_cpumask_copy", to, source)


def load_mask(f: FunctionContext, address: Operand) -> Operand:
    """What an owning place holds: the place's own mask, or where RCU must protect it a copy."""
    if not guarded(f):
        return mask_at(f, address)
    out = fresh(f)
    with section(f):
        copy_mask(f, out, mask_at(f, address))
    return out


def store_mask(f: FunctionContext, address: Operand, source: Operand) -> None:
    with section(f):
        copy_mask(f, mask_at(f, address), source)


# ---- in derived init


def make(f: FunctionContext, address: Operand) -> None:
    """Creates the mask of an owning place, empty. Without memory the scheduler, the task or the cgroup does not come to be."""
    mask = plain_kfunc(f, "bpf_cpumask_create")
    assert isinstance(mask, Value)
    null = Const(POINTER, 0)
    with f.build.when(f.build.compare(CompareOp.EQ, mask, null)):
        f.end(Const(ir.I32, -_ENOMEM))
    before = f.build.helper("kptr_xchg", POINTER, address, mask)
    assert before is not None
    with f.build.when(f.build.compare(CompareOp.NE, before, null)):
        plain_kfunc(f, "bpf_cpumask_release", before)


def make_in_percpu(f: FunctionContext, name: str, number: Operand, cpu: Operand) -> None:
    """The same for one CPU's copy of an entry of a per-CPU array."""
    found = array_entry(f, name, ROW, number, cpu)
    with f.build.when(f.build.compare(CompareOp.NE, found, Const(found.type, 0))):
        make(f, f.build.member(found, ROW, "mask"))
