# SPDX-License-Identifier: GPL-2.0-only
"""Functions of an object, each with what its instructions refer to.

Code in `.text` is subprograms; in any other section each function is a program
(tools/lib/bpf/libbpf.c: bpf_object__add_programs, bpf_program__record_reloc).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ..kernel.btf import Btf, BtfError
from ..kernel.btf_ext import BtfExt
from ..kernel.btf_types import Datasec, Enum, Func, Struct, Var
from .elf import R_BPF_64_32, R_BPF_64_64, Elf, Reference, Section, Symbol
from .errors import Damaged, ObjectError, UndefinedInstruction, UnsupportedRelocation
from .instruction import SLOT, Form, Instruction, decode
from .object import Core, Function, Line, Map, Refers, Relocation

DATA = (".data", ".bss", ".rodata")


def is_data(section: str) -> bool:
    """True of `.data`, `.bss`, `.rodata` and their numbered kin (`.data.A`)."""
    return any(section == name or section.startswith(name + ".") for name in DATA)


def read_functions(elf: Elf, btf: Btf | None, ext: BtfExt, maps: Sequence[Map]) -> Iterator[Function]:
    """All functions, section by section. Raises ObjectError for code that libbpf would refuse."""
    for section in elf.sections:
        if not section.code or not section.data:
            continue
        found = sorted(
            (s for s in elf.symbols if s.kind == "func" and s.section == section.index), key=lambda s: s.value
        )
        if not found:
            raise Damaged(f"the section {section.name} holds code, but no function")
        for number, symbol in enumerate(found):
            size = symbol.size or (found[number + 1].value if number + 1 < len(found) else len(section.data)) - symbol.value
            if symbol.value % SLOT or symbol.value + size > len(section.data):
                raise Damaged(f"function `{symbol.name}` reaches past its section")
            program = section.name != ".text"
            if program and symbol.binding == "local":
                raise Damaged(f"program `{symbol.name}` is static; libbpf wants programs global")
            yield _Reader(elf, btf, ext, maps, section, symbol, size).function(program)


R = TypeVar("R")


class _Reader:
    """Reads one function."""

    def __init__(self, elf: Elf, btf: Btf | None, ext: BtfExt, maps: Sequence[Map], section: Section, symbol: Symbol,
                 size: int) -> None:  # fmt: skip
        self.elf, self.btf, self.ext, self.maps = elf, btf, ext, maps
        self.section, self.symbol = section, symbol
        self.start, self.end = symbol.value, symbol.value + size

    def function(self, program: bool) -> Function:
        name, section = self.symbol.name, self.section.name
        code = self.section.data[self.start : self.end]
        if not code:
            raise Damaged(f"function `{name}` is empty")
        instructions = decode(code, f"{section} ({name})")
        self._check_flow(instructions)
        starts = {i.at: i for i in instructions}
        references = {r.offset: r for r in self._within(self.elf.references.get(self.section.index, ()))}
        relocations = []
        for offset, reference in references.items():
            at = (offset - self.start) // SLOT
            if offset % SLOT or at not in starts:
                raise Damaged(f"a relocation in {section} points into an instruction")
            relocations.append(self._relocation(starts[at], reference))
        referred = {r.at for r in relocations}
        for i in instructions:  # calls inside one section need no relocation
            if i.form is Form.CALL and i.operation == "local" and i.at not in referred:
                relocations.append(self._callee(i, self.section, self.start + (i.at + 1 + i.imm) * SLOT))
        info = next((f for f in self.ext.funcs.get(section, ()) if f.offset == self.start), None)
        return Function(
            name,
            section,
            self.start,
            code,
            instructions,
            tuple(sorted(relocations, key=lambda r: r.at)),
            tuple(self._core()),
            tuple(
                Line((x.offset - self.start) // SLOT, x.file, x.source, x.line, x.column)
                for x in self._within(self.ext.lines.get(section, ()))
            ),
            info.type if info else None,
            program,
            self.symbol.binding == "local",
        )

    def _within(self, items: Sequence[R]) -> Sequence[R]:
        low = bisect_left(items, self.start, key=lambda i: i.offset)  # type: ignore[attr-defined]
        high = bisect_left(items, self.end, key=lambda i: i.offset)  # type: ignore[attr-defined]
        return items[low:high]

    def _check_flow(self, instructions: Sequence[Instruction]) -> None:
        starts = {i.at for i in instructions}
        for i in instructions:
            if i.form in (Form.GOTO, Form.BRANCH) and i.target is not None and i.target not in starts:
                raise self._undefined(i, "it jumps out of its function or into the middle of an instruction")
        last = instructions[-1]
        if last.form is Form.EXIT or last.form is Form.GOTO and last.operation != "may_goto":
            return
        if last.form is Form.CALL:  # a call that never returns, such as LLVM's trap after `unreachable`
            return
        raise self._undefined(last, "control runs past the end of its function")

    def _undefined(self, i: Instruction, why: str) -> ObjectError:
        raw = self.section.data[self.start + i.at * SLOT :][:SLOT]
        return UndefinedInstruction(i.at, raw, why, f"{self.section.name} ({self.symbol.name})")

    def _relocation(self, i: Instruction, reference: Reference) -> Relocation:
        symbol = reference.symbol
        if reference.type not in (R_BPF_64_64, R_BPF_64_32):
            raise self._unsupported(reference, f"relocation type {reference.type} is not for code")
        if i.form is Form.CALL:
            if symbol.undefined:
                return Relocation(i.at, Refers.KFUNC, symbol.name)
            if i.operation != "local":
                raise self._unsupported(reference, "a call of a function of this object must be a local call")
            section = self._section(reference)
            offset = symbol.value + (i.imm + 1) * SLOT
            return self._callee(i, section, offset)
        if i.form is not Form.IMMEDIATE:
            raise self._unsupported(reference, "only calls and 64-bit immediates are relocated")
        if symbol.undefined:
            kconfig = self._extern_section(symbol.name) == ".kconfig"
            return Relocation(i.at, Refers.KCONFIG if kconfig else Refers.KSYM, symbol.name)
        section = self._section(reference)
        addend = (i.imm & 0xFFFFFFFF) - ((i.imm & 0x80000000) << 1)
        offset = symbol.value + addend
        if section.name == ".maps":
            found = next((m for m in self.maps if m.offset == offset), None)
            if found is None:
                raise self._unsupported(reference, "no map starts there")
            return Relocation(i.at, Refers.MAP, found.name)
        if section.code:
            found_function = self._function_name(section, offset)
            if found_function is None:
                raise self._unsupported(reference, "no function starts there")
            return Relocation(i.at, Refers.CALLBACK, found_function, section.name, offset)
        if is_data(section.name):
            return Relocation(i.at, Refers.DATA, self._variable_name(section, offset), section.name, offset)
        raise self._unsupported(reference, f"libbpf makes no map of the section {section.name}")

    def _unsupported(self, reference: Reference, why: str) -> UnsupportedRelocation:
        return UnsupportedRelocation(self.section.name, reference.offset, reference.symbol.name, why)

    def _section(self, reference: Reference) -> Section:
        if reference.symbol.section is None:
            raise self._unsupported(reference, "it is in no section")
        return self.elf.sections[reference.symbol.section]

    def _callee(self, i: Instruction, section: Section, offset: int) -> Relocation:
        name = self._function_name(section, offset)
        if name is None:
            raise self._undefined(i, "no function starts where it calls")
        return Relocation(i.at, Refers.SUBPROGRAM, name, section.name, offset)

    def _function_name(self, section: Section, offset: int) -> str | None:
        for s in self.elf.symbols:
            if s.kind == "func" and s.section == section.index and s.value == offset:
                return s.name
        return None

    def _variable_name(self, section: Section, offset: int) -> str:
        for s in self.elf.symbols:
            if s.section == section.index and s.kind == "object" and s.value <= offset < s.value + max(s.size, 1):
                return s.name if s.value == offset else f"{s.name}+{offset - s.value}"
        return f"{section.name}+{offset}"

    def _extern_section(self, name: str) -> str:
        return extern_sections(self.btf).get(name, "") if self.btf else ""

    def _core(self) -> Iterator[Core]:
        for relo in self._within(self.ext.relos.get(self.section.name, ())):
            assert self.btf is not None
            text = describe_access(self.btf, relo.kind, relo.type, relo.access)
            yield Core((relo.offset - self.start) // SLOT, relo.kind, relo.type, relo.access, text)


def extern_sections(btf: Btf) -> dict[str, str]:
    """Section (`.ksyms`, `.kconfig`) of each extern, by name."""
    found = {}
    for section in btf.of_kind(Datasec):
        if section.name in (".ksyms", ".kconfig"):
            for entry in section.vars:
                declared = btf[entry.type]
                if not isinstance(declared, Func | Var):
                    raise Damaged(f"the BTF of {section.name} lists what is neither function nor variable")
                found[declared.name] = section.name
    return found


def describe_access(btf: Btf, kind: str, type_id: int, access: str) -> str:
    """A CO-RE relocation for people: `task_struct.scx.slice`, `scx_enq_flags::SCX_ENQ_HEAD`, `cgroup`.

    Raises Damaged when the path does not fit the type.
    """
    try:
        at = btf.strip(type_id)
        name = getattr(btf[type_id], "name", "") or getattr(at, "name", "") or "?"
        steps = [int(part) for part in access.split(":")]
        if isinstance(at, Enum):
            return f"{name}::{at.values[steps[0]].name}" if kind.startswith("enumval") else name
        if not kind.startswith("field"):
            return name
        if steps[0]:
            name += f"[{steps[0]}]"
        for step in steps[1:]:
            if isinstance(at, Struct):
                member = at.members[step]
                name += f".{member.name}" if member.name else ""
                at = btf.strip(member.type)
            else:
                name += f"[{step}]"
                at = btf.strip(at.element)  # type: ignore[union-attr]
        return name
    except (BtfError, ValueError, IndexError, AttributeError) as cause:
        raise Damaged(f"a CO-RE relocation follows the path {access} that its type does not have") from cause


def named_by_btf(functions: Sequence[Function], btf: Btf | None) -> tuple[Function, ...]:
    """With their tags. Functions whose BTF id is not that of a Func lose it."""
    if btf is None:
        return tuple(functions)
    return tuple(
        f if f.type is None else replace(f, tags=own_tags(btf, f.type)) if isinstance(btf[f.type], Func) else replace(f, type=None)
        for f in functions
    )


def own_tags(btf: Btf, id: int) -> tuple[str, ...]:
    """Declaration tags of a function or variable itself, not of its parts."""
    return tuple(t.name for t in btf.tags(id) if t.component == -1)
