# SPDX-License-Identifier: GPL-2.0-only
"""One policy and one script on the interpreter and on the bytecode machine: what they did, and where they part."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scxdsl.interp import Interpreter
from scxdsl.machine.errors import Fault
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import KernelOps, Model, Program
from scxdsl.model.attach import attach, detach
from scxdsl.model.state import Livelock
from scxdsl.objects.object import Object
from scxdsl.typing import typed

from . import settings, states
from .script import Script, after, play


SERIES = ("6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3")
"""The kernels of which there is a model."""


@dataclass(frozen=True)
class Outcome:
    """What one engine did: every callback and kernel call in order, the end, and what is left. `fault`: the program broke a
    rule of the machine."""

    trace: list[tuple[Any, ...]]
    exit: tuple[Any, ...] | None
    state: dict[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class Difference:
    """`at` is the place in the trace; None where the traces are equal and something else is not."""

    script: Script
    series: str
    at: int | None
    interpreter: Any
    machine: Any
    before: tuple[Any, ...] = ()

    def __str__(self) -> str:
        lines = [f"on {self.series}, with {len(self.script.events)} events and {self.script.cpus} CPUs:"]
        lines += [f"    {step}" for step in self.before]
        return "\n".join([*lines, f"  interpreter: {self.interpreter}", f"  machine:     {self.machine}"])


def run(script: Script, series: str, make: Callable[[KernelOps], Program], state: Callable[[Any, Model], dict[str, Any]],
        before: Callable[[Model], None] | None = None) -> Outcome:  # fmt: skip
    """Attaches a policy to the script's machine and plays the script; then the policy is detached, if it still lives."""
    m = script.model(series)
    m.trace = trace = []
    found: list[Any] = []
    fault = ""

    def made(ops: KernelOps) -> Program:
        found.append(make(ops))
        return found[0]

    try:
        _start(m, script)
        attach(m, made, dump=script.dump)
        play(m, script)
        left = state(found[0], m)
        detach(m)
        after(m)
        left |= states.of_exit(found[0], m)
    except Fault as broken:
        fault, left = str(broken), {}
    except Livelock as stuck:
        fault, left = f"livelock: {stuck}", {}
    except RecursionError:
        fault, left = "too deep", {}
    info = m.exit
    return Outcome(trace, (info.kind, info.exit_code, info.msg) if info else None, left, fault)


def _start(m: Model, script: Script) -> None:
    from scxdsl.model import events, hotplug

    for i in range(1, script.cpus):
        if script.offline >> i & 1:
            hotplug.offline(m, i)
    for i in range(script.before):
        p = events.add_task(m, f"old{i}", nice=i, cpu=i % len(m.cpus))
        p.sleeping = bool(i % 2)
        if script.left:
            p.vtime, p.weight = script.left * i & (1 << 64) - 1, 1 + script.left * i % 10_000


Arm = tuple[str, int, bool]
"""A way out of a branch of the bytecode: function, slot, whether it is taken."""


@dataclass
class Ways:
    """What scripts went through: arms of the bytecode, and how many callbacks, hooks, timers and commands ran."""

    taken: set[Arm] = field(default_factory=set)
    calls: int = 0


def compare(policy: typed.Policy, obj: Object, script: Script, series: str = "6.18", ways: Ways | None = None) -> Difference | None:
    """None where both engines agree in every callback's result, every kernel call, its order, and the final state. With `ways` it is kept
    which arms of the object were taken."""
    values = settings.chosen(policy, script.params)
    written = settings.encoded(policy, values)
    one = run(script, series, lambda k: Interpreter(policy, k, values), states.of_interpreter)
    made: list[Bytecode] = []

    def machine(kernel: KernelOps) -> Program:
        made.append(Bytecode(obj, kernel, written, coverage=ways is not None))
        return made[0]

    two = run(script, series, machine, partial(states.of_bytecode, policy))
    if ways is not None and made:
        ways.taken |= made[0].machine.seen
        ways.calls += sum(step[0] in ("call", "hook") for step in two.trace)
    return _difference(one, two, script, series)


def _difference(one: Outcome, two: Outcome, script: Script, series: str) -> Difference | None:
    for i, (a, b) in enumerate(zip(one.trace, two.trace, strict=False)):
        if a != b:
            return Difference(script, series, i, a, b, tuple(one.trace[max(0, i - 6) : i]))
    if len(one.trace) != len(two.trace) or one.fault != two.fault:
        at = min(len(one.trace), len(two.trace))
        rest_one = one.trace[at] if at < len(one.trace) else one.fault or "the end"
        rest_two = two.trace[at] if at < len(two.trace) else two.fault or "the end"
        return Difference(script, series, at, rest_one, rest_two, tuple(one.trace[max(0, at - 6) : at]))
    if one.exit != two.exit:
        return Difference(script, series, None, one.exit, two.exit)
    for name in one.state.keys() | two.state.keys():
        if one.state.get(name) != two.state.get(name):
            return Difference(script, series, None, (name, one.state.get(name)), (name, two.state.get(name)))
    return None


@dataclass(frozen=True)
class Subject:
    """A policy ready for both engines."""

    text: str
    policy: typed.Policy
    object: Object
    kernels: tuple[str, ...] = SERIES  # those of which there is a model and that the policy declares

    @property
    def exchanges(self) -> bool:
        """Whether user space has something to do with it: scripts for it are generated with `exchange`."""
        return bool(self.policy.commands or self.policy.inboxes)

    def compare(self, script: Script, series: str = "6.18", ways: Ways | None = None) -> Difference | None:
        return compare(self.policy, self.object, script, series, ways)
