# SPDX-License-Identifier: GPL-2.0-only
"""What every policy does without saying: parameters are checked and queues made before its own `init`; tasks and cgroups get
their rows; its state goes into the debug dump."""

from typing import Any

from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import keeps

from . import state, timers
from .context import Context, Stop
from .kernel_calls import DSQ_SHIFT


_ENOMEM = -12


class Refused(Stop):
    """A callback ends with the kernel's own error number."""

    def __init__(self, error: int) -> None:
        self.error = error


def init(c: Context) -> None:
    """First values come before what can fail, for after that the kernel calls `exit`, which may look at them. Raises Stop where a parameter
    is out of its range, Refused where the kernel could not make a queue."""
    state.fill(c)
    for p, value in zip(c.policy.params, c.state.params, strict=True):
        _check_param(p, value, p.type, c, ranged=True)
    plain = [q for q in c.policy.dsqs if not q.owner and q.kind is None and q.second is None]
    for dsq in plain:
        _create(dsq, c)
    for dsq in c.policy.dsqs:
        if dsq not in plain and dsq.owner != "cgroup":
            _create(dsq, c)
    timers.init(c)


def _check_param(p: typed.Param, value: Any, t: lang.Type, c: Context, ranged: bool) -> None:
    """The range is that of a number, or of those in an array; an index is one that the machine or the table has. (A text without an end
    and the like are no values here.)"""
    match t:
        case lang.IntType() | lang.UnitType() | lang.BoolType() | lang.IndexType():
            outside = ranged and (p.low is not None and value < p.low or p.high is not None and value > p.high)
            if outside or isinstance(t, lang.IndexType) and not 0 <= value < state.bound(p, t.kind, c.policy.rows.get(t.kind), c)([]):
                raise c.stop(p.span, f"parameter {p.name} is out of range: {int(value)}")
        case lang.ArrayType(of):
            for item in value:
                _check_param(p, item, of, c, ranged)
        case lang.StructType(fields=fields):
            for item, f in zip(value, fields, strict=True):
                _check_param(p, item, f.type, c, ranged=False)
        case lang.TupleType(items):
            for item, of in zip(value, items, strict=True):
                _check_param(p, item, of, c, ranged=False)
        case lang.EnumType():
            variant = t.variant(value[0])
            assert variant is not None
            for item, f in zip(value[1], variant.fields, strict=True):
                _check_param(p, item, f.type, c, ranged=False)
        case lang.Optional(of) if value is not None:
            _check_param(p, value, of, c, ranged=False)


def _create(dsq: typed.Dsq, c: Context) -> None:
    for id in state.ids_of(dsq, c):
        _create_one(dsq, id, c)


def _create_one(dsq: typed.Dsq, id: int, c: Context) -> None:
    error = c.kernel.create_dsq(id, -1)
    if error:
        c.kernel.error(f"{c.where(dsq.span)}: the kernel could not create the queue {dsq.name} ({error})")
        raise Refused(error)


def _room(kind: str, number: int, c: Context) -> None:
    """A task or cgroup for whose row there is no memory does not come to be."""
    if c.kernel.m.lacks_memory(kind, number):
        raise Refused(_ENOMEM)


def callbacks(policy: typed.Policy) -> set[str]:
    """Those that a policy has without writing them."""
    out = {"init", "exit"}
    if policy.globals or policy.dsqs:
        out.add("dump")
    if state.task_rows(policy) is not None:
        out |= {"init_task", "exit_task"} if keeps("task", policy) else {"init_task"}
    groups = policy.rows.get("cgroup")
    if groups is not None:
        out |= {"cgroup_init", "cgroup_exit"} if groups.dsqs or keeps("cgroup", policy) else {"cgroup_init"}
    return out


def before(name: str, args: tuple[Any, ...], c: Context) -> None:
    """What is derived at the beginning of a callback."""
    if name == "init":
        init(c)
    elif name == "init_task" and "task" in c.state.rows:
        rows = c.state.rows["task"]
        _room("task", args[0].pid, c)
        rows.found[args[0]] = state.fresh(rows.rows, c)
    elif name == "cgroup_init" and (groups := c.policy.rows.get("cgroup")) is not None:
        if groups.fields:
            rows = c.state.rows["cgroup"]
            _room("cgroup", args[0].id, c)
            rows.found[args[0]] = state.fresh(rows.rows, c)
        for dsq in groups.dsqs:
            for id in state.of_cgroup(dsq, args[0].id, c):
                _create_one(dsq, id, c)


def after(name: str, args: tuple[Any, ...], c: Context) -> None:
    """What is derived at the end of a callback, whether or not its body was left early by `return`."""
    if name == "dump":
        dump(c)
    elif name == "exit_task":
        c.state.rows["task"].found.pop(args[0], None)
    elif name == "cgroup_exit":
        groups = c.policy.rows.get("cgroup")
        for dsq in groups.dsqs if groups is not None else ():
            for id in state.of_cgroup(dsq, args[0].id, c):
                c.kernel.destroy_dsq(id)
        if "cgroup" in c.state.rows and keeps("cgroup", c.policy):  # which is given back, and so the state is deleted
            c.state.rows["cgroup"].found.pop(args[0], None)


def dump(c: Context) -> None:
    """A line for each number that is a variable, and for each queue."""
    for g, value in zip(c.policy.globals, c.state.globals, strict=True):
        if g.dumped:
            c.kernel.dump(f"{g.name}={value if isinstance(value, str) else int(value)}\n")
    for dsq in c.policy.dsqs:
        if dsq.count is None and dsq.kind is None and not dsq.owner:
            c.kernel.dump(f"{dsq.name}.len={c.kernel.dsq_nr_queued(dsq.number << DSQ_SHIFT)}\n")
