# SPDX-License-Identifier: GPL-2.0-only
"""Properties of the kernel's things: fields by their path, and the few that take more than a load."""

from collections.abc import Callable

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Operand
from scxdsl.typing import types as lang
from scxdsl.typing.surface import Property, Receiver

from . import topology
from .builder import number
from .context import FunctionContext
from .forms import family
from .kernel_types import ROOTS, kernel_struct
from .layout import register_type
from .moves import scalar
from .values import Lowered, Memory

_PF_KTHREAD = 0x00200000  # include/linux/sched.h
_DEFAULT_PRIO = 120  # include/linux/sched/prio.h: nice 0


def _field(f: FunctionContext, receiver: Receiver, base: Operand, path: tuple[str, ...]) -> tuple[Operand, ir.Type]:
    """Address and C type of a field of a kernel struct."""
    struct = kernel_struct(f.module.target.facts, ROOTS[receiver], path)
    return f.build.kernel_member(base, struct, *path), struct.at(path)


def get_property(f: FunctionContext, p: Property, base: Lowered) -> Lowered:
    if p.path:
        address, type = _field(f, p.receiver, scalar(base), p.path)
        if isinstance(p.type, lang.TextType):
            return Memory(address, type)
        return f.build.convert(f.build.load(address, type, name=p.name), register_type(p.type))
    return _READS[p.key](f, base)


def set_property(f: FunctionContext, p: Property, base: Lowered, value: Lowered) -> None:
    if p.key in _WRITES:
        _WRITES[p.key](f, base, value)
        return
    address, type = _field(f, p.receiver, scalar(base), p.path)
    f.build.store(address, f.build.convert(scalar(value), type))


# ---- reads that take more than a load


def _nice(f: FunctionContext, base: Lowered) -> Operand:
    """kernel/sched/core.c, task_nice: PRIO_TO_NICE(p->static_prio)."""
    address, type = _field(f, Receiver.TASK, scalar(base), ("static_prio",))
    prio = f.build.convert(f.build.load(address, type), ir.I64)
    return f.build.binary(BinaryOp.SUB, prio, Const(ir.I64, _DEFAULT_PRIO))


def _is_kthread(f: FunctionContext, base: Lowered) -> Operand:
    address, type = _field(f, Receiver.TASK, scalar(base), ("flags",))
    flags = f.build.convert(f.build.load(address, type), ir.U64)
    return f.build.compare(CompareOp.NE, f.build.binary(BinaryOp.AND, flags, number(_PF_KTHREAD)), number(0))


def _queued(f: FunctionContext, base: Lowered) -> Operand:
    address, type = _field(f, Receiver.TASK, scalar(base), ("scx", "flags"))
    flags = f.build.convert(f.build.load(address, type), ir.U64)
    known = f.module.target.constant("SCX_TASK_QUEUED")
    bit = f.build.enum_value(ir.Enum("scx_ent_flags"), "SCX_TASK_QUEUED", known)
    return f.build.compare(CompareOp.NE, f.build.binary(BinaryOp.AND, flags, bit), number(0))


def _family(name: str, *fixed: Operand) -> Callable[[FunctionContext, Lowered], Lowered]:
    """A read that is one call of the kernel on the base."""

    def read(f: FunctionContext, base: Lowered) -> Lowered:
        return family(f, name, scalar(base), *fixed)

    return read


_READS: dict[str, Callable[[FunctionContext, Lowered], Lowered]] = {
    "task.nice": _nice,
    "task.is_kthread": _is_kthread,
    "task.queued": _queued,
    "task.cpu": _family("task_cpu"),
    "task.running": _family("task_running"),
    "dsq.len": _family("dsq_nr_queued"),
    "cpu.perf_cap": _family("cpuperf_cap"),
    "cpu.perf_cur": _family("cpuperf_cur"),
    "cpu.perf": _family("cpuperf_cur"),
    "cpu.core": lambda f, base: topology.core(f, scalar(base)),
    "cpu.llc": lambda f, base: topology.llc(f, scalar(base)),
    "cpu.node": lambda f, base: topology.node(f, scalar(base)),
    "cpu.curr": lambda f, base: topology.current(f, scalar(base)),
    "cpu.rq": lambda f, base: topology.run_queue(f, scalar(base)),
    ".this_cpu": lambda f, base: f.build.convert(f.build.helper("get_smp_processor_id", ir.I32), ir.I64),
    ".nr_cpus": lambda f, base: family(f, "nr_cpu_ids"),
}


# ---- writes that take more than a store


def _set_perf(f: FunctionContext, base: Lowered, value: Lowered) -> None:
    family(f, "cpuperf_set", scalar(base), scalar(value))


def _set_by_family(name: str, path: tuple[str, ...]) -> Callable[[FunctionContext, Lowered, Lowered], None]:
    """A field that newer kernels want set by a function, older ones by a store."""

    def write(f: FunctionContext, base: Lowered, value: Lowered) -> None:
        def store() -> None:
            address, type = _field(f, Receiver.TASK, scalar(base), path)
            f.build.store(address, f.build.convert(scalar(value), type))

        family(f, name, scalar(base), scalar(value), otherwise=store)

    return write


_WRITES: dict[str, Callable[[FunctionContext, Lowered, Lowered], None]] = {
    "cpu.perf": _set_perf,
    "task.slice": _set_by_family("task_set_slice", ("scx", "slice")),
    "task.vtime": _set_by_family("task_set_dsq_vtime", ("scx", "dsq_vtime")),
}
