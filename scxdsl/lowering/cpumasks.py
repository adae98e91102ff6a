# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs: the kernel's masks, questions, algebra, changes, walks; idle CPUs. Where masks lie is in mask_memory.py.

Source: kernel/bpf/cpumask.c; kernel/sched/ext.c and ext_idle.c (scx_bpf_get_idle_cpumask, scx_bpf_pick_idle_cpu).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import MaskOp, MaskQuestion, MaskRelation

from .context import FunctionContext
from .control import counted
from .cpus import each_cpu
from .dispatch import expression, locate, statement, value
from .forms import family
from .kfuncs import guarded, owned, plain_kfunc, section
from .mask_memory import (
    SCRATCH,
    allowed_cpus,
    copy_mask,
    fresh,
    make,
    make_in_percpu,
    mask_at,
)
from .moves import get_slot, scalar, set_slot
from .places import MemoryTarget, SlotTarget
from .slots import new_slot
from .topology import nr_cpus
from .values import Lowered, Maybe, SlotAlias, SlotMask

_LIVE = {
    "idle_cpus": ("scx_bpf_get_idle_cpumask", "scx_bpf_put_idle_cpumask"),
    "idle_cores": ("scx_bpf_get_idle_smtmask", "scx_bpf_put_idle_cpumask"),
    "online": ("scx_bpf_get_online_cpumask", "scx_bpf_put_cpumask"),
    "possible": ("scx_bpf_get_possible_cpumask", "scx_bpf_put_cpumask"),
}
_FILLS = {MaskOp.AND: "bpf_cpumask_and", MaskOp.OR: "bpf_cpumask_or", MaskOp.XOR: "bpf_cpumask_xor"}
_COMPARES = {
    MaskRelation.EQUAL: "bpf_cpumask_equal",
    MaskRelation.SUBSET: "bpf_cpumask_subset",
    MaskRelation.INTERSECTS: "bpf_cpumask_intersects",
}


# ---- reaching masks


@dataclass
class _Ready:
    """A mask whose parts are evaluated: `get` gives its pointer, in an RCU section where `protected`."""

    get: Callable[[], Operand]
    protected: bool = False
    live: str = ""


def _ready(f: FunctionContext, node: typed.Expr) -> _Ready:
    match node:
        case typed.LiveMask(node=None, name=name):
            return _Ready(lambda: Const(ir.Pointer(ir.VOID), 0), live=name)
        case typed.AllowedMask(base=base, field=field):
            task = scalar(value(base, f))
            return _Ready(lambda: allowed_cpus(f, task, field), protected=True)
        case typed.Read(place=place):
            return _ready_place(f, place)
    mask = scalar(value(node, f))
    return _Ready(lambda: mask)


def _ready_place(f: FunctionContext, place: typed.Place) -> _Ready:
    match locate(place, f):
        case SlotTarget(SlotAlias(address, _)) | MemoryTarget(address, _, _):
            return _Ready(lambda: mask_at(f, address), protected=True)
        case SlotTarget(slot):
            mask = scalar(get_slot(f, slot))
            return _Ready(lambda: mask)
    raise TypeError(f"{place} holds no mask")


@contextmanager
def _reached(f: FunctionContext, *masks: _Ready) -> Iterator[tuple[Operand, ...]]:
    """Pointers for the code inside. Masks of the kernel that are held go back after it."""
    with ExitStack() as stack:
        held = {}
        for i, m in enumerate(masks):
            if m.live:
                get, put = _LIVE[m.live]
                held[i] = mask = plain_kfunc(f, get)
                assert mask is not None
                stack.enter_context(f.cleanup(f.build.loop_depth + 0.5, lambda p=put, m=mask: plain_kfunc(f, p, m)))
        if any(m.protected for m in masks):
            stack.enter_context(section(f))
        yield tuple(held.get(i) or m.get() for i, m in enumerate(masks))


# ---- values


