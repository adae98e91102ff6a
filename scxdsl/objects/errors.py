# SPDX-License-Identifier: GPL-2.0-only
"""What can be wrong with an object file, one class per finding."""

from dataclasses import dataclass


@dataclass(eq=False)
class ObjectError(Exception):
    """Base of all findings about an object; `str()` gives one plain sentence."""

    def __str__(self) -> str:
        return "the object cannot be read"


@dataclass(eq=False)
class NotElf(ObjectError):
    """The data do not begin as an ELF file does."""

    def __str__(self) -> str:
        return "this is not an ELF file"


@dataclass(eq=False)
class NotBpf(ObjectError):
    """An ELF file, for another machine or of another kind than a relocatable object."""

    machine: str

    def __str__(self) -> str:
        return f"this ELF file is for {self.machine}; a little-endian 64-bit BPF object was expected"


@dataclass(eq=False)
class Damaged(ObjectError):
    """A BPF object whose tables point outside of it or contradict each other."""

    what: str

    def __str__(self) -> str:
        return f"the object is damaged: {self.what}"


@dataclass(eq=False)
class UndefinedInstruction(ObjectError):
    """An encoding that the instruction set does not define, or an unused field that is not zero."""

    at: int
    """Number of the 8-byte slot."""
    raw: bytes
    why: str
    section: str = ""

    def __str__(self) -> str:
        where = f"{self.section}, instruction {self.at}" if self.section else f"instruction {self.at}"
        return f"{where} ({self.raw.hex(' ')}) is not a BPF instruction: {self.why}"


@dataclass(eq=False)
class UnsupportedRelocation(ObjectError):
    """A relocation that libbpf would refuse too."""

    section: str
    at: int
    """Byte offset in the section."""
    symbol: str
    why: str

    def __str__(self) -> str:
        return f"{self.section}+{self.at:#x}: the reference to `{self.symbol}` cannot be resolved: {self.why}"


@dataclass(eq=False)
class BadMap(ObjectError):
    """A definition in `.maps` that libbpf's convention does not allow."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"map `{self.name}`: {self.why}"


@dataclass(eq=False)
class ParameterError(ObjectError):
    """Base of what can be wrong with the value of a parameter; `path` leads to the part of it."""

    name: str
    path = ()  # names of members and positions in lists, the parameter's name first


@dataclass(eq=False)
class UnknownParameter(ParameterError):
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.known:
            return f"the scheduler has no parameter `{self.name}`; it has none at all"
        return f"the scheduler has no parameter `{self.name}`; it has {', '.join(self.known)}"


@dataclass(eq=False)
class UnknownMember(ParameterError):
    """A key that a structured parameter does not have; `name` is the parameter, or the part of it."""

    member: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"the parameter `{self.name}` has no member `{self.member}`; it has {', '.join(self.known)}"


@dataclass(eq=False)
class BadValue(ParameterError):
    text: str = ""
    expected: str = ""

    def __str__(self) -> str:
        return f"`{self.text}` is no value for the parameter `{self.name}`: {self.expected} was expected"


@dataclass(eq=False)
class OutOfRange(ParameterError):
    text: str = ""
    least: str | None = None
    most: str | None = None

    def __str__(self) -> str:
        if self.least is None:
            bounds = f"must be at most {self.most}"
        elif self.most is None:
            bounds = f"must be at least {self.least}"
        else:
            bounds = f"must be {self.least} to {self.most}"
        return f"`{self.text}` is out of range: the parameter `{self.name}` {bounds}"


@dataclass(eq=False)
class BadCall(ObjectError):
    """A call of a command, or a message for an inbox, that has not the form of one."""

    text: str
    expected: str

    def __str__(self) -> str:
        return f"`{self.text}`: {self.expected}"


@dataclass(eq=False)
class UnknownChannel(ObjectError):
    """`what` is `command` or `inbox`."""

    name: str
    what: str
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"the scheduler has no {self.what} `{self.name}`; it has {', '.join(self.known) or 'none at all'}"


@dataclass(eq=False)
class BadParameterTag(ParameterError):
    """A declaration tag `scxdsl.param:` that is not what the compiler writes."""

    why: str = ""

    def __str__(self) -> str:
        return f"the object's description of the parameter `{self.name}` is damaged: {self.why}"
