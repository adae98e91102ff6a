# SPDX-License-Identifier: GPL-2.0-only
"""What a program can do wrong on the machine. Each finding knows where: the call chain with source lines."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """An instruction of a function, with the source line that it stems from where the object tells it."""

    function: str
    at: int
    line: str = ""
    """`FILE:LINE`, or empty."""

    def __str__(self) -> str:
        return f"{self.function}, instruction {self.at}" + (f" ({self.line})" if self.line else "")


@dataclass(eq=False)
class Fault(Exception):
    """Base of all findings. `where` begins with the instruction at fault, then its callers."""

    where: tuple[Place, ...] = field(default=(), init=False)

    @property
    def message(self) -> str:
        return "the program is at fault"

    def __str__(self) -> str:
        return self.message + "".join(f"\n  in {place}" for place in self.where)


@dataclass(eq=False)
class OutOfRange(Fault):
    """Access outside of the region that the pointer points into."""

    region: str
    size: int
    offset: int
    bytes: int
    write: bool

    @property
    def message(self) -> str:
        verb = "write" if self.write else "read"
        return f"{verb} of {self.bytes} bytes at offset {self.offset} of {self.region}, which has {self.size} bytes"


@dataclass(eq=False)
class Stale(Fault):
    """Access to memory that was freed, deleted or left."""

    region: str

    @property
    def message(self) -> str:
        return f"access to {self.region}, which is gone"


@dataclass(eq=False)
class ReadOnly(Fault):
    region: str
    offset: int

    @property
    def message(self) -> str:
        return f"write at offset {self.offset} of {self.region}, which is read-only"


@dataclass(eq=False)
class Uninitialised(Fault):
    what: str

    @property
    def message(self) -> str:
        return f"use of {self.what}, which has no value"


@dataclass(eq=False)
class NullPointer(Fault):
    """Access through a pointer that may be null, without the test."""

    @property
    def message(self) -> str:
        return "access through a null pointer"


@dataclass(eq=False)
class NotAPointer(Fault):
    value: Any
    wanted: str = "a pointer"

    @property
    def message(self) -> str:
        return f"{_show(self.value)} is used as {self.wanted}"


@dataclass(eq=False)
class PointerArithmetic(Fault):
    """An operation for which a pointer has no meaning."""

    operation: str
    left: Any
    right: Any

    @property
    def message(self) -> str:
        return f"{_show(self.left)} {self.operation} {_show(self.right)}: not allowed on pointers"


@dataclass(eq=False)
class SplitPointer(Fault):
    """Read of a part of a pointer that lies in memory, or as part of a larger value."""

    region: str
    offset: int

    @property
    def message(self) -> str:
        return f"the pointer at offset {self.offset} of {self.region} is accessed in part or as a number"


@dataclass(eq=False)
class UnknownField(Fault):
    """Access to a kernel object where the model has no field."""

    type: str
    field: str
    offset: int
    write: bool = False

    @property
    def message(self) -> str:
        name = self.field or f"offset {self.offset}"
        return f"{self.type}.{name} cannot be {'written' if self.write else 'read'}"


@dataclass(eq=False)
class UnknownCall(Fault):
    """A helper or kernel function that neither the machine nor the kernel's model has."""

    name: str

    @property
    def message(self) -> str:
        return f"call of {self.name}, which this kernel does not have"


@dataclass(eq=False)
class BadArgument(Fault):
    """A helper or kernel function that was given what the verifier would not let through."""

    call: str
    why: str

    @property
    def message(self) -> str:
        return f"{self.call}: {self.why}"


@dataclass(eq=False)
class UndefinedHere(Fault):
    """An instruction that can be decoded, but not run here: packet access, register jumps, arenas."""

    what: str

    @property
    def message(self) -> str:
        return f"{self.what} cannot be run"


@dataclass(eq=False)
class Endless(Fault):
    """More turns of loops than the kernel would accept."""

    turns: int

    @property
    def message(self) -> str:
        return f"loops made {self.turns} turns without an end"


@dataclass(eq=False)
class BadRelocation(Fault):
    """An instruction that libbpf could not relocate for this kernel was reached."""

    text: str

    @property
    def message(self) -> str:
        return f"{self.text} is not in this kernel"


@dataclass(eq=False)
class LoadError(Exception):
    """The object cannot be loaded on this kernel: what libbpf or the verifier would refuse before any run."""

    why: str

    def __str__(self) -> str:
        return self.why


def _show(value: Any) -> str:
    if isinstance(value, int):
        return hex(value) if value > 9 else str(value)
    return f"{value}"
