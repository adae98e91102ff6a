# SPDX-License-Identifier: GPL-2.0-only
"""A callback costs the machine little work; how many there are in a second, `python -m benchmarks --tables engines` tells."""

from bpf_objects import HERE, compile_ir
from effort import calls
from fake_kernel import FakeKernel, FakeTask, task_region

from scxdsl.machine import Machine, kernel
from scxdsl.objects import read


def test_a_callback_takes_two_calls_for_an_instruction_at_most() -> None:
    """33 instructions: a call, a map lookup, CO-RE loads, a kernel function."""
    obj = read(compile_ir((HERE / "sample.ll").read_text().replace("insert___v2", "insert___v2___x")))
    machine = Machine(obj, kernel("6.19"), FakeKernel())
    enqueue, task = machine.callbacks["enqueue"], task_region(machine.kernel, FakeTask())
    enqueue(task, 0)  # translated once
    assert calls(lambda: enqueue(task, 0)) <= 2 * 33
