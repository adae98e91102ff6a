# SPDX-License-Identifier: GPL-2.0-only
"""What an object holds, as plain values. Slots count 8-byte instruction slots from the start of a function."""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from ..kernel.btf import Btf
from .instruction import Instruction


class Refers(Enum):
    """What a relocated instruction refers to."""

    MAP = "map"
    DATA = "data"
    """A place in .data, .bss, .rodata or a section of that kind."""
    SUBPROGRAM = "subprogram"
    """The callee of a call inside the object."""
    CALLBACK = "callback"
    """The address of a subprogram."""
    KFUNC = "kfunc"
    """The callee of a call of a kernel function."""
    KSYM = "ksym"
    """The address of a kernel function or variable; null where a weak one is missing."""
    KCONFIG = "kconfig"
    """The address of a value that the loader makes (`.kconfig`)."""


@dataclass(frozen=True, slots=True)
class Relocation:
    at: int
    """Slot in the function."""
    kind: Refers
    name: str
    """Map, global, function or kernel symbol. For DATA the variable at that place, or the section's name."""
    section: str = ""
    offset: int = 0
    """Of DATA, SUBPROGRAM and CALLBACK: bytes from the start of `section`."""


@dataclass(frozen=True, slots=True)
class Core:
    """A CO-RE relocation: `kind` as in kernel/btf_ext.py, `type` a BTF id of the object, `access` its path of indices."""

    at: int
    kind: str
    type: int
    access: str
    text: str
    """For people: `task_struct.scx.slice`, `scx_enq_flags::SCX_ENQ_HEAD`."""


@dataclass(frozen=True, slots=True)
class Line:
    """From slot `at` on, until the next line, instructions stem from this place. Line and column count from 1."""

    at: int
    path: str
    text: str
    line: int
    column: int


@dataclass(frozen=True)
class Function:
    """A program, which the kernel enters, or a subprogram, which only programs call."""

    name: str
    section: str
    offset: int
    """Bytes from the start of the section."""
    code: bytes = field(repr=False)
    instructions: tuple[Instruction, ...] = field(repr=False)
    """The last instruction leaves by exit or jump; no instruction runs past the end."""
    relocations: tuple[Relocation, ...] = field(repr=False)
    core: tuple[Core, ...] = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    type: int | None
    """BTF id of its Func."""
    program: bool
    local: bool
    """Static: libbpf verifies it with each caller; a global one is verified alone."""
    tags: tuple[str, ...] = ()
    """Declaration tags, in the order of the BTF."""

    @property
    def kind(self) -> str:
        """What stands before `/` in the section's name, without the mark of a program that is left out unless asked for: `tp_btf`."""
        return self.section.removeprefix("?").split("/", 1)[0]

    @property
    def sleepable(self) -> bool:
        """libbpf's convention: the part of the section's name before `/` ends in `.s`; syscall programs always may."""
        return self.program and (self.kind.endswith(".s") or self.kind == "syscall")

    @cached_property
    def relocation_at(self) -> dict[int, Relocation]:
        return {r.at: r for r in self.relocations}

    @cached_property
    def core_at(self) -> dict[int, Core]:
        return {c.at: c for c in self.core}

    def line_of(self, at: int) -> Line | None:
        """The source line of the instruction in slot `at`."""
        found = None
        for line in self.lines:
            if line.at > at:
                break
            found = line
        return found


@dataclass(frozen=True)
class Map:
    """A map as `.maps` defines it; sizes in bytes, 0 where not given. Types are BTF ids, None where only a size is given."""

    name: str
    type: int
    type_name: str
    """`hash`, `percpu_array`, `task_storage`, …: the kernel's name without prefix, or the number."""
    key_size: int
    value_size: int
    max_entries: int
    flags: int
    extra: int
    pinned: bool
    key_type: int | None
    value_type: int | None
    inner: "Map | None"
    offset: int
    """In `.maps`."""
    tags: tuple[str, ...] = ()
    """Declaration tags of its variable."""


@dataclass(frozen=True)
class Global:
    """A variable of `.data`, `.bss`, `.rodata` or a section of that kind."""

    name: str
    section: str
    offset: int
    size: int
    type: int
    """BTF id of its type (not of the Var)."""
    tags: tuple[str, ...]
    """Declaration tags, in the order of the BTF."""
    static: bool


@dataclass(frozen=True)
class Extern:
    """A kernel function or variable that the object refers to."""

    name: str
    weak: bool
    function: bool
    type: int | None
    """BTF id: of the FuncProto of a function, of the type of a variable."""
    section: str

    @property
    def kernel_name(self) -> str:
        """The name that libbpf looks for: without the last `___suffix`
        (tools/lib/bpf/libbpf.c: bpf_core_essential_name_len)."""
        return essential_name(self.name)


def essential_name(name: str) -> str:
    """A name without its flavour: `task_struct___old` is `task_struct`. The last `___` counts, if something stands on
    both sides of it (libbpf: bpf_core_essential_name_len)."""
    for at in range(len(name) - 5, -1, -1):
        if name[at] != "_" and name[at + 1 : at + 4] == "___" and name[at + 4] != "_":
            return name[: at + 1]
    return name


@dataclass(frozen=True)
class StructOps:
    """A table of callbacks, such as sched_ext_ops."""

    name: str
    """Of the variable, under which libbpf knows the map."""
    type_name: str
    """`sched_ext_ops`."""
    section: str
    programs: dict[str, str]
    """Member to program."""
    values: dict[str, int | str | bytes]
    """The other members: numbers; character arrays as text; anything else as bytes."""

    @property
    def link(self) -> bool:
        """Attached by a link (`.struct_ops.link`), not by a map update."""
        return self.section.endswith(".link")


@dataclass(frozen=True)
class Object:
    """A BPF object file. Made by `scxdsl.objects.read`."""

    programs: tuple[Function, ...]
    subprograms: tuple[Function, ...]
    maps: tuple[Map, ...]
    globals: tuple[Global, ...]
    externs: tuple[Extern, ...]
    struct_ops: tuple[StructOps, ...]
    sections: dict[str, bytes] = field(repr=False)
    """Initial bytes of `.data`, `.bss`, `.rodata` and sections of that kind."""
    license: str
    btf: Btf | None = field(repr=False)
    size: int
    """Bytes of the file."""

    @property
    def ops(self) -> StructOps | None:
        """The sched_ext_ops table; None when the object is no scheduler."""
        return next((o for o in self.struct_ops if o.type_name == "sched_ext_ops"), None)

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        return self.programs + self.subprograms

    @cached_property
    def _by_place(self) -> dict[tuple[str, int], Function]:
        return {(f.section, f.offset): f for f in self.functions}

    def function_at(self, section: str, offset: int) -> Function | None:
        """The function that starts at that byte of that section."""
        return self._by_place.get((section, offset))

    def program(self, name: str) -> Function | None:
        return next((f for f in self.programs if f.name == name), None)

    def map(self, name: str) -> Map | None:
        return next((m for m in self.maps if m.name == name), None)

    def variable(self, name: str) -> Global | None:
        return next((g for g in self.globals if g.name == name), None)

    def extern(self, name: str) -> Extern | None:
        return next((e for e in self.externs if e.name == name), None)
