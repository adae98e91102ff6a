# SPDX-License-Identifier: GPL-2.0-only
"""From the bytes of an object file to an `Object`."""

import struct
from collections.abc import Iterator
from functools import lru_cache

from ..kernel.btf import Btf, BtfError
from ..kernel.btf_ext import BtfExt
from ..kernel.btf_types import MODIFIERS, Array, Datasec, Func, Int, Struct, Var
from .elf import Elf, Section, read_elf
from .errors import Damaged
from .maps import read_maps
from .object import Extern, Global, Object, StructOps
from .programs import extern_sections, is_data, named_by_btf, read_functions


@lru_cache(maxsize=1)  # who has fitted a policy reads it again
def read(data: bytes) -> Object:
    """Read a BPF object, ours or another compiler's. Objects are not changed by anybody.

    Raises ObjectError: NotElf, NotBpf, Damaged, UndefinedInstruction, UnsupportedRelocation, BadMap.
    """
    elf = read_elf(data)
    try:
        return _read(elf, len(data))
    except BtfError as cause:
        raise Damaged(str(cause)) from cause
    except (struct.error, IndexError, AssertionError, RecursionError) as cause:  # ids and offsets that lead nowhere
        raise Damaged(f"its type information does not hold together ({cause})") from cause


def _read(elf: Elf, size: int) -> Object:
    raw, raw_ext = elf.section(".BTF"), elf.section(".BTF.ext")
    btf = _sound(Btf.parse(raw.data)) if raw and raw.data else None
    ext = BtfExt.parse(raw_ext.data, btf) if btf and raw_ext and raw_ext.data else BtfExt({}, {}, {})
    places = {s.name: s.value for s in elf.symbols if s.section is not None and elf.sections[s.section].name == ".maps"}
    maps = read_maps(btf, places) if btf else ()
    functions = named_by_btf(list(read_functions(elf, btf, ext, maps)), btf)
    license_section = elf.section("license")
    return Object(
        tuple(f for f in functions if f.program),
        tuple(f for f in functions if not f.program),
        maps,
        tuple(_globals(elf, btf)) if btf else (),
        tuple(_externs(elf, btf)),
        tuple(_struct_ops(elf, btf)) if btf else (),
        {s.name: s.data for s in elf.sections if is_data(s.name)},
        license_section.data.split(b"\0")[0].decode("ascii", "replace") if license_section else "",
        btf,
        size,
    )


def _sound(btf: Btf) -> Btf:
    """The same BTF. Raises Damaged or BtfError where a type cannot be decoded or qualifiers go round in a circle."""
    for found in btf:
        at, steps = found, 0
        while isinstance(at, MODIFIERS):
            at, steps = btf[at.target], steps + 1
            if steps > len(btf):
                raise Damaged(f"the type {found.id} is made of itself")
    return btf


def _variables(elf: Elf, btf: Btf, section: Section) -> Iterator[tuple[Var, int, int, bool]]:
    """Variables of a section: Var, offset, size, static. Offsets are the symbol table's: LLVM leaves 0 in the BTF."""
    places = {s.name: s for s in elf.symbols if s.section == section.index and s.kind in ("object", "notype")}
    for listed in btf.of_kind(Datasec):
        if listed.name != section.name:
            continue
        for entry in listed.vars:
            variable = btf[entry.type]
            if not isinstance(variable, Var):
                raise Damaged(f"the BTF of the section {section.name} lists what is no variable")
            symbol = places.get(variable.name)
            if symbol is None:
                raise Damaged(f"the variable `{variable.name}` is in the BTF, but not in the symbol table")
            size = symbol.size or entry.size
            if symbol.value + size > len(section.data):
                raise Damaged(f"the variable `{variable.name}` reaches past its section")
            yield variable, symbol.value, size, symbol.binding == "local"


def _globals(elf: Elf, btf: Btf) -> Iterator[Global]:
    for section in elf.sections:
        if not is_data(section.name):
            continue
        found = []
        for variable, offset, size, static in _variables(elf, btf, section):
            tags = tuple(t.name for t in btf.tags(variable.id) if t.component == -1)
            found.append(Global(variable.name, section.name, offset, size, variable.type, tags, static))
        yield from sorted(found, key=lambda g: g.offset)


def _externs(elf: Elf, btf: Btf | None) -> Iterator[Extern]:
    types: dict[str, Func | Var] = {}
    if btf:
        for listed in btf.of_kind(Datasec):
            if listed.name in (".ksyms", ".kconfig"):
                for entry in listed.vars:
                    found = btf[entry.type]
                    if isinstance(found, Func | Var):
                        types[found.name] = found
    sections = extern_sections(btf) if btf else {}
    for s in elf.symbols:
        if not s.undefined or not s.name:
            continue
        declared = types.get(s.name)
        function = isinstance(declared, Func)
        type_id = None if declared is None else declared.proto if isinstance(declared, Func) else declared.type
        yield Extern(s.name, s.binding == "weak", function, type_id, sections.get(s.name, ""))


def _struct_ops(elf: Elf, btf: Btf) -> Iterator[StructOps]:
    for section in elf.sections:
        if section.name.removeprefix("?") not in (".struct_ops", ".struct_ops.link"):
            continue
        callees = {r.offset: r.symbol.name for r in elf.references.get(section.index, ()) if r.symbol.kind == "func"}
        for variable, offset, size, _ in _variables(elf, btf, section):
            shape = btf.strip(variable.type)
            if not isinstance(shape, Struct) or shape.size > size:
                raise Damaged(f"the table `{variable.name}` is no struct, or larger than its place")
            programs: dict[str, str] = {}
            values: dict[str, int | str | bytes] = {}
            for member in shape.members:
                at = offset + member.offset
                if at in callees:
                    programs[member.name] = callees[at]
                    continue
                content = section.data[at : at + btf.size_of(member.type)]
                values[member.name] = _scalar(btf, member.type, content)
            yield StructOps(variable.name, shape.name, section.name, programs, values)


def _scalar(btf: Btf, type_id: int, content: bytes) -> int | str | bytes:
    found = btf.strip(type_id)
    if isinstance(found, Array):
        element = btf.strip(found.element)
        if isinstance(element, Int) and element.size == 1:
            return content.split(b"\0")[0].decode("utf-8", "replace")
        return content
    if len(content) <= 8:
        signed = isinstance(found, Int) and found.signed
        return int.from_bytes(content, "little", signed=signed)
    return content
