# SPDX-License-Identifier: GPL-2.0-only
"""maximal: nothing that all kernels have is missing, and the kernel calls it."""

import re

import pytest
from patience import counted, run_until
from spying import EXAMPLES, ON, machine

from scxdsl.compiler import build, check
from scxdsl.kernel.facts import Facts

CALLED = {
    "enqueued", "ticks", "wakes", "sleeps", "starts", "stops", "yields", "idles", "tasks", "ended", "enabled", "disabled", "weights",
    "masks", "groups", "group_ends",
}  # fmt: skip
TEXT = (EXAMPLES / "maximal.scx").read_text(encoding="utf-8")


def test_it_has_every_callback_of_every_kernel() -> None:
    facts = Facts.load()
    ops = {name: facts.op(name) for name in facts.op_names}
    everywhere = {name for name, op in ops.items() if op is not None and op.where == ops["enqueue"].where}
    found = check(TEXT, "maximal.scx")
    assert {c.name for c in found.policy.callbacks} == everywhere


def test_only_the_deprecated_ones_are_warned_of() -> None:
    found = check(TEXT, "maximal.scx").diagnostics
    assert [d.code for d in found] == ["W0402", "W0402"]
    assert ["`cpu_acquire`" in found[0].message, "`cpu_release`" in found[1].message] == [True, True]


@ON
@pytest.mark.guest
def test_the_kernel_calls_them(kernel: str) -> None:
    made = build(TEXT, "maximal.scx")
    assert made.object is not None
    with machine(kernel, cores=2) as guest:
        run = run_until(guest, made.object, counted(*CALLED))
    assert run.clean, run
    assert {name for name, n in run.stats.items() if n > 0} >= CALLED
    assert run.stats["starts"] == run.stats["stops"] and run.stats["wakes"] == run.stats["sleeps"]
    assert run.stats["tasks"] == run.stats["ended"] and run.stats["enabled"] == run.stats["disabled"]


@pytest.mark.guest
@pytest.mark.sweep
def test_pinned_tasks_in_a_queue_hold_up_a_cpu_that_goes(kernel: str) -> None:
    """Why maximal sends them to their CPU: where they wait with the others, the kernel neither asks for them nor goes on without them."""
    text, n = re.subn(r"if p.nr_cpus_allowed == 1 .* else \{ (.*) \}", r"\1", TEXT)
    made = build(text, "maximal.scx")
    assert n == 1 and made.object is not None
    with machine(kernel, cores=2) as guest:
        run = guest.run(made.object, seconds=30, load="hotplug")
    assert run.ejected and run.exit is not None and "failed to run" in run.exit.message, run
