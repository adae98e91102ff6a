# SPDX-License-Identifier: GPL-2.0-only
"""The parts of an ELF file that a BPF object uses, read at once, so that damage is met here and nowhere later."""

import io
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from .errors import Damaged, NotBpf, NotElf, ObjectError

LARGEST = 1 << 30
"""Bytes that one section may claim; the kernel's maps end far below."""

R_BPF_64_64, R_BPF_64_ABS64, R_BPF_64_ABS32, R_BPF_64_32 = 1, 2, 3, 10


@dataclass(frozen=True)
class Section:
    index: int
    name: str
    data: bytes
    """Its bytes; zeros for `.bss`."""
    code: bool
    empty: bool
    """NOBITS: takes no room in the file."""


@dataclass(frozen=True)
class Symbol:
    name: str
    value: int
    size: int
    kind: str
    """"func", "object", "section", "file", "notype" or another ELF type in lower case."""
    binding: str
    """"local", "global" or "weak"."""
    hidden: bool
    section: int | None
    """Index of its section; None when undefined or absolute."""
    undefined: bool


@dataclass(frozen=True)
class Reference:
    """A relocation: at byte `offset` of a section, to `symbol`."""

    offset: int
    type: int
    symbol: Symbol


@dataclass(frozen=True)
class Elf:
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    references: dict[int, tuple[Reference, ...]]
    """By index of the section that they change, in order of offsets."""

    def section(self, name: str) -> Section | None:
        return next((s for s in self.sections if s.name == name), None)


def read_elf(data: bytes) -> Elf:
    """Raises NotElf, NotBpf or Damaged."""
    if data[:4] != b"\x7fELF":
        raise NotElf()
    try:
        return _read(data)
    except ObjectError:
        raise
    except Exception as cause:  # pyelftools lets almost any exception out of a damaged file
        raise Damaged(f"its ELF tables do not hold together ({type(cause).__name__}: {cause})") from cause


def _read(data: bytes) -> Elf:
    if data[4:6] != b"\x02\x01":
        raise NotBpf("another word size or byte order")
    file = ELFFile(io.BytesIO(data))
    machine, kind = str(file["e_machine"]), str(file["e_type"])
    if machine != "EM_BPF":
        raise NotBpf(machine.removeprefix("EM_"))
    if kind != "ET_REL":
        raise NotBpf(f"BPF, but no relocatable file ({kind.removeprefix('ET_')})")
    sections, symbols, tables = [], [], []
    for index, raw in enumerate(file.iter_sections()):
        size, empty = raw["sh_size"], raw["sh_type"] == "SHT_NOBITS"
        if size > LARGEST or not empty and raw["sh_offset"] + size > len(data) and raw["sh_type"] != "SHT_NULL":
            raise Damaged(f"section {index} reaches past the end of the file")
        content = bytes(size) if empty else data[raw["sh_offset"] : raw["sh_offset"] + size]
        sections.append(Section(index, raw.name, content, bool(raw["sh_flags"] & 4) and not empty, empty))
        if isinstance(raw, SymbolTableSection):
            symbols = [_symbol(s, file.num_sections()) for s in raw.iter_symbols()]
        elif isinstance(raw, RelocationSection):
            tables.append(raw)
    references: dict[int, tuple[Reference, ...]] = {}
    for table in tables:
        target = table["sh_info"]
        if not 0 < target < len(sections):
            raise Damaged("relocations for a section that does not exist")
        if sections[target].name.startswith((".debug", ".BTF")):
            continue
        found = []
        for entry in table.iter_relocations():
            number = entry["r_info_sym"]
            if number >= len(symbols):
                raise Damaged("a relocation names a symbol that does not exist")
            found.append(Reference(entry["r_offset"], entry["r_info_type"], symbols[number]))
        references[target] = references.get(target, ()) + tuple(sorted(found, key=lambda r: r.offset))
    return Elf(tuple(sections), tuple(symbols), references)


def _symbol(raw: object, sections: int) -> Symbol:
    info, where = raw["st_info"], raw["st_shndx"]  # type: ignore[index]
    if isinstance(where, int) and where >= sections:
        raise Damaged(f"symbol `{raw.name}` is in a section that does not exist")  # type: ignore[attr-defined]
    return Symbol(
        raw.name,  # type: ignore[attr-defined]
        raw["st_value"],  # type: ignore[index]
        raw["st_size"],  # type: ignore[index]
        str(info["type"]).removeprefix("STT_").lower(),
        str(info["bind"]).removeprefix("STB_").lower(),
        raw["st_other"]["visibility"] != "STV_DEFAULT",  # type: ignore[index]
        where if isinstance(where, int) else None,
        where == "SHN_UNDEF",
    )
