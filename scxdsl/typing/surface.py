# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel looks like from the language: properties (`p.weight`), operations (`q.insert`), named values (`now()`).

These are descriptions only. What one means is said twice, once in interp/ and once in lowering/; what the kernel demands
of its use is in the kernel facts, under the families of kernel functions named here.
"""

from enum import StrEnum

from scxdsl.source.records import dataclass

from .types import NOTHING, Type


class Receiver(StrEnum):
    """On what a property or an operation is found."""

    TASK = "task"
    CPU = "cpu"
    CGROUP = "cgroup"
    DSQ = "dsq"
    CPUMASK = "cpumask"
    NONE = ""  # free standing


@dataclass(frozen=True)
class Property:
    """`p.weight`. With `path` it is a field of a kernel struct; without, lowering and interp know it by `key`."""

    receiver: Receiver
    name: str
    type: Type
    path: tuple[str, ...] = ()
    writable: bool = False
    families: tuple[str, ...] = ()  # families of kernel functions that a read needs
    set_families: tuple[str, ...] = ()  # and a write

    @property
    def key(self) -> str:
        return f"{self.receiver}.{self.name}"


class Default(StrEnum):
    """What a parameter is when the author leaves it out."""

    REQUIRED = "must be given"
    ABSENT = "left out"
    ZERO = "0"
    SLICE = "the kernel's default slice"


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation. `named`: only ever given by name (`vtime:`)."""

    name: str
    type: Type
    default: Default = Default.REQUIRED
    named: bool = False


@dataclass(frozen=True)
class Operation:
    """`q.insert(p, slice)`, `now()`. `families` are the kernel functions that it may call (kernel/forms.py),
    which decide where it may stand; `effect` says that the world outside the policy changes (what `under` defers)."""

    receiver: Receiver
    name: str
    params: tuple[Parameter, ...] = ()
    result: Type = NOTHING
    families: tuple[str, ...] = ()
    effect: bool = False

    @property
    def key(self) -> str:
        return f"{self.receiver}.{self.name}"
