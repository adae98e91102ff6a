# SPDX-License-Identifier: GPL-2.0-only
"""Operations of the kernel, by their key (typing/view): each is a call of the model's kernel functions."""

from collections.abc import Callable
from typing import Any

from scxdsl.model import KernelOps
from scxdsl.typing import typed
from scxdsl.typing.surface import Operation

from .context import Context
from .doors import Eval, Frame, expression
from .locks import deferred
from .mask_calls import MASK_CALLS

DSQ_SHIFT = 56
_BUILTIN = {"local": "SCX_DSQ_LOCAL", "local_on": "SCX_DSQ_LOCAL_ON", "global": "SCX_DSQ_GLOBAL"}
M64 = (1 << 64) - 1
JIFFY = 4_000_000  # nanoseconds: CONFIG_HZ of Debian's kernels is 250


@expression.register
def _(node: typed.DsqValue, c: Context) -> Eval:
    """A queue is its id: the declaration's number in the top byte, the place in a row below."""
    if node.dsq is None:
        id = c.kernel.constant(_BUILTIN[node.builtin])
        assert id is not None
        if node.index is None:
            return lambda f: id
        cpu = expression(node.index, c)
        return lambda f: (id | cpu(f)) & M64
    first = node.dsq.number << DSQ_SHIFT
    if node.index is None:
        return lambda f: first
    indices = row_indices(node, c)
    return lambda f: first | packed(indices(f))


def row_indices(node: typed.DsqValue | typed.MemberDsq, c: Context) -> Callable[[Frame], list[int]]:
    """The indices of a queue in its row, in order; out of range is an error."""
    assert node.dsq is not None
    given = [expression(i, c) for i in (node.index, node.second) if i is not None]
    axes, span = node.dsq.axes, node.span

    def indices(f: Frame) -> list[int]:
        out = []
        for axis, index in zip(axes, given, strict=True):
            i = index(f)
            if axis.count is not None and i >= axis.count:
                raise c.stop(span, f"index {i} is out of range: the length is {axis.count}")
            out.append(i & 0xFFFFFFFF)
        return out

    return indices


def packed(numbers: list[int]) -> int:
    """A row and its indices side by side: 28 bits each where they are two, 18 where they are three."""
    out = numbers[0]
    for n in numbers[1:]:
        out = out << (28 if len(numbers) == 2 else 18) | n
    return out


def _insert(k: KernelOps) -> Callable[..., None]:
    def insert(queue: int, p: Any, slice: int, flags: int, vtime: int | None) -> None:
        if vtime is None:
            k.dsq_insert(p, queue, slice, flags)
        else:
            k.dsq_insert_vtime(p, queue, slice, vtime, flags)

    return insert


def _select_cpu_and(k: KernelOps) -> Callable[..., int | None]:
    """Kernels without it (6.12) are asked for the previous CPU, then any."""
    there = any(k.has_kfunc(name) for name in ("__scx_bpf_select_cpu_and", "scx_bpf_select_cpu_and"))

    def choose(p: Any, prev: int, wake: int, among: int, flags: int) -> int | None:
        if there:
            cpu = k.select_cpu_and(p, prev, wake, among, flags)
        else:
            both = among & p.cpus_allowed
            claimed = not flags and both >> prev & 1 and k.test_and_clear_cpu_idle(prev)
            cpu = prev if claimed else k.pick_idle_cpu(both, flags)
        return cpu if cpu >= 0 else None

    return choose


# Each entry is made for one kernel; it gets the receiver, where there is one, and the arguments in the operation's order.
CALLS: dict[str, Callable[[KernelOps], Callable[..., Any]]] = {
    "dsq.insert": _insert,
    "dsq.move_to_local": lambda k: lambda q: k.dsq_move_to_local(q, 0),
    ".select_cpu_dfl": lambda k: k.select_cpu_dfl,
    ".select_cpu_and": _select_cpu_and,
    ".slots": lambda k: k.dispatch_nr_slots,
    ".cancel": lambda k: k.dispatch_cancel,
    ".now": lambda k: k.now,
    ".bpf_get_prandom_u32": lambda k: k.random,
    ".bpf_jiffies64": lambda k: lambda: k.now() // JIFFY,
    ".bpf_ktime_get_ns": lambda k: k.now,
    ".bpf_ktime_get_boot_ns": lambda k: k.now,
    ".bpf_get_smp_processor_id": lambda k: k.this_cpu,
    ".bpf_get_numa_node_id": lambda k: lambda: k.m.topology.nodes[k.this_cpu()],
    ".bpf_get_current_pid_tgid": lambda k: k.current_ids,
    ".in_hardirq": lambda k: lambda: "hardirq" in k.m.interrupts,
    ".in_softirq": lambda k: lambda: "softirq" in k.m.interrupts,
    ".in_nmi": lambda k: lambda: False,  # no callback runs in one
    "cpu.kick": lambda k: k.kick_cpu,
    "cpu.claim": lambda k: k.test_and_clear_cpu_idle,
}


def _by_family(operation: Operation) -> Callable[[KernelOps], Callable[..., Any]]:
    """A kernel function under its own name."""
    name = operation.families[0].removeprefix("scx_bpf_") if operation.families else operation.name
    if not hasattr(KernelOps, name):
        raise TypeError(f"the interpreter does not know the operation {operation.key}")
    return lambda k: getattr(k, name)


def absent(f: Frame) -> None:
    """An argument that was left out."""


@expression.register
def _(node: typed.EventCount, c: Context) -> Eval:
    """The model keeps none of the core's counters."""
    return lambda f: 0


@expression.register
def _(node: typed.KernelCall, c: Context) -> Eval:
    made = CALLS.get(node.operation.key) or MASK_CALLS.get(node.operation.key) or _by_family(node.operation)
    call = made(c.kernel)
    if node.operation.effect:
        call = deferred(call, c)
    values = [] if node.receiver is None else [expression(node.receiver, c)]
    values += [absent if a is None else expression(a, c) for a in node.arguments]
    match values:
        case []:
            return lambda f: call()
        case [one]:
            return lambda f: call(one(f))
        case [one, two]:
            return lambda f: call(one(f), two(f))
    return lambda f: call(*[v(f) for v in values])
