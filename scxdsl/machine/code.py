# SPDX-License-Identifier: GPL-2.0-only
"""Functions that call each other, translated and made callable."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from ..objects.instruction import Form, Instruction
from .errors import LoadError
from .flow import Callee, blocks_of
from .runtime import NAMES, Origin, Origins
from .translate import Translation, translate


@dataclass(frozen=True)
class Unit:
    """A BPF function before translation. `key` names it among the others."""

    key: Any
    name: str
    instructions: Sequence[Instruction]
    entry: int
    returns: bool
    program: bool
    """Entered by the kernel, which gives it r1 alone."""
    local: Mapping[int, Any]
    """Slot of each local call, or of each address of a function, to the callee's key."""
    line_of: Callable[[int], str]


class Code:
    """Units, translated callees first; `instantiate` makes them callable, once for each machine that runs them.

    `external` answers for everything but local calls.
    """

    def __init__(self, units: Iterable[Unit], external: "External", origins: Origins, given: tuple[int, ...] = (1,),
                 coverage: bool = False) -> None:  # fmt: skip
        self._units = {u.key: u for u in units}
        self._external, self._origins, self._given, self._coverage = external, origins, given, coverage
        self._addresses: dict[str, Any] = {}
        self._compiled: dict[Any, CodeType] = {}
        self.translations: dict[Any, Translation] = {}
        for key in self._units:
            self._make(key, ())

    def _make(self, key: Any, above: tuple[Any, ...]) -> None:
        if key in self.translations:
            return
        if key in above:
            raise LoadError(f"the function `{self._units[key].name}` calls itself")
        unit = self._units[key]
        reached = {i.at for b in blocks_of(unit.instructions, unit.entry).values() for i in b.instructions}
        for at, callee in unit.local.items():
            if at in reached:
                self._make(callee, (*above, key))
        translation = translate(
            f"f{len(self.translations)}",
            unit.instructions,
            unit.entry,
            _Linker(self, unit),
            unit.returns,
            self._given if unit.program else None,
            unit.name if self._coverage else None,
        )
        origin = Origin(unit.name, translation.slots, {i.at: i for i in unit.instructions}, unit.line_of)
        self.translations[key] = translation
        self._compiled[key] = compile(translation.source, self._origins.add(origin, translation.source), "exec")

    def instantiate(self, names: Mapping[str, Any]) -> dict[Any, Callable[..., Any]]:
        """The functions by key. `names` is what the linker's and the translator's texts name, beside runtime.NAMES."""
        scope = {**NAMES, **names}
        for compiled in self._compiled.values():
            exec(compiled, scope)
        for name, key in self._addresses.items():
            made = self.translations[key]
            scope[name] = FunctionAddress(self._units[key].name, scope[made.name], made.arguments)
        return {key: scope[made.name] for key, made in self.translations.items()}

    def callee(self, unit: Unit, i: Instruction) -> Callee:
        key = unit.local.get(i.at)
        if key is not None:
            made = self.translations[key]
            return Callee(made.name, made.arguments, self._units[key].returns)
        return self._external.callee(unit, i)

    def immediate(self, unit: Unit, i: Instruction) -> str:
        key = unit.local.get(i.at)
        if key is not None:
            name = f"address_of_{self.translations[key].name}"
            self._addresses[name] = key
            return name
        return self._external.immediate(unit, i)

    def poisoned(self, unit: Unit, at: int) -> str | None:
        return self._external.poisoned(unit, at)


class External:
    """What instructions mean outside of the functions themselves; a base for the machine's own."""

    def callee(self, unit: Unit, i: Instruction) -> Callee:
        raise LoadError(f"{unit.name}: call of an unknown function")

    def immediate(self, unit: Unit, i: Instruction) -> str:
        return str(i.imm)

    def poisoned(self, unit: Unit, at: int) -> str | None:
        return None


@dataclass(frozen=True)
class _Linker:
    code: Code
    unit: Unit

    def callee(self, i: Instruction) -> Callee:
        return self.code.callee(self.unit, i)

    def immediate(self, i: Instruction) -> str:
        return self.code.immediate(self.unit, i)

    def poisoned(self, at: int) -> str | None:
        return self.code.poisoned(self.unit, at)


class FunctionAddress:
    """The address of a function: an opaque, non-null value that helpers call back."""

    __slots__ = ("name", "_call", "_arguments")

    def __init__(self, name: str, call: Callable[..., Any], arguments: tuple[int, ...]) -> None:
        self.name, self._call, self._arguments = name, call, arguments

    def __repr__(self) -> str:
        return f"the function {self.name}"

    def call(self, *values: Any) -> Any:
        """Calls it with r1, r2, …; those that it does not read are left out. Returns r0."""
        return self._call(*(values[r - 1] for r in self._arguments))


def split_local_calls(instructions: Sequence[Instruction]) -> list[Unit]:
    """Functions of one flat sequence: the one at slot 0 and every target of a local call."""
    entries = sorted({0} | {i.target for i in instructions if i.form is Form.CALL and i.target is not None})
    return [
        Unit(
            entry,
            "main" if entry == 0 else f"function at {entry}",
            instructions,
            entry,
            True,
            entry == 0,
            {i.at: i.target for i in instructions if i.form is Form.CALL and i.operation == "local"},
            lambda at: "",
        )
        for entry in entries
    ]
