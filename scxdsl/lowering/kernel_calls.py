# SPDX-License-Identifier: GPL-2.0-only
"""Operations of the kernel: queues, CPUs, clocks."""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.helpers import HELPERS
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Kfunc, Local, Operand
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.left_out import left_out
from scxdsl.typing.surface import Operation

from .builder import number
from .context import FunctionContext
from .dispatch import expression, value
from .effects import effect
from .forms import family
from .interrupts import inside
from .kernel_text import raise_index
from .kernel_types import ir_proto, kernel_struct
from .kfuncs import plain_kfunc, section
from .layout import register_type
from .mask_memory import allowed_cpus, fresh
from .moves import scalar
from .properties import get_property
from .values import Lowered, Maybe, Memory, Parts

DSQ_SHIFT = 56  # a queue's id: declaration << 56 | index
_EVENTS = 24  # counters; the largest kernel has 21 of 8 bytes (kernel/sched/ext_internal.h, struct scx_event_stats)
_BUILTIN = {"local": "SCX_DSQ_LOCAL", "local_on": "SCX_DSQ_LOCAL_ON", "global": "SCX_DSQ_GLOBAL"}


@expression.register
def _(node: typed.GetProperty, f: FunctionContext) -> Lowered:
    return get_property(f, node.property, value(node.base, f))


@expression.register
def _(node: typed.DsqValue, f: FunctionContext) -> Lowered:
    if node.dsq is None:
        name = _BUILTIN[node.builtin]
        id = f.build.enum_value(ir.Enum("scx_dsq_id_flags", 64), name, f.module.target.constant(name))
        if node.index is None:
            return id
        return f.build.binary(BinaryOp.OR, id, f.build.convert(scalar(value(node.index, f)), ir.U64))
    first = node.dsq.number << DSQ_SHIFT
    if node.index is None:
        return number(first)
    index = packed(f, row_indices(f, node.dsq, node.index, node.second))
    return f.build.binary(BinaryOp.OR, index, number(first)) if first else index


def row_indices(f: FunctionContext, dsq: typed.Dsq, *given: typed.Expr | None) -> list[Operand]:
    """The indices of a queue in its row, in order, each shown to lie there; those of the machine and of tables always do."""
    out = []
    for axis, node in zip(dsq.axes, given, strict=False):
        assert node is not None
        index = scalar(value(node, f))
        if axis.count is None or isinstance(index, Const):  # 32 bits, whatever may have been written into it
            out.append(f.build.convert(f.build.convert(index, ir.U32), ir.U64))
            continue
        with f.build.when(f.build.compare(CompareOp.UGE, index, number(axis.count))):
            raise_index(f, index, axis.count)
        out.append(index)
    return out


INDEX_SHIFTS = (0, 0, 28, 18)  # by how many numbers there are below the declaration's: a row's, and up to two indices


def packed(f: FunctionContext, numbers: list[Operand]) -> Operand:
    """The lower part of a queue's id: the row and the indices side by side."""
    shift = INDEX_SHIFTS[len(numbers)]
    out = numbers[0]
    for n in numbers[1:]:
        out = f.build.binary(BinaryOp.OR, f.build.binary(BinaryOp.SHL, out, number(shift)), n)
    return out


@expression.register
def _(node: typed.KernelCall, f: FunctionContext) -> Lowered:
    receiver = None if node.receiver is None else scalar(value(node.receiver, f))
    arguments = [None if a is None else scalar(value(a, f)) for a in node.arguments]
    how = _CALLS.get(node.operation.key) or _by_name(node.operation)
    asks = left_out("locks") and not isinstance(node.type, lang.Nothing)  # so that kernels can be asked about questions, too
    if f.held is not None and not asks:  # the rules have seen that nobody waits for its answer
        effect(f, lambda receiver, *arguments: how(f, receiver, list(arguments)), receiver, *arguments)
        return None
    return how(f, receiver, arguments)


@expression.register
def _(node: typed.KernelField, f: FunctionContext) -> Lowered:
    struct = kernel_struct(f.module.target.facts, node.struct, node.path)
    address = f.build.kernel_member(scalar(value(node.base, f)), struct, *node.path)
    type = struct.at(node.path)
    if isinstance(node.type, lang.TextType):
        return Memory(address, type)
    t = node.type.of if isinstance(node.type, lang.Optional) else node.type
    return f.build.convert(f.build.load(address, type, name=node.path[-1]), register_type(t))


@expression.register
def _(node: typed.EventCount, f: FunctionContext) -> Lowered:
    """The kernel copies as much of its counters as there is room for; where one lies is the running kernel's to say."""
    room = ir.Array(ir.I64, _EVENTS)
    address = f.build.local_address(Local(f.name("events"), room))
    f.build.clear(address, room)
    family(f, "events", address, number(_EVENTS * 8))
    struct = kernel_struct(f.module.target.facts, "scx_event_stats", (node.name,))
    return f.build.load(f.build.kernel_member(address, struct, node.name), ir.I64, name=node.name)


