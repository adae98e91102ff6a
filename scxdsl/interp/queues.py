# SPDX-License-Identifier: GPL-2.0-only
"""Walks over queues."""

from collections.abc import Iterator
from typing import Any

from scxdsl.model import Task
from scxdsl.model.dsq import Dsq
from scxdsl.typing import typed

from .context import Context
from .control import loop
from .doors import Eval, Exec, Frame, expression, statement
from .kernel_calls import absent


class Walk:
    """The tasks that were in a queue when the walk began."""

    def __init__(self, dsq: Dsq | None) -> None:
        self.dsq = dsq
        self.limit = dsq.seq if dsq is not None else 0
        self.tasks = list(dsq.tasks) if dsq is not None else []

    def here(self, p: Task) -> bool:
        return p.dsq is self.dsq and p.dsq_seq <= self.limit


@statement.register
def _(node: typed.ForQueue, c: Context) -> Exec:
    queue, kernel = expression(node.queue, c), c.kernel
    room = c.room(node.variable) if node.variable is not None else c.hidden()
    walk_room = c.hidden()
    if node.variable is not None:
        c.walks[node.variable] = walk_room

    def turns(f: Frame) -> Iterator[Task]:
        walk = f[walk_room] = Walk(kernel.user_dsq(queue(f)))
        for p in walk.tasks:
            if walk.here(p):
                yield p

    return loop(turns, room, node.body, node.otherwise, c)


@expression.register
def _(node: typed.MoveTask, c: Context) -> Eval:
    room, walk_room, kernel = c.room(node.variable), c.walks[node.variable], c.kernel
    queue, flags = expression(node.queue, c), expression(node.flags, c)
    slice = absent if node.slice is None else expression(node.slice, c)
    vtime = absent if node.vtime is None else expression(node.vtime, c)

    def move(f: Frame) -> bool:
        walk: Walk = f[walk_room]
        to, with_flags = queue(f), flags(f)
        d, v = slice(f), vtime(f)
        return kernel.dsq_move(walk.dsq, walk.limit, f[room], to, with_flags, d, v, v is not None)

    return move


@expression.register
def _(node: typed.PeekQueue, c: Context) -> Eval:
    queue, kernel = expression(node.queue, c), c.kernel

    def peek(f: Frame) -> Any:
        id = queue(f)
        if kernel.has_kfunc("scx_bpf_dsq_peek"):
            return kernel.dsq_peek(id)
        dsq = kernel.user_dsq(id)
        return dsq.tasks[0] if dsq is not None and dsq.tasks else None

    return peek


@expression.register
def _(node: typed.Reenqueue, c: Context) -> Eval:
    kernel = c.kernel

    def reenqueue(f: Frame) -> None:
        kernel.reenqueue_local()

    return reenqueue
