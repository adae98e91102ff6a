# SPDX-License-Identifier: GPL-2.0-only
"""An object on the model of sched_ext, in the place of a policy."""

from typing import Any

import pytest
from bpf_objects import HERE, compile_ir
from hand_made import an_object

from scxdsl.machine import Machine, Ptr, Region, kernel
from scxdsl.machine.errors import BadArgument, Fault, Stale
from scxdsl.machine.on_model import Bytecode
from scxdsl.machine.on_model.calls import Calls
from scxdsl.machine.on_model.objects import Objects
from scxdsl.model import Cgroup, Model, Topology
from scxdsl.model.arguments import ExitInfo
from scxdsl.model.events import add_task, wake
from scxdsl.model.attach import attach, detach
from scxdsl.objects import read

SERIES = "6.19"


def sample() -> Any:
    """tests/objects/sample.ll: enqueue puts every task into queue 0, which init makes."""
    return read(compile_ir((HERE / "sample.ll").read_text().replace("insert___v2", "insert___v2___x")))


def a_model(series: str = SERIES, **more: int) -> Model:
    model = Model(series, Topology.of(**({"cpus": 2} | more)))
    model.trace = []
    return model


def on(model: Model) -> Calls:
    """A machine's calls on that model, with a machine that has nothing to run."""
    k = kernel(model.series)
    calls = Calls(model, k, Objects(model, k))
    calls.machine = Machine(an_object({"main": "mov %r0, 0\nexit"}), k, calls)
    return calls


def function(calls: Calls, name: str) -> Any:
    found = calls.kfunc(name)
    assert found is not None
    return found


def test_a_scheduler_from_attach_to_detach() -> None:
    model = a_model()
    tasks = [add_task(model, f"worker{i}") for i in range(3)]
    text = (HERE / "sample.ll").read_text().replace("insert___v2", "insert___v2___x")
    text = text.replace("@bias = global i64 -3", "@bias = global i64 -2")  # the queue's node: -2, and 1 as task_struct exists
    obj = read(compile_ir(text))
    made: list[Bytecode] = []

    def make(ops: Any) -> Bytecode:
        made.append(Bytecode(obj, ops))
        return made[0]

    attached = attach(model, make)
    assert made[0].settings.name == "sample" and made[0].settings.timeout_ms == 5000 and made[0].settings.flags == 3
    assert made[0].callbacks == {"enqueue", "init"}
    assert attached and ("kernel", "create_dsq", 0, -1, 0) in (model.trace or [])
    for p in tasks:
        wake(model, p)
    calls = [row for row in model.trace or [] if row[:2] == ("kernel", "dsq_insert")]
    # the parameter, SCX_SLICE_DFL, and what the task had
    assert {(row[3], row[4]) for row in calls} == {(0, 60_000_000)}
    detach(model)


@pytest.mark.parametrize("series", ["6.12", "6.18", "7.3"])
def test_tasks_as_the_kernel_lays_them_out(series: str) -> None:
    model = a_model(series)
    parent = add_task(model, "shell", pid=5)
    p = add_task(model, "worker", pid=77, nice=5, cpus=0b10, cpu=1, parent=parent)
    k = kernel(series)
    region: Any = on(model).objects.region(p)

    def at(path: str) -> int:
        found = k.locate("task_struct", path)
        assert found is not None
        return found.offset

    p.weight, p.slice = 335, 123
    assert region.load32(at("pid")) == 77
    assert region.text(at("comm")) == "worker"
    assert region.load32(at("scx.weight")) == 335
    assert region.load32(at("nr_cpus_allowed")) == 1
    mask = region.load64(at("cpus_ptr"))
    assert mask.region.read(0, 1) == b"\x02"
    p.cpus_allowed = 0b11
    assert mask.region.load8(0) == 3  # a pointer to the kernel's own mask
    assert region.load64(at("real_parent")).region.load32(at("pid")) == 5
    region.store64(at("scx.slice"), 9)
    assert p.slice == 9
    assert (model.trace or [])[-1] == ("kernel", "task_set_slice", 77, 9)


def test_texts_of_the_exit_record() -> None:
    k = kernel(SERIES)
    info: Any = on(a_model()).objects.region(ExitInfo(64, -3, "unregistered from user space", "bye"))
    reason, code = k.locate("scx_exit_info", "reason"), k.locate("scx_exit_info", "exit_code")
    assert reason and code
    assert info.load64(reason.offset).region.text() == "unregistered from user space"
    assert info.load64(code.offset) == (1 << 64) - 3


def test_a_task_that_is_gone() -> None:
    model = a_model()
    calls = on(model)
    p = add_task(model, "worker")
    region: Any = calls.objects.region(p)
    assert calls.objects.region(p) is region
    running = function(calls, "scx_bpf_task_running")
    assert running(Ptr(region)) is False
    calls.objects.forget(p)
    with pytest.raises(Stale):
        running(Ptr(region))
    with pytest.raises(Fault):
        running(Ptr(Region("something", 8)))


