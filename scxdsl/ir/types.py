# SPDX-License-Identifier: GPL-2.0-only
"""Types of the policy IR: what BTF can say. Sizes are bytes; layout is natural alignment, as C has it on 64 bits."""

from functools import cached_property

from scxdsl.source.records import dataclass, field


@dataclass(frozen=True)
class Void:
    size = 0
    align = 1

    def __str__(self) -> str:
        return "void"


@dataclass(frozen=True)
class Int:
    """An integer of 8, 16, 32 or 64 bits. Registers of the IR hold 64 bits, except where an op says otherwise."""

    bits: int
    signed: bool = False

    @property
    def size(self) -> int:
        return self.bits // 8

    align = size

    def __str__(self) -> str:
        return f"{'i' if self.signed else 'u'}{self.bits}"


@dataclass(frozen=True)
class Bool:
    """A truth value: one bit in a register, one byte in memory (0, or anything else for true)."""

    size = 1
    align = 1

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class Char:
    """A byte of text; arrays of it are strings to every reader of BTF."""

    size = 1
    align = 1

    def __str__(self) -> str:
        return "char"


@dataclass(frozen=True)
class Enum:
    """An enum of the kernel, by name; its values are filled in at load (CO-RE)."""

    name: str
    bits: int = 32
    signed: bool = False

    @property
    def size(self) -> int:
        return self.bits // 8

    align = size

    def __str__(self) -> str:
        return f"enum {self.name}"


@dataclass(frozen=True)
class Pointer:
    """A pointer; `tag` is a BTF type tag such as `kptr`."""

    to: "Type"
    tag: str | None = None
    const: bool = False
    size = 8
    align = 8

    def __str__(self) -> str:
        return f"{self.to}*" + (f" {self.tag}" if self.tag else "")


@dataclass(frozen=True)
class Array:
    of: "Type"
    length: int

    @property
    def size(self) -> int:
        return self.of.size * self.length

    @property
    def align(self) -> int:
        return self.of.align

    def __str__(self) -> str:
        return f"[{self.of}; {self.length}]"


@dataclass(frozen=True)
class Field:
    """A member; `tags` become BTF decl tags on it (`contains:node:link`)."""

    name: str
    type: "Type"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Struct:
    """A struct. With `kernel` it mirrors part of a kernel struct: offsets are the running kernel's (CO-RE), and only
    the fields in use need stand in it. Equality is by name where there is one: two structs of one name are one type.
    """

    name: str | None
    fields: tuple[Field, ...] = field(compare=False)
    kernel: bool = False

    @cached_property
    def offsets(self) -> dict[str, int]:
        out, at = {}, 0
        for f in self.fields:
            at = -(-at // f.type.align) * f.type.align
            out[f.name] = at
            at += f.type.size
        return out

    @cached_property
    def align(self) -> int:
        return max((f.type.align for f in self.fields), default=1)

    @cached_property
    def size(self) -> int:
        if not self.fields:
            return 0
        last = self.fields[-1]
        end = self.offsets[last.name] + last.type.size
        return -(-end // self.align) * self.align

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError."""
        for f in self.fields:
            if f.name == name:
                return f
        raise KeyError(name)

    def at(self, path: tuple[str, ...]) -> "Type":
        """Type of a member of embedded structs: ("scx", "weight"). Raises KeyError."""
        here: Type = self
        for name in path:
            if not isinstance(here, Struct):
                raise KeyError(name)
            here = here.field(name).type
        return here

    def __str__(self) -> str:
        return f"struct {self.name or '{…}'}"


@dataclass(frozen=True)
class Forward:
    """A struct of which only the name is known: `struct bpf_prog_aux`."""

    name: str
    size = 0
    align = 1

    def __str__(self) -> str:
        return f"struct {self.name}"


@dataclass(frozen=True)
class Proto:
    """A function's type."""

    result: "Type"
    params: tuple["Type", ...]
    size = 0
    align = 1

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.params))}) -> {self.result}"


Type = Void | Int | Bool | Char | Enum | Pointer | Array | Struct | Forward | Proto

VOID, BOOL, CHAR = Void(), Bool(), Char()
U8, U16, U32, U64 = (Int(bits) for bits in (8, 16, 32, 64))
I8, I16, I32, I64 = (Int(bits, True) for bits in (8, 16, 32, 64))
TASK = Struct("task_struct", (), kernel=True)
