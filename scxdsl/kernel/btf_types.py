# SPDX-License-Identifier: GPL-2.0-only
"""The types that BTF (BPF Type Format) can hold, one frozen dataclass a kind.

Every class has `id`, its number in the BTF it was read from, and refers to other types by number; 0 is `void`.
Source of the format: include/uapi/linux/btf.h and Documentation/bpf/btf.rst of the kernel.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Void:
    id: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Int:
    """`size` in bytes; `bits` and `bit_offset` differ from it only in old encodings of bitfields."""

    id: int
    name: str
    size: int
    signed: bool
    char: bool
    boolean: bool
    bits: int
    bit_offset: int


@dataclass(frozen=True, slots=True)
class Ptr:
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Array:
    id: int
    element: int
    index: int
    length: int


@dataclass(frozen=True, slots=True)
class Member:
    """`bit_offset` from the start of the struct; `bit_size` is 0 unless the member is a bitfield."""

    name: str
    type: int
    bit_offset: int
    bit_size: int

    @property
    def offset(self) -> int:
        """Byte offset; for a bitfield that of the byte in which it starts."""
        return self.bit_offset // 8


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct or a union: `kind` is "struct" or "union". `size` in bytes."""

    id: int
    kind: str
    name: str
    size: int
    members: tuple[Member, ...]

    def member(self, name: str) -> Member | None:
        """The direct member of that name; does not look into anonymous members (see `Btf.find_member`)."""
        return next((m for m in self.members if m.name == name), None)


@dataclass(frozen=True, slots=True)
class Enumerator:
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Enum:
    """ENUM and ENUM64: `bits` is the width of the encoding (32 or 64), `size` the bytes of an object of the type."""

    id: int
    name: str
    size: int
    signed: bool
    bits: int
    values: tuple[Enumerator, ...]


@dataclass(frozen=True, slots=True)
class Fwd:
    """A struct or union declared, but not defined, here."""

    id: int
    name: str
    union: bool


@dataclass(frozen=True, slots=True)
class Typedef:
    id: int
    name: str
    target: int


@dataclass(frozen=True, slots=True)
class Volatile:
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Const:
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Restrict:
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Func:
    """`linkage` is "static", "global" or "extern"; `proto` a FuncProto."""

    id: int
    name: str
    proto: int
    linkage: str


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    type: int


@dataclass(frozen=True, slots=True)
class FuncProto:
    """`params` without the final marker of a variadic function, which is `variadic`."""

    id: int
    returns: int
    params: tuple[Param, ...]
    variadic: bool


@dataclass(frozen=True, slots=True)
class Var:
    """A global; `linkage` is "static", "global" or "extern"."""

    id: int
    name: str
    type: int
    linkage: str


@dataclass(frozen=True, slots=True)
class SectionVar:
    type: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Datasec:
    """A section of the object: its variables with offset and size in bytes (offsets are 0 before linking)."""

    id: int
    name: str
    size: int
    vars: tuple[SectionVar, ...]


@dataclass(frozen=True, slots=True)
class Float:
    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class DeclTag:
    """A note on a declaration: `component` is the member or parameter it is for, -1 for the declaration itself."""

    id: int
    name: str
    target: int
    component: int


@dataclass(frozen=True, slots=True)
class TypeTag:
    """A note on a type (`kptr`, `rcu`, `percpu`, …). `attribute` when kind_flag says it is a C attribute."""

    id: int
    name: str
    target: int
    attribute: bool = False


BtfType: TypeAlias = (
    Void | Int | Ptr | Array | Struct | Enum | Fwd | Typedef | Volatile | Const | Restrict
    | Func | FuncProto | Var | Datasec | Float | DeclTag | TypeTag
)  # fmt: skip

MODIFIERS = (Typedef, Volatile, Const, Restrict, TypeTag)
