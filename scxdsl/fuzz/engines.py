# SPDX-License-Identifier: GPL-2.0-only
"""Pure functions on four engines: the interpreter, the bytecode machine, native code of the same LLVM IR, and a real kernel."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scxdsl.codegen.backend import Backend
from scxdsl.guest import Guest
from scxdsl.guest.guest import LOAD_SECONDS
from scxdsl.guest.link import Link
from scxdsl.interp import Interpreter
from scxdsl.ir.module import Module
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import KernelOps, Model, Program, Topology
from scxdsl.model.attach import attach
from scxdsl.objects import read
from scxdsl.typing import typed

from . import maker
from .native import Native, Result
from .pure import CPUS, contexts

SERIES = "6.18"
Calls = Mapping[str, Sequence[bytes]]
"""Commands, and the contexts that each is to run on."""


@dataclass(frozen=True)
class Functions:
    """A policy of pure commands, compiled once: the tree, the IR that native code is made of, and the object made of the same IR."""

    text: str
    policy: typed.Policy
    module: Module
    object: bytes

    def calls(self, seed: int, count: int) -> dict[str, list[bytes]]:
        return {command.name: contexts(command, seed, count) for command in self.policy.commands}


@dataclass(frozen=True)
class Apart:
    """A command that two engines answer differently."""

    command: str
    context: bytes
    answers: dict[str, Result]

    def __str__(self) -> str:
        said = [f"  {engine + ':':13} {status}, {after.hex()}" for engine, (status, after) in self.answers.items()]
        return "\n".join([f"{self.command} on {self.context.hex()}", *said])


def compiled(text: str, check: Callable[..., Any], lower: Callable[..., Any], backend: Backend) -> Functions | maker.Refused:
    """Front end and lowering are given, as Maker has them."""
    found = maker.compiled(text, check, lower, backend)
    if isinstance(found, maker.Refused):
        return found
    return Functions(text, found.checked.policy, found.module, found.data)


def interpreted(functions: Functions, calls: Calls) -> dict[str, list[Result]]:
    return _on_model(lambda kernel: Interpreter(functions.policy, kernel), calls)


def on_machine(functions: Functions, calls: Calls) -> dict[str, list[Result]]:
    obj = read(functions.object)
    return _on_model(lambda kernel: Bytecode(obj, kernel), calls)


def _on_model(make: Callable[[KernelOps], Program], calls: Calls) -> dict[str, list[Result]]:
    def started() -> Model:
        m = Model(SERIES, Topology.of(CPUS))
        assert attach(m, make), m.exit
        return m

    m, out = started(), {}
    for name, given in calls.items():
        out[name] = []
        for context in given:
            out[name].append(m.command(name, context))
            if m.exit is not None:  # an `error` has ended it
                m = started()
    return out


def native(functions: Functions, calls: Calls, process: Native) -> dict[str, list[Result]]:
    """Raises NotNative, NativeFault."""
    return process.run(functions.module, calls)


def on_kernel(functions: Functions, calls: Calls, guest: Guest) -> dict[str, list[Result]]:
    """Through BPF_PROG_TEST_RUN while the policy is the kernel's scheduler. Calls that end it must not be among them.
    Raises the errors of guest/errors.py, KernelRefuses."""
    return guest.steady(lambda: _attached(functions, calls, guest))


def _attached(functions: Functions, calls: Calls, guest: Guest) -> dict[str, list[Result]]:
    link = guest.link
    link.open(functions.object, 0)
    try:
        loaded = link.load(LOAD_SECONDS)
        answer = link.attach() if not loaded.errno else None
        if answer is None or answer.errno:
            raise KernelRefuses("\n".join((*loaded.messages, *(answer.messages if answer else ()))))
        return {name: list(_runs(link, name, given)) for name, given in calls.items() if given}
    finally:
        if guest.alive:
            link.detach()
            link.close()


def _runs(link: Link, name: str, given: Sequence[bytes]) -> Iterator[Result]:
    most = max(1, 60_000 // len(given[0]))
    for at in range(0, len(given), most):
        yield from link.test_run(name, given[at : at + most])


class KernelRefuses(Exception):
    """The kernel did not take the object; the message is its words."""


def without_errors(calls: Calls, answers: Mapping[str, Sequence[Result]]) -> dict[str, list[bytes]]:
    """The calls that do not end the scheduler, by what an engine answered."""
    return {name: [c for c, (status, _) in zip(given, answers[name], strict=True) if status == 0] for name, given in calls.items()}


def differences(calls: Calls, answers: Mapping[str, Mapping[str, Sequence[Result]]]) -> Iterator[Apart]:
    """`answers` by engine; an engine that was asked fewer commands or contexts than these is not to be among them."""
    for name, given in calls.items():
        for i, context in enumerate(given):
            said = {engine: found[name][i] for engine, found in answers.items()}
            if len(set(said.values())) > 1:
                yield Apart(name, context, said)