@expression.register
def _(node: typed.LiveMask, f: FunctionContext) -> Lowered:
    get, put = _LIVE[node.name]
    if node.node is None:
        mask = plain_kfunc(f, get)
    else:
        mask = scalar(family(f, node.families[0], scalar(value(node.node, f))))
    assert isinstance(mask, Value)
    owned(f, node.name, mask, lambda held: plain_kfunc(f, put, held))
    return mask


@expression.register
def _(node: typed.AllowedMask, f: FunctionContext) -> Lowered:
    if not guarded(f):
        return allowed_cpus(f, scalar(value(node.base, f)), node.field)
    out = fresh(f)
    _fill(f, out, node)
    return out


@expression.register
def _(node: typed.EmptyMask, f: FunctionContext) -> Lowered:
    out = fresh(f)
    _fill(f, out, node)
    return out


@expression.register
def _(node: typed.MaskAlgebra, f: FunctionContext) -> Lowered:
    out = fresh(f)
    _fill(f, out, node)
    return out


def _fill(f: FunctionContext, to: Operand, node: typed.Expr) -> None:
    """The bits of an expression into a mask that is ours to write, which the expression may itself read."""
    match node:
        case typed.EmptyMask():
            copy_mask(f, to, Const(ir.Pointer(ir.VOID), 0))
        case typed.MaskAlgebra(op=op, left=left, right=right):
            sides = _ready(f, left), _ready(f, right)
            common = fresh(f) if op is MaskOp.SUB else None
            with _reached(f, *sides) as (a, b):
                _combine(f, to, op, a, b, common)
        case _:
            with _reached(f, _ready(f, node)) as (source,):
                copy_mask(f, to, source)


def _combine(f: FunctionContext, to: Operand, op: MaskOp, left: Operand, right: Operand, common: Operand | None) -> None:
    if common is None:
        plain_kfunc(f, _FILLS[op], to, left, right)
    else:  # the kernel lends no and-not: what both have is taken off the left
        plain_kfunc(f, "bpf_cpumask_and", common, left, right)
        plain_kfunc(f, "bpf_cpumask_xor", to, left, common)


# ---- questions


@expression.register
def _(node: typed.MaskTest, f: FunctionContext) -> Lowered:
    cpu = f.build.convert(scalar(value(node.cpu, f)), ir.U32)
    out = new_slot(f, lang.BOOL, "in")
    with _reached(f, _ready(f, node.mask)) as (mask,):
        set_slot(f, out, plain_kfunc(f, "bpf_cpumask_test_cpu", cpu, mask))
    return get_slot(f, out)


@expression.register
def _(node: typed.MaskCompare, f: FunctionContext) -> Lowered:
    sides = _ready(f, node.left), _ready(f, node.right)
    out = new_slot(f, lang.BOOL, node.relation.name.lower())
    with _reached(f, *sides) as (left, right):
        set_slot(f, out, plain_kfunc(f, _COMPARES[node.relation], left, right))
    return get_slot(f, out)


@expression.register
def _(node: typed.MaskAsk, f: FunctionContext) -> Lowered:
    asked, masks = _question(node)
    sides = [_ready(f, m) for m in masks]
    out = new_slot(f, lang.BOOL if node.question is MaskQuestion.EMPTY else lang.U64, node.question)
    with _reached(f, *sides) as pointers:
        found = plain_kfunc(f, asked, *pointers)
        assert found is not None
        set_slot(f, out, found if node.question is MaskQuestion.EMPTY else f.build.convert(found, ir.U64))
    answer = scalar(get_slot(f, out))
    if node.question in (MaskQuestion.EMPTY, MaskQuestion.LEN):
        return answer
    inside = f.build.compare(CompareOp.ULT, answer, nr_cpus(f))  # past the end where there is none
    return Maybe(inside, f.build.convert(answer, ir.I64))


