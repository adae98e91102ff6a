# SPDX-License-Identifier: GPL-2.0-only
"""Flags that an insert may not have, or not into every queue.

Source: kernel/sched/ext.c, scx_dispatch_preamble (from 6.16 scx_dsq_insert_preamble, 7.3 scx_vet_enq_flags): "invalid enq_flags" for those of
__SCX_ENQ_INTERNAL_MASK; scx_vet_enq_flags (from 7.1): "SCX_ENQ_IMMED on a non-local DSQ", (7.3) "SCX_ENQ_RESCUE on a non-local DSQ".
All end the scheduler. Data: conditions internal_flags, local_queue.
"""

from collections.abc import Iterator

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostic, Diagnostics, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .bodies import constants, nodes

_INTERNAL = 0xFF << 56  # __SCX_ENQ_INTERNAL_MASK
_LOCAL_ONLY = ("SCX_ENQ_IMMED", "SCX_ENQ_RESCUE")


@dataclass(frozen=True)
class InternalFlag(Diagnostic):
    """The upper flags of an insert are notes that the kernel makes for itself; it ends a scheduler that sets them."""

    code = "E0514"
    title = "`{flag}` is the kernel's own mark: it ends a scheduler that sets it"
    label = "not for policies"
    bad = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, SLICE, flags | .dsq_priq) }\n"
    good = "scheduler s\ndsq q\non enqueue(p, flags) { q.insert(p, SLICE, flags, vtime: p.vtime) }\n"
    flag: str

    def helps(self) -> Iterator[Help]:
        yield Help("leave it out; a vtime alone makes an insert one by vtime", (Edit(self.span, "{}"),))


@dataclass(frozen=True)
class LocalOnly(Diagnostic):
    """`.immed` (from 7.1) and `.rescue` (from 7.3) speak of the CPU that a task will run on, which only a local queue has."""

    code = "E0515"
    title = "`{flag}` goes with LOCAL queues only: {kernels} end the scheduler"
    label = "not into this queue"
    bad = "scheduler s { kernels: 7.2.. }\ndsq q\non enqueue(p, flags) { q.insert(p, SLICE, flags | .immed) }\n"
    good = "scheduler s { kernels: 7.2.. }\non enqueue(p, flags) { LOCAL.insert(p, SLICE, flags | .immed) }\n"
    flag: str
    kernels: str

    def helps(self) -> Iterator[Help]:
        yield Help("insert into LOCAL or LOCAL(cpu)")
        yield Help("or leave the flag out", (Edit(self.span, "{}"),))


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    for node in nodes(policy):
        match node:
            case typed.KernelCall(operation=operation, receiver=queue, arguments=[_, _, flags, *_]) if operation.key == "dsq.insert":
                if flags is not None:
                    _look(queue, flags, target, diagnostics)
            case typed.MoveTask(queue=queue, flags=flags):
                _look(queue, flags, target, diagnostics)


def _look(queue: typed.Expr | None, flags: typed.Expr, target: Target, diagnostics: Diagnostics) -> None:
    for constant in constants(flags):
        found = target.facts.constant(constant.name)
        if found is not None and any(value & _INTERNAL for value in found.values.values()):
            diagnostics.add(InternalFlag(constant.span, constant.span.text))
        where = target.facts.condition_on("local_queue") & target.kernels
        if constant.name in _LOCAL_ONLY and where and _not_local(queue):
            diagnostics.add(LocalOnly(constant.span, constant.span.text, str(where)))


def _not_local(queue: typed.Expr | None) -> bool:
    match queue:
        case typed.DsqValue(dsq=None, builtin=builtin):
            return builtin == "global"
        case typed.DsqValue() | typed.MemberDsq():
            return True
    return False
