# SPDX-License-Identifier: GPL-2.0-only
"""Calls functions of the standard library, as the interpreter means them and as the compiler makes them."""

from collections.abc import Callable
from typing import Any

from scxdsl.compiler import build, check
from scxdsl.interp import Interpreter
from scxdsl.interp.statements import called
from scxdsl.machine.on_model.program import Bytecode
from scxdsl.model import Model
from scxdsl.objects import read

SERIES = "6.18"


class Interpreted:
    """The functions and variables of a module's text, interpreted."""

    def __init__(self, text: str) -> None:
        checked = check(text, "harness.scx", module=True)
        assert checked.ok, [(d.code, d.message) for d in checked.diagnostics]
        self._policy = checked.policy
        self._interpreter = Interpreter(checked.policy, Model(SERIES).ops)

    def function(self, name: str) -> Callable[..., Any]:
        """A function without `mut` parameters; numbers are Python's."""
        function = next(f for f in self._policy.functions if f.name == name)
        made = called(function, self._interpreter.context)
        rooms, size, run = made.rooms, made.size, made.body

        def call(*arguments: Any) -> Any:
            frame: list[Any] = [None] * size
            for room, argument in zip(rooms, arguments, strict=True):
                frame[room] = argument
            return run(frame)

        return call

    def value(self, name: str) -> Any:
        return self._interpreter.value(name)

    def set(self, name: str, value: Any) -> None:
        index = next(i for i, g in enumerate(self._policy.globals) if g.name == name)
        self._interpreter.state.globals[index] = value


class Compiled:
    """A policy's object on the bytecode machine. What a test wants to run stands in `on cpu_offline(cpu)`: it takes its input from
    variables and leaves its results there."""

    def __init__(self, text: str) -> None:
        built = build(text, "harness.scx")
        assert built.object is not None, [(d.code, d.message) for d in built.diagnostics]
        self._machine = Bytecode(read(built.object), Model(SERIES).ops).machine
        self.run = lambda: self._machine.callbacks["cpu_offline"](0)

    def value(self, name: str) -> Any:
        return self._machine.globals.value(name)

    def data(self, name: str) -> bytearray:
        """The bytes of a variable, to be read and written."""
        return self._machine.globals.region(name).data


def compiled(module: str, calls: dict[str, tuple[str, int]]) -> "dict[str, Callable[..., int]]":
    """Functions over u64 by name, from an expression over `a`, `b`, … and their number."""
    body = "".join(f"    if which == {i} {{ out = {call} }}\n" for i, (call, _) in enumerate(calls.values()))
    names = "abcd"[: max(n for _, n in calls.values())]
    machine = Compiled(
        f"scheduler h\n{module}\nvar which: u64\nvar out: u64\n"
        + "".join(f"var {n}: u64\n" for n in names)
        + f"on cpu_offline(cpu) {{\n{body}}}\n"
    )

    def function(index: int, count: int) -> Callable[..., int]:
        def call(*arguments: int) -> int:
            machine.data("which")[:] = index.to_bytes(8, "little")
            for name, value in zip(names, arguments, strict=False):
                machine.data(name)[:] = value.to_bytes(8, "little")
            machine.run()
            return int.from_bytes(machine.data("out"), "little")

        return call

    return {name: function(i, n) for i, (name, (_, n)) in enumerate(calls.items())}