def test_the_idle_thread_is_a_task_of_its_own() -> None:
    model = a_model()
    calls = on(model)
    pid = kernel(SERIES).locate("task_struct", "pid")
    assert pid
    assert calls.current_task().load32(pid.offset) == 0
    first = calls.current_task()
    model.this = 1
    assert calls.current_task() is not first


def test_timers_fire_in_the_models_time() -> None:
    model = a_model()
    calls = on(model)
    fired: list[tuple[str, int]] = []

    class Fires:
        def fire(self, timer: Any) -> None:
            timer.armed = False
            fired.append((timer.name, model.now))

    class Timer:
        armed = True

        def __init__(self, name: str) -> None:
            self.name = name

    calls.machine = Fires()
    start = model.now
    a, b, c = Timer("a"), Timer("b"), Timer("c")
    for timer, when, flags in ((a, 5000, 0), (b, 7000, 0), (a, 6000, 0), (c, start + 100, 1)):
        assert calls.timer_start(timer, when, flags) == 0
    assert calls.timer_cancel(b)
    model.advance(10_000)
    assert fired == [("c", start + 100), ("a", start + 6000)]


# walks over queues


def a_queue(model: Model, calls: Calls, count: int) -> list[Any]:
    """Queue 7 with tasks in it, as regions."""
    assert function(calls, "scx_bpf_create_dsq")(7, -1) == 0
    from scxdsl.model.queues import insert

    tasks = [add_task(model, f"t{i}") for i in range(count)]
    for p in tasks:
        insert(model, model.dsqs[7], p, 0)
    return [calls.objects.region(p) for p in tasks]


def walk(calls: Calls, flags: int, body: Any) -> Any:
    it = Ptr(Region("iterator", 72))

    def run() -> Any:
        assert function(calls, "bpf_iter_scx_dsq_new")(it, 7, flags) == 0
        result = body(it)
        function(calls, "bpf_iter_scx_dsq_destroy")(it)
        return result

    return calls.machine.enter(run, "walk")


def rest(calls: Calls, it: Ptr) -> list[Any]:
    found = []
    while (p := function(calls, "bpf_iter_scx_dsq_next")(it)) is not None:
        found.append(p)
    return found


@pytest.mark.parametrize("flags", [0, 1 << 16])
def test_a_walk_meets_every_task_once(flags: int) -> None:
    model = a_model()
    calls = on(model)
    tasks = a_queue(model, calls, 3)
    assert walk(calls, flags, lambda it: rest(calls, it)) == (tasks if not flags else tasks[::-1])


def test_a_walk_passes_over_those_that_left_or_came() -> None:
    from scxdsl.model.queues import insert, remove

    model = a_model()
    calls = on(model)
    tasks = a_queue(model, calls, 3)

    def body(it: Ptr) -> list[Any]:
        first = function(calls, "bpf_iter_scx_dsq_next")(it)
        remove(model, tasks[1].source)
        late = add_task(model, "late")
        insert(model, model.dsqs[7], late, 0)
        return [first, *rest(calls, it)]

    assert walk(calls, 0, body) == [tasks[0], tasks[2]]


def test_walks_that_cannot_be() -> None:
    model = a_model()
    calls = on(model)
    it = Ptr(Region("iterator", 72))
    new, destroy = function(calls, "bpf_iter_scx_dsq_new"), function(calls, "bpf_iter_scx_dsq_destroy")

    def empty(dsq: int, flags: int) -> int:
        result = new(it, dsq, flags)
        assert rest(calls, it) == []
        destroy(it)
        return result

    assert calls.machine.enter(lambda: [empty(9, 0), empty(7, 5)], "test") == [-2, -22]
    with pytest.raises(BadArgument, match="ends without releasing"):
        calls.machine.enter(lambda: new(it, 9, 0), "test")
    with pytest.raises(BadArgument, match="was not made"):
        rest(calls, Ptr(Region("iterator", 72)))


# where a CPU stands


def test_per_cpu_variables() -> None:
    model = a_model(cpus=8, smt=2, llcs=2)
    calls = on(model)

    def numbers(name: str) -> list[int]:
        return [r.load32(0) for r in calls.variable(name).regions]

    assert numbers("sd_llc_id") == [0, 0, 0, 0, 4, 4, 4, 4]
    assert numbers("sd_llc_size") == [4] * 8
    assert numbers("cpu_number") == list(range(8))
    sibling = calls.variable("cpu_sibling_map").regions[3].load64(0)
    assert sibling.region.load8(0) == 0b1100
    assert calls.variable("no_such") is None


# references


def test_tasks_and_cgroups_by_number() -> None:
    model = a_model()
    calls = on(model)
    p = add_task(model, "worker", pid=9)
    assert function(calls, "bpf_task_from_pid")(9) is calls.objects.region(p)
    assert function(calls, "bpf_task_from_pid")(10) is None
    child = Cgroup(5, model.root, level=1)
    model.cgroups[5] = child
    found = function(calls, "bpf_cgroup_from_id")(5)
    assert found is calls.objects.region(child)
    ancestor = function(calls, "bpf_cgroup_ancestor")
    assert ancestor(Ptr(found), 0) is calls.objects.region(model.root)
    assert ancestor(Ptr(found), 1) is found and ancestor(Ptr(found), 2) is None
