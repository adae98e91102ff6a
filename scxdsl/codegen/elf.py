# SPDX-License-Identifier: GPL-2.0-only
"""Takes the DWARF sections out of an object that LLVM made.

LLVM writes BTF only beside DWARF: a unit without debug information has no BTF either, and .debug_line, .debug_frame and
.debug_addr come even where no debug entries are asked for. Nobody who loads a BPF object reads them. What is left keeps
its order and contents; .rel.BTF and .rel.BTF.ext stay, for readers that relocate.
"""

import struct
from dataclasses import replace

from scxdsl.source.records import dataclass

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_REL = struct.Struct("<QQ")
_SYMTAB, _STRTAB, _NOBITS, _REL_TYPE = 2, 3, 8, 9
_RESERVED = 0xFF00  # SHN_LORESERVE: section numbers from here on are not sections


@dataclass(frozen=True)
class _Section:
    name: str
    type: int
    flags: int
    address: int
    size: int
    link: int
    info: int
    align: int
    entry: int
    data: bytes


def without_debug(data: bytes) -> bytes:
    """The same relocatable ELF64 object, little-endian, without .debug_* and what belongs to them alone."""
    head = list(_HEADER.unpack_from(data))
    sections = _read(data, head)
    kept = [at for at, s in enumerate(sections) if not s.name.startswith((".debug_", ".rel.debug_"))]
    if len(kept) == len(sections):
        return data
    number = {old: new for new, old in enumerate(kept)}
    table = next(at for at, s in enumerate(sections) if s.type == _SYMTAB)
    names = _Names()
    symbols, symbol_number, first_global = _symbols(sections, table, number, names)
    out = []
    for at in kept:
        s = sections[at]
        if at == table:
            s = replace(s, data=symbols, info=first_global)
        elif s.type == _REL_TYPE:
            s = replace(s, data=_relocations(s.data, symbol_number), info=number[s.info])
        out.append(replace(s, link=number.get(s.link, 0)))
    offsets = [names.add(s.name) for s in out]
    strings = next(new for new, s in enumerate(out) if s.type == _STRTAB)
    out[strings] = replace(out[strings], data=names.data())
    return _write(head, out, offsets, strings)


class _Names:
    """A string table in the making."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {"": 0}
        self._data = bytearray(1)

    def add(self, name: str) -> int:
        if name not in self._at:
            self._at[name] = len(self._data)
            self._data += name.encode() + b"\0"
        return self._at[name]

    def data(self) -> bytes:
        return bytes(self._data)


def _text(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode()


def _read(data: bytes, head: list) -> list[_Section]:
    start, count, names = head[6], head[12], head[13]
    raw = [_SECTION.unpack_from(data, start + at * _SECTION.size) for at in range(count)]
    table = data[raw[names][4] : raw[names][4] + raw[names][5]]
    return [
        _Section(
            _text(table, name), type_, flags, address, size, link, info, align, entry,
            b"" if type_ == _NOBITS else data[offset : offset + size],
        )
        for name, type_, flags, address, offset, size, link, info, align, entry in raw
    ]  # fmt: skip


def _symbols(
    sections: list[_Section], table: int, number: dict[int, int], names: _Names
) -> tuple[bytes, dict[int, int], int]:
    """The new symbol table, new numbers of old symbols, the number of the first that is not local."""
    strings = sections[sections[table].link].data
    out = bytearray()
    numbers: dict[int, int] = {}
    first_global = 0
    for at, (name, info, other, section, value, size) in enumerate(_SYMBOL.iter_unpack(sections[table].data)):
        if 0 < section < _RESERVED and section not in number:
            continue
        numbers[at] = len(numbers)
        if info >> 4 == 0:
            first_global = len(numbers)
        new = number[section] if 0 < section < _RESERVED else section
        out += _SYMBOL.pack(names.add(_text(strings, name)), info, other, new, value, size)
    return bytes(out), numbers, first_global


def _relocations(data: bytes, numbers: dict[int, int]) -> bytes:
    return b"".join(
        _REL.pack(offset, numbers[info >> 32] << 32 | info & 0xFFFFFFFF) for offset, info in _REL.iter_unpack(data)
    )


def _write(head: list, sections: list[_Section], names: list[int], strings: int) -> bytes:
    out = bytearray(_HEADER.size)
    rows = []
    for s, name in zip(sections, names):
        if s.type:
            out += bytes(-len(out) % max(s.align, 1))
        size = s.size if s.type == _NOBITS else len(s.data)
        where = len(out) if s.type else 0
        rows.append(_SECTION.pack(name, s.type, s.flags, s.address, where, size, s.link, s.info, s.align, s.entry))
        out += s.data
    out += bytes(-len(out) % 8)
    head[6], head[12], head[13] = len(out), len(sections), strings
    out[: _HEADER.size] = _HEADER.pack(*head)
    return bytes(out) + b"".join(rows)
