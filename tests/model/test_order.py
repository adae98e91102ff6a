# SPDX-License-Identifier: GPL-2.0-only
"""Callbacks come in the kernel's order (Documentation/scheduler/sched-ext.rst, "Task lifecycle"; kernel/sched/ext.c)."""

from collections.abc import Callable

from scxdsl.model import Model, events
from scxdsl.model.constants import TICK
from scxdsl.model.attach import detach

Start = Callable[..., Model]
ALL = ("runnable", "running", "stopping", "quiescent", "enable", "disable", "exit_task", "set_weight", "set_cpumask")


def quiet(*names: str) -> dict[str, Callable[..., None]]:
    return {name: lambda k, *a: None for name in names}


def shared_queue() -> dict[str, Callable[..., object]]:
    return {
        "init": lambda k: k.create_dsq(1, -1),
        "select_cpu": lambda k, p, prev, flags: prev,
        "enqueue": lambda k, p, flags: k.dsq_insert(p, 1, 20_000_000, flags),
        "dispatch": lambda k, cpu, prev: k.dsq_move_to_local(1) and None,
    }


def test_the_life_of_a_task(start: Start) -> None:
    m = start(**quiet(*ALL), **shared_queue(), init_task=lambda k, p, a: 0)
    log = m.program.log  # type: ignore[union-attr]
    log.clear()
    p = events.spawn(m, "a")
    assert p is not None
    assert log == ["init_task", "enable", "set_weight", "select_cpu", "runnable", "enqueue", "dispatch", "running"]
    log.clear()
    events.block(m, p)
    assert log[:3] == ["stopping", "quiescent", "dispatch"]
    log.clear()
    events.wake(m, p)
    events.exit(m, p)
    assert log[-2:] == ["disable", "exit_task"] and p.pid not in m.tasks


def test_a_direct_insert_in_select_cpu_skips_enqueue(start: Start) -> None:
    def select_cpu(k, p, prev, flags):
        k.dsq_insert(p, k.m.k.dsq_local, 1_000_000, 0)
        return prev

    m = start(**{**shared_queue(), "select_cpu": select_cpu}, running=lambda k, p: None)
    events.spawn(m, "a")
    assert "enqueue" not in m.program.log and "running" in m.program.log  # type: ignore[union-attr]


def test_a_task_alone_keeps_running_with_the_default_slice(start: Start) -> None:
    m = start(**shared_queue(), **quiet("running", "stopping"))
    p = events.spawn(m, "a")
    m.program.log.clear()  # type: ignore[union-attr]
    m.advance(100 * TICK)
    assert p.slice > 0 and m.cpus[p.cpu].curr is p
    assert "stopping" not in m.program.log and "dispatch" in m.program.log  # type: ignore[union-attr]


def test_two_tasks_take_turns(start: Start) -> None:
    m = start(cpus=1, **shared_queue())
    a, b = events.spawn(m, "a"), events.spawn(m, "b")
    m.advance(200 * TICK)
    assert a.ran > 0 and b.ran > 0 and abs(a.ran - b.ran) <= 40_000_000


def test_enq_last_asks_the_policy_about_the_last_task(start: Start) -> None:
    from scxdsl.model import Settings

    seen = []

    def enqueue(k, p, flags):
        seen.append(bool(flags & k.m.k.enq_last))
        k.dsq_insert(p, k.m.k.dsq_local if flags & k.m.k.enq_last else 1, 5_000_000, flags)

    last = Settings(flags=2)  # SCX_OPS_ENQ_LAST
    m = start(cpus=1, settings=last, **{**shared_queue(), "enqueue": enqueue})
    events.spawn(m, "a")
    m.advance(20 * TICK)
    assert True in seen


def test_a_change_of_weight_takes_a_running_task_aside(start: Start) -> None:
    m = start(**quiet(*ALL), **shared_queue())
    p = events.spawn(m, "a")
    m.program.log.clear()  # type: ignore[union-attr]
    events.set_nice(m, p, 5)
    assert m.program.log == ["stopping", "quiescent", "set_weight", "runnable", "running"]  # type: ignore[union-attr]
    assert p.weight == 33


def test_dequeue_before_7_1_is_for_tasks_that_the_policy_holds(start: Start) -> None:
    hold = {"select_cpu": lambda k, p, prev, flags: prev, "enqueue": lambda k, p, flags: None, "dequeue": lambda k, p, flags: None, "dispatch": lambda k, cpu, prev: None}
    m = start(**hold)
    p = events.spawn(m, "a")
    events.set_nice(m, p, 1)
    assert m.program.log.count("dequeue") == 1  # type: ignore[union-attr]
    m = start(**shared_queue(), dequeue=lambda k, p, flags: None)
    events.spawn(m, "a")
    assert "dequeue" not in m.program.log  # type: ignore[union-attr]


def test_dequeue_from_7_1_ends_custody_once_at_dispatch_too(start: Start) -> None:
    m = start(series="7.1", **shared_queue(), dequeue=lambda k, p, flags: None)
    events.spawn(m, "a")
    assert m.program.log.count("dequeue") == 1  # type: ignore[union-attr]


def test_tasks_of_before_are_switched_and_given_back(start: Start) -> None:
    m = start(tasks=2, **quiet(*ALL), **shared_queue(), exit=lambda k, info: None)
    assert m.program.log.count("enable") == 2  # type: ignore[union-attr]
    detach(m)
    assert m.program.log.count("disable") == 2 and m.program.log[-1] == "exit"  # type: ignore[union-attr]
    assert m.exit is not None and m.exit.reason == "unregistered from user space"


def test_preemption_by_a_higher_class(start: Start) -> None:
    m = start(cpus=1, **shared_queue(), **quiet("cpu_release", "cpu_acquire"))
    p = events.spawn(m, "a")
    m.program.log.clear()  # type: ignore[union-attr]
    events.take_cpu(m, 0)
    assert m.cpus[0].curr is None and p in m.cpus[0].local.tasks
    events.return_cpu(m, 0)
    assert m.cpus[0].curr is p and m.program.log == ["cpu_release", "cpu_acquire"]  # type: ignore[union-attr]
