# SPDX-License-Identifier: GPL-2.0-only
"""What properties of the kernel's things mean, by their key (typing/view)."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from scxdsl.model import KernelOps, fields
from scxdsl.model.constants import PF_KTHREAD
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.surface import Property

from .context import Context
from .doors import Eval, Frame, expression
from .values import cut, zero

Read = Callable[[Any], Any]
Write = Callable[[Any, Any], None]

# Each entry is made for one kernel.
READS: dict[str, Callable[[KernelOps], Read]] = {
    "task.pid": lambda k: attrgetter("pid"),
    "task.tgid": lambda k: attrgetter("tgid"),
    "task.comm": lambda k: attrgetter("comm"),
    "task.weight": lambda k: attrgetter("weight"),
    "task.slice": lambda k: attrgetter("slice"),
    "task.vtime": lambda k: attrgetter("vtime"),
    "task.disallow": lambda k: attrgetter("disallow"),
    "task.nice": lambda k: attrgetter("nice"),
    "task.cpu": lambda k: k.task_cpu,
    "task.running": lambda k: k.task_running,
    "task.flags": lambda k: attrgetter("flags"),
    "task.nr_cpus_allowed": lambda k: attrgetter("nr_cpus_allowed"),
    "task.is_kthread": lambda k: lambda p: bool(p.flags & PF_KTHREAD),
    "task.queued": lambda k: attrgetter("queued"),
    "dsq.len": lambda k: lambda q: k.dsq_nr_queued(q) & (1 << 64) - 1,
    "cpu.perf_cap": lambda k: k.cpuperf_cap,
    "cpu.perf_cur": lambda k: k.cpuperf_cur,
    "cpu.perf": lambda k: k.cpuperf_cur,
    "cpu.core": lambda k: k.cpu_core,
    "cpu.llc": lambda k: k.cpu_llc,
    "cpu.node": lambda k: k.cpu_node,
    "cpu.curr": lambda k: k.cpu_curr,
    "cpu.rq": lambda k: k.queue,
    ".this_cpu": lambda k: lambda _: k.m.this,
    ".nr_cpus": lambda k: lambda _: k.nr_cpu_ids(),
}
WRITES: dict[str, Callable[[KernelOps], Write]] = {
    "task.slice": lambda k: k.task_set_slice,
    "task.vtime": lambda k: k.task_set_dsq_vtime,
    "task.disallow": lambda k: k.task_set_disallow,
    "cpu.perf": lambda k: lambda cpu, value: k.cpuperf_set(cpu, value & 0xFFFFFFFF),
}


def reader(p: Property, c: Context) -> Read:
    made = READS.get(p.key)
    if made is None:
        raise TypeError(f"the interpreter does not know the property {p.key}")
    return made(c.kernel)


def writer(p: Property, c: Context) -> Write:
    return WRITES[p.key](c.kernel)


@expression.register
def _(node: typed.GetProperty, c: Context) -> Eval:
    base, read = expression(node.base, c), reader(node.property, c)
    if not isinstance(node.base.type, lang.TaskType) or node.base.type == lang.TASK:
        return lambda f: read(base(f))
    nothing = zero(node.type)

    def behind(f: Frame) -> Any:
        owner = base(f)
        return nothing if owner is None else read(owner)  # what the kernel's own pointer leads to may be nothing: there everything is 0

    return behind


@expression.register
def _(node: typed.KernelField, c: Context) -> Eval:
    """A field under its kernel name, as the model holds it."""
    base, model = expression(node.base, c), c.kernel.m
    get = fields.READERS.get(node.struct, {}).get(".".join(node.path))
    if get is None:
        raise TypeError(f"the model does not hold {node.struct}.{'.'.join(node.path)}")
    to, nothing = cut(node.type) or (lambda v: v), zero(node.type)

    def read(f: Frame) -> Any:
        owner = base(f)
        return nothing if owner is None else to(get(model, owner))

    return read
