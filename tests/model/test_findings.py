# SPDX-License-Identifier: GPL-2.0-only
"""What ends a policy, in the kernel's words."""

from collections.abc import Callable
from typing import Any

import pytest

from scxdsl.model import Model, Settings, events
from scxdsl.model.constants import TICK
from scxdsl.model.hotplug import offline

Start = Callable[..., Model]
LOCAL, GLOBAL = 0x8000000000000002, 0x8000000000000001


def stay(k: Any, p: Any, prev: int, flags: int) -> int:
    """Without a select_cpu the kernel inserts directly where a CPU is idle, and enqueue is skipped."""
    return prev


def ended(m: Model) -> str:
    assert m.exit is not None
    return m.exit.msg


def twice(k: Any, p: Any, flags: int) -> None:
    k.dsq_insert(p, LOCAL, 1, 0)
    k.dsq_insert(p, LOCAL, 1, 0)


def both_orders(k: Any, p: Any, flags: int) -> None:
    if p.comm == "a":
        k.dsq_insert(p, 1, 1, 0)
    else:
        k.dsq_insert_vtime(p, 1, 1, 5, 0)


ENQUEUES = {
    "non-existent DSQ 0x7 for a[101]": lambda k, p, f: k.dsq_insert(p, 7, 1, 0),
    "a[101] already direct-dispatched": twice,
    "cannot use vtime ordering for built-in DSQs": lambda k, p, f: k.dsq_insert_vtime(p, LOCAL, 1, 2, 0),
    "invalid enq_flags 0x100000000000000": lambda k, p, f: k.dsq_insert(p, LOCAL, 1, 1 << 56),
    "DSQ ID 0x0000000000000001 already had FIFO-enqueued tasks": both_orders,
    "kfunc with mask 0x2 called from an operation only allowing 0x4": lambda k, p, f: k.dsq_move_to_local(1),
    "invalid CPU 99": lambda k, p, f: k.kick_cpu(99, 0),
    "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE": lambda k, p, f: k.kick_cpu(0, 3),
    "invalid CPU 77 in SCX_DSQ_LOCAL_ON dispatch verdict": lambda k, p, f: k.dsq_insert(p, 0xC000000000000000 | 77, 1, 0),
    "Invalid cpuperf target 2000 for CPU 0": lambda k, p, f: k.cpuperf_set(0, 2000),
    "gone": lambda k, p, f: k.error("gone"),
}


@pytest.mark.parametrize("words", ENQUEUES)
def test_what_enqueue_may_not_do(start: Start, words: str) -> None:
    m = start(cpus=1, init=lambda k: k.create_dsq(1, -1), select_cpu=stay, enqueue=ENQUEUES[words], dispatch=lambda k, c, p: None)
    events.spawn(m, "a")
    if m.exit is None:
        events.spawn(m, "b")
    assert ended(m) == words
    assert not m.enabled


def test_wording_changes_with_the_kernel(start: Start) -> None:
    m = start(series="7.3", select_cpu=stay, enqueue=lambda k, p, f: k.dsq_insert(p, 7, 1, 0))
    events.spawn(m, "a")
    assert ended(m) == "non-existent DSQ 0x7"


def test_only_its_own_task_is_inserted_directly(start: Start) -> None:
    first: list[Any] = []

    def enqueue(k: Any, p: Any, flags: int) -> None:
        first.append(p)
        k.dsq_insert(first[0], LOCAL, 1, 0)

    m = start(cpus=1, select_cpu=stay, enqueue=enqueue)
    events.spawn(m, "a")
    events.spawn(m, "b")
    assert ended(m) == "scheduling for b[102] but trying to direct-dispatch a[101]"


def test_the_buffer_of_dispatch_is_bounded(start: Start) -> None:
    held: list[Any] = []

    def dispatch(k: Any, cpu: int, prev: Any) -> None:
        for p in held:
            k.dsq_insert(p, LOCAL, 1, 0)

    m = start(cpus=1, settings=Settings(dispatch_max_batch=2), select_cpu=stay, enqueue=lambda k, p, f: held.append(p), dispatch=dispatch)
    events.take_cpu(m, 0)
    for name in "abc":
        events.spawn(m, name)
    events.return_cpu(m, 0)
    assert ended(m) == "dispatch buffer overflow"


def test_a_task_goes_where_it_may_run_only(start: Start) -> None:
    m = start(select_cpu=stay, enqueue=lambda k, p, f: k.dsq_insert(p, 0xC000000000000000 | 1, 1, 0))
    events.spawn(m, "a", cpus=0b01)
    assert ended(m) == "SCX_DSQ_LOCAL[_ON] target CPU 1 not allowed for a[101]"


def test_a_task_that_waits_too_long_is_a_stall(start: Start) -> None:
    m = start(settings=Settings(timeout_ms=1000), select_cpu=stay, enqueue=lambda k, p, f: None, dispatch=lambda k, c, p: None)
    events.spawn(m, "a")
    m.advance(400 * TICK)
    assert m.exit is not None and m.exit.reason == "runnable task stall"
    assert ended(m).startswith("a[101] failed to run for 1.")


def test_errors_of_init(start: Start) -> None:
    assert ended(start(init=lambda k: -12)) == "ops.init() failed (-12)"
    assert ended(start(init=lambda k: 5)) == "ops.init() returned an invalid errno 5"
    assert ended(start(settings=Settings(flags=2))) == "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented"
    assert ended(start(tasks=1, init_task=lambda k, p, a: -1)) == "ops.init_task() failed (-1) for old0[101]"


def test_hotplug_asks_for_a_new_start(start: Start) -> None:
    m = start(running=lambda k, p: None)
    offline(m, 1)
    assert ended(m) == "cpu 1 going offline, exiting scheduler"
    assert m.exit is not None and m.exit.exit_code == m.k.ecode_act_restart | m.k.ecode_rsn_hotplug
    m = start(running=lambda k, p: None, cpu_offline=lambda k, cpu: None)
    offline(m, 1)
    assert m.exit is None


def test_the_first_reason_stands(start: Start) -> None:
    m = start(select_cpu=stay, enqueue=lambda k, p, f: (k.error("one"), k.error("two")))
    events.spawn(m, "a")
    assert ended(m) == "one"


def test_fork_goes_on_where_init_task_refuses(start: Start) -> None:
    m = start(init_task=lambda k, p, a: -12)
    assert events.spawn(m, "a") is None and m.exit is None