def _question(node: typed.MaskAsk) -> tuple[str, tuple[typed.Expr, ...]]:
    """The kernel's function, and the masks that it takes: of `a & b` first and any are asked without making it."""
    both = node.mask if isinstance(node.mask, typed.MaskAlgebra) and node.mask.op is MaskOp.AND else None
    match node.question:
        case MaskQuestion.LEN:
            return "bpf_cpumask_weight", (node.mask,)
        case MaskQuestion.EMPTY:
            return "bpf_cpumask_empty", (node.mask,)
        case MaskQuestion.FIRST if both is not None:
            return "bpf_cpumask_first_and", (both.left, both.right)
        case MaskQuestion.FIRST:
            return "bpf_cpumask_first", (node.mask,)
    if both is not None:
        return "bpf_cpumask_any_and_distribute", (both.left, both.right)
    return "bpf_cpumask_any_distribute", (node.mask,)


@expression.register
def _(node: typed.IdleCpu, f: FunctionContext) -> Lowered:
    mask, flags = _ready(f, node.mask), scalar(value(node.flags, f))
    out = new_slot(f, lang.CPU, "idle")
    with _reached(f, mask) as (pointer,):
        set_slot(f, out, family(f, "pick_idle_cpu", pointer, flags))
    found = scalar(get_slot(f, out))
    return Maybe(f.build.compare(CompareOp.SGE, found, Const(ir.I64, 0)), found)


# ---- changes


@expression.register
def _(node: typed.MaskChange, f: FunctionContext) -> Lowered:
    where = _ready_place(f, node.place)
    cpu = f.build.convert(scalar(value(node.cpu, f)), ir.U32)
    name = "bpf_cpumask_test_and_set_cpu" if node.add else "bpf_cpumask_test_and_clear_cpu"
    out = new_slot(f, lang.BOOL, "was")
    with _reached(f, where) as (mask,):
        set_slot(f, out, plain_kfunc(f, name, cpu, mask))
    was = scalar(get_slot(f, out))
    return f.build.negate(was) if node.add else was


@statement.register
def _(node: typed.LetMask, f: FunctionContext) -> None:
    slot = new_slot(f, lang.CPUMASK, node.variable.name)
    assert isinstance(slot, SlotMask)
    _fill(f, f.build.get(slot.local), node.value)
    f.slots[node.variable] = slot


@statement.register
def _(node: typed.AssignMask, f: FunctionContext) -> None:
    where = _ready_place(f, node.place)
    if node.op is None and not (where.protected and guarded(f)):
        _fill(f, where.get(), node.value)
        return
    given = _ready(f, node.value)
    common = fresh(f) if node.op is MaskOp.SUB else None
    with _reached(f, where, given) as (mask, operand):
        if node.op is None:
            copy_mask(f, mask, operand)
        else:
            _combine(f, mask, node.op, mask, operand, common)


@statement.register
def _(node: typed.ForMask, f: FunctionContext) -> None:
    with f.scope():
        mask = _ready(f, node.mask)
        if mask.live:
            held = scalar(value(node.mask, f))
            mask = _Ready(lambda: held)

        def turn(index: Operand) -> None:
            there = new_slot(f, lang.BOOL, "in")
            with _reached(f, mask) as (pointer,):
                set_slot(f, there, plain_kfunc(f, "bpf_cpumask_test_cpu", f.build.convert(index, ir.U32), pointer))
            with f.build.when(f.build.negate(scalar(get_slot(f, there)))):
                f.again(f.loops[-1])
            if node.variable is not None:
                slot = f.slots[node.variable] = new_slot(f, lang.CPU, node.variable.name)
                set_slot(f, slot, f.build.convert(index, ir.I64))
            value(node.body, f)

        counted(f, nr_cpus(f), turn, node.otherwise)


# ---- in derived init


def init(f: FunctionContext) -> None:
    """Creates the masks of the policy's variables, and those that its programs use for a moment."""
    for g in f.module.policy.globals:
        if g.type == lang.CPUMASK:
            with f.build.at(g.span):
                if g.percpu:
                    each_cpu(f, "possible", lambda cpu, n=g.name: make_in_percpu(f, n, Const(ir.U32, 0), cpu))
                else:
                    make(f, f.build.global_address(g.name))
    count = f.module.scratch_masks
    if count:

        def of_cpu(cpu: Operand) -> None:
            counted(f, Const(ir.U64, count), lambda number: make_in_percpu(f, SCRATCH, number, cpu))

        each_cpu(f, "possible", of_cpu)
