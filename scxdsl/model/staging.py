# SPDX-License-Identifier: GPL-2.0-only
"""What a policy's own tests do to the modelled kernel: make a task that sleeps, call one callback as the kernel would. Nothing happens by
itself in between: no CPU chooses, no time passes."""

from typing import Any

from scxdsl.kernel.facts import Facts

from . import findings
from .enqueue import do_enqueue, set_runnable
from .events import add_task
from .lifetime import enable_task, init_task
from .moves import flush
from .queues import remove
from .state import State
from .task import Task, TaskState


def spawn(m: State, nice: int) -> Task:
    """A task that the policy knows: init_task and enable were called, and it sleeps."""
    p = add_task(m, "test", nice=max(-20, min(nice, 19)))
    error = init_task(m, p, True)
    if error:
        m.eject(findings.InitTaskFailed(error, p.comm, p.pid))
        return p
    p.state = TaskState.READY
    enable_task(m, p)
    return p


def call(m: State, name: str, args: tuple[Any, ...]) -> Any:
    """Calls one callback, on the CPU that it is about, with the kernel's part around it: what is inserted lies in its queue afterwards.
    Arguments that were left out are 0, and no task."""
    args += _rest(m, name, len(args))
    p = next((a for a in args if isinstance(a, Task)), None)
    m.this = args[0] if name == "dispatch" else p.cpu if p is not None else 0
    here = m.cpus[m.this]
    if name == "dispatch":
        result = m.call(name, *args)
        flush(m, here)
        return result
    if name == "select_cpu":
        here.direct = p
        result = m.call(name, *args)
        here.direct = None
        return result
    if name == "enqueue" and p is not None:
        _enqueue(m, p, args[1])
        return None
    return m.call(name, *args)


def _enqueue(m: State, p: Task, flags: int) -> None:
    """As for a task that has just become runnable, or gives its CPU back: what was inserted before goes."""
    cpu = m.cpu_of(p)
    p.sleeping = False
    if p.dsq is not None:
        remove(m, p)
    if not p.queued:
        set_runnable(m, cpu, p)
        p.queued = True
    do_enqueue(m, cpu, p, flags)


def _rest(m: State, name: str, given: int) -> tuple[Any, ...]:
    op = Facts.load().op(name)
    proto = op.proto.on(m.series) if op is not None else None
    args = proto.args if proto is not None else ()
    return tuple(None if a.type.kind == "pointer" else 0 for a in args[given:])
