# SPDX-License-Identifier: GPL-2.0-only
"""Iterators over queues, and moves of the tasks that they meet.

A walk meets the tasks that were in the queue when it began, unless they left it meanwhile (kernel/sched/ext.c:
bpf_iter_scx_dsq_new and its kin, scx_dsq_move).
"""

from collections.abc import Callable
from typing import Any

from ...model import Task
from ...model.dsq import Dsq
from ..errors import BadArgument
from ..memory import Ptr
from .objects import source

REVERSE = 1 << 16  # SCX_DSQ_ITER_REV
_ENOENT, _EINVAL = -2, -22


class Walk:
    """Lies as an opaque value where the program keeps its struct bpf_iter_scx_dsq. `slice` and `vtime`: what the next move gives."""

    def __init__(self, dsq: Dsq | None, flags: int) -> None:
        self.dsq = dsq
        self.limit = dsq.seq if dsq is not None else 0
        self.left = list(dsq.tasks) if dsq is not None else []
        if not flags & REVERSE:
            self.left.reverse()
        self.slice: int | None = None
        self.vtime: int | None = None

    def next(self) -> Task | None:
        while self.left:
            found = self.left.pop()
            if found.dsq is self.dsq and found.dsq_seq <= self.limit:
                return found
        return None


def functions(calls: Any) -> dict[str, Callable[..., Any]]:
    """The kernel functions on walks, for a `Calls`."""
    model, objects = calls.model, calls.objects

    def new(it: Ptr, dsq_id: int, flags: int) -> int:
        dsq = None if dsq_id & model.k.dsq_flag_builtin else model.dsqs.get(dsq_id)
        problem = _EINVAL if flags & ~REVERSE else _ENOENT if dsq is None else 0
        it.region.check(it.offset, 8, True)
        it.region.store_pointer(it.offset, Walk(None if problem else dsq, flags))
        calls.machine.acquire(it)
        return problem

    def destroy(it: Ptr) -> None:
        _walk(it)
        calls.machine.release(it, "bpf_iter_scx_dsq_destroy")
        del it.region.pointers[it.offset]

    def mover(name: str, priq: bool) -> Callable[..., bool]:
        def move(it: Ptr, p: Any, dsq_id: int, flags: int) -> bool:
            walk = _walk(it)
            slice, vtime = walk.slice, walk.vtime
            walk.slice = walk.vtime = None  # they serve one move
            return model.ops.dsq_move(walk.dsq, walk.limit, source(p, Task, name), dsq_id, flags, slice, vtime, priq)

        return move

    def set_slice(it: Ptr, slice: int) -> None:
        _walk(it).slice = slice

    def set_vtime(it: Ptr, vtime: int) -> None:
        _walk(it).vtime = vtime

    made: dict[str, Callable[..., Any]] = {
        "bpf_iter_scx_dsq_new": new,
        "bpf_iter_scx_dsq_next": lambda it: objects.region(_walk(it).next()),
        "bpf_iter_scx_dsq_destroy": destroy,
    }
    for name in ("scx_bpf_dsq_move", "scx_bpf_dispatch_from_dsq"):
        made[name] = mover(name, False)
        made[f"{name}_set_slice"], made[f"{name}_set_vtime"] = set_slice, set_vtime
    for name in ("scx_bpf_dsq_move_vtime", "scx_bpf_dispatch_vtime_from_dsq"):
        made[name] = mover(name, True)
    return made


def _walk(it: Ptr) -> Walk:
    found = it.region.pointers.get(it.offset)
    if not isinstance(found, Walk):
        raise BadArgument("bpf_iter_scx_dsq", "the iterator was not made")
    return found