@expression.register
def _(node: typed.KernelHas, f: FunctionContext) -> Lowered:
    facts = f.module.target.facts
    if node.kind == "kfunc":
        kfunc = facts.kfunc(node.name)
        assert kfunc is not None and kfunc.proto.newest is not None
        symbol = f"{node.name}___x" if "___" in node.name else node.name
        return f.build.kfunc_exists(Kfunc(symbol, ir_proto(kfunc.proto.newest), weak=True))
    if node.kind == "field":
        root, *path = node.name.split(".")
        return f.build.field_exists(kernel_struct(facts, root, tuple(path)), *path)
    if node.kind == "struct":
        return f.build.type_exists(ir.Struct(node.name, (), kernel=True))
    constant = facts.constant(node.name)
    assert constant is not None
    known = constant.values.newest or 0
    return f.build.enum_exists(ir.Enum(constant.enum.newest or "", 64 if known >> 32 else 32), node.name, known)


Call = Callable[[FunctionContext, Operand | None, list[Operand | None]], Lowered]


def _insert(f: FunctionContext, queue: Operand | None, arguments: list[Operand | None]) -> Lowered:
    p, slice, flags, vtime = arguments
    if vtime is None:
        family(f, "dsq_insert", p, queue, slice, flags)
    else:
        family(f, "dsq_insert_vtime", p, queue, slice, vtime, flags)
    return None


def _move_to_local(f: FunctionContext, queue: Operand | None, arguments: list[Operand | None]) -> Lowered:
    return family(f, "dsq_move_to_local", queue, number(0))


def _select_cpu_dfl(f: FunctionContext, _: Operand | None, arguments: list[Operand | None]) -> Lowered:
    """scx_bpf_select_cpu_dfl writes whether the CPU was idle through a pointer."""
    idle = f.build.local_address(Local(f.name("idle"), ir.BOOL))
    f.build.store(idle, Const(ir.BOOL, 0))
    cpu = family(f, "select_cpu_dfl", *arguments, idle)
    return Parts((cpu, f.build.load(idle, ir.BOOL)))


def _select_cpu_and(f: FunctionContext, _: Operand | None, arguments: list[Operand | None]) -> Lowered:
    """A negative number where no CPU of the mask is idle. Kernels without it (6.12) are asked for the previous CPU, then any."""
    p, prev, _wake, among, flags = arguments
    assert p is not None and prev is not None and among is not None and flags is not None

    def simply() -> Lowered:
        out, both = Local(f.name("cpu"), ir.I64), fresh(f)
        f.build.set(out, Const(ir.I64, -1))
        with section(f):
            plain_kfunc(f, "bpf_cpumask_and", both, among, allowed_cpus(f, p))
        here = scalar(plain_kfunc(f, "bpf_cpumask_test_cpu", f.build.convert(prev, ir.U32), both))
        plain = f.build.compare(CompareOp.EQ, flags, Const(flags.type, 0))
        with f.build.when(f.build.binary(BinaryOp.AND, here, plain)):
            with f.build.when(scalar(family(f, "test_and_clear_cpu_idle", prev))):
                f.build.set(out, f.build.convert(prev, ir.I64))
        with f.build.when(f.build.compare(CompareOp.SLT, f.build.get(out), Const(ir.I64, 0))):
            f.build.set(out, f.build.convert(scalar(family(f, "pick_idle_cpu", both, flags)), ir.I64))
        return f.build.get(out)

    cpu = scalar(family(f, "select_cpu_and", *arguments, otherwise=simply))
    return Maybe(f.build.compare(CompareOp.SGE, cpu, Const(cpu.type, 0)), cpu)


def _by_name(operation: Operation) -> Call:
    """A kernel function by its own name, or a helper."""
    return _by_family(operation.families[0]) if operation.families else _by_helper(operation.name, register_type(operation.result))


def _by_helper(name: str, result: ir.Type) -> Call:
    """One of the helpers that take nothing (typing/kernel_names.py, HELPERS)."""
    short = name.removeprefix("bpf_")
    given = ir.U32 if HELPERS[short].result == "4" else ir.U64
    return lambda f, receiver, arguments: f.build.convert(f.build.helper(short, given), result)


def _by_family(name: str) -> Call:
    """One call with the receiver, where there is one, before the arguments."""

    def call(f: FunctionContext, receiver: Operand | None, arguments: list[Operand | None]) -> Lowered:
        first = () if receiver is None else (receiver,)
        return family(f, name, *first, *arguments)

    return call


def _now(f: FunctionContext, _: Operand | None, arguments: list[Operand | None]) -> Lowered:
    """scx_bpf_now is ktime cached for the run queue; where it is missing, ktime itself."""
    return family(f, "now", otherwise=lambda: f.build.helper("ktime_get_ns", ir.U64))


_CALLS: dict[str, Call] = {
    "dsq.insert": _insert,
    "dsq.move_to_local": _move_to_local,
    ".select_cpu_dfl": _select_cpu_dfl,
    ".select_cpu_and": _select_cpu_and,
    ".slots": _by_family("dispatch_nr_slots"),
    ".cancel": _by_family("dispatch_cancel"),
    ".now": _now,
    ".in_hardirq": lambda f, receiver, arguments: inside(f, "hardirq"),
    ".in_softirq": lambda f, receiver, arguments: inside(f, "softirq"),
    ".in_nmi": lambda f, receiver, arguments: inside(f, "nmi"),
    "cpu.kick": _by_family("kick_cpu"),
    "cpu.claim": _by_family("test_and_clear_cpu_idle"),
}
