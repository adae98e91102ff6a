# SPDX-License-Identifier: GPL-2.0-only
"""Callbacks a second of the reference interpreter and of the bytecode machine, with the model of sched_ext that both run on."""

import time
from collections.abc import Callable

from scxdsl import compiler, objects
from scxdsl.fuzz.script import Script, generate, play
from scxdsl.interp import Interpreter
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import KernelOps, Program
from scxdsl.model.attach import attach

from .cases import ROOT

POLICY = ROOT / "examples" / "simple.scx"
SERIES = "6.18"


def speeds(events: int = 20_000) -> dict[str, float]:
    """engine -> callbacks a second of CPU time, on one script of so many events; quiet, so that simple.scx lives to its end."""
    built = compiler.build(POLICY.read_text(), POLICY.name)
    assert built.object is not None and built.checked.policy is not None
    policy, obj = built.checked.policy, objects.read(built.object)
    script = generate(1, events, quiet=True)
    engines: dict[str, Callable[[KernelOps], Program]] = {"interpreter": lambda k: Interpreter(policy, k), "machine": lambda k: Bytecode(obj, k)}
    return {name: _callbacks(script, make) / _seconds(script, make) for name, make in engines.items()}


def _callbacks(script: Script, make: Callable[[KernelOps], Program]) -> int:
    model = script.model(SERIES)
    model.trace = []
    attach(model, make)
    play(model, script)
    assert model.exit is None, "the policy ended before the script"
    return sum(step[0] == "call" for step in model.trace)


def _seconds(script: Script, make: Callable[[KernelOps], Program]) -> float:
    """The least of three, without a trace."""
    best = float("inf")
    for _ in range(3):
        model = script.model(SERIES)
        attach(model, make)
        start = time.process_time()
        play(model, script)
        best = min(best, time.process_time() - start)
    return best
