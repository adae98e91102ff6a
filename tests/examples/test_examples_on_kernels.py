# SPDX-License-Identifier: GPL-2.0-only
"""Every example compiles to one object, which real kernels accept, run under load and let go cleanly."""

from pathlib import Path

import pytest
from patience import run_until

from scxdsl import objects
from scxdsl.compiler import build, check
from scxdsl.guest.run import Run

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.scx"))
SECONDS = 3


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def example(request) -> tuple[str, bytes]:
    path: Path = request.param
    made = build(path.read_text(), path.name)
    assert made.object is not None, [d.message for d in made.diagnostics]
    return path.stem, made.object


def test_it_builds_the_same_bytes_twice(example) -> None:
    name, data = example
    path = next(p for p in EXAMPLES if p.stem == name)
    assert build(path.read_text(), path.name).object == data


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_tasks_cpu_is_asked_of_the_task(path: Path) -> None:
    """Another CPU may call these, when it changes something about a task that runs (kernel/sched/core.c: put_prev_task and set_next_task
    round each such change), so `this_cpu` is not the task's there."""
    policy = check(path.read_text(), path.name).policy
    about_tasks = [c for c in policy.callbacks if c.name in ("running", "stopping", "enqueue", "runnable", "quiescent", "dequeue")]
    assert not any("this_cpu" in c.span.text for c in about_tasks)


@pytest.mark.guest
def test_a_real_kernel_accepts_and_runs_it(example, guest) -> None:
    name, data = example
    assert [(v.program, v.line, v.reason) for v in guest.verify(data) if not v.accepted] == []
    run = guest.run(data, seconds=SECONDS, load="mix")
    assert run.attached and run.clean, run
    assert run.exit.kind == "SCX_EXIT_UNREG" and run.exit.reason == "unregistered from user space"


def ratio(run: Run) -> float:
    """CPU time of the heavy spinners to that of the light ones."""
    light, heavy = (sum(w.cpu_time for w in run.workers if (w.weight > 100) == above) for above in (False, True))
    return heavy / light if light else float("inf")


@pytest.mark.guest
@pytest.mark.parametrize(("fifo", "slice_ms", "low", "high"), [(True, 20, 0.9, 1.1), (False, 20, 2.7, 3.36), (False, 5, 2.7, 3.36)])
def test_shares_follow_weights(guest, fifo: bool, slice_ms: int, low: float, high: float) -> None:
    """Two spinners of weight 100 and two of 305 on one CPU: equal shares first in first out, else 1 : 3.05, or 1 : 3, within
    10 %. With one of each they alternate whatever their weights: the kernel queues the task that ran only after dispatch has
    chosen the next."""
    path = next(p for p in EXAMPLES if p.stem == "simple")
    made = build(path.read_text(), path.name)
    assert made.object is not None
    known = {p.name: p for p in objects.parameters(objects.read(made.object))}
    texts = {"fifo": str(fifo).lower(), "slice": f"{slice_ms}ms"}
    params = {name: objects.encode(known[name], text) for name, text in texts.items()}
    run = run_until(guest, made.object, lambda run: low <= ratio(run) <= high, seconds=10, load="shares", params=params)
    assert run.clean, run
    assert low <= ratio(run) <= high, run.workers
