# SPDX-License-Identifier: GPL-2.0-only
"""Reader of `.BTF.ext`: which function and which source line an instruction belongs to, and what CO-RE relocates.

Source of the format: Documentation/bpf/btf.rst (section .BTF.ext) and struct bpf_core_relo of include/uapi/linux/bpf.h.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .btf import MAGIC, Btf, BtfError

# enum bpf_core_relo_kind, by number.
CORE_KINDS = (
    "field_byte_offset", "field_byte_size", "field_exists", "field_signed", "field_lshift_u64", "field_rshift_u64",
    "type_id_local", "type_id_target", "type_exists", "type_size", "enumval_exists", "enumval_value", "type_matches",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FuncInfo:
    """`offset` in bytes from the start of the section; `type` is the BTF number of a Func."""

    offset: int
    type: int


@dataclass(frozen=True, slots=True)
class LineInfo:
    """The instruction at byte `offset` of its section comes from `file`:`line`:`column` (from 1), whose text is `source`."""

    offset: int
    file: str
    source: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CoreRelo:
    """`access` is a path of indices ("0:3:1") or an enumerator's index; `kind` one of CORE_KINDS."""

    offset: int
    type: int
    access: str
    kind: str


@dataclass(frozen=True)
class BtfExt:
    """What each section of code holds, by section name, in order of offsets."""

    funcs: dict[str, tuple[FuncInfo, ...]]
    lines: dict[str, tuple[LineInfo, ...]]
    relos: dict[str, tuple[CoreRelo, ...]]

    @classmethod
    def parse(cls, data: bytes, btf: Btf) -> "BtfExt":
        """Read raw `.BTF.ext` bytes whose strings are in `btf`. Raises BtfError when they are cut short or malformed."""
        if len(data) < 24:
            raise BtfError(".BTF.ext is shorter than its header")
        e = "<" if struct.unpack_from("<H", data)[0] == MAGIC else ">"
        magic, version, _flags, header = struct.unpack_from(e + "HBBI", data)
        if magic != MAGIC or version != 1 or len(data) < header:
            raise BtfError(f".BTF.ext has magic {magic:#x}, version {version}")
        parts = struct.unpack_from(e + "IIII", data, 8)
        if header >= 32:  # older headers end before the CO-RE part
            parts += struct.unpack_from(e + "II", data, 24)
        else:
            parts += (0, 0)

        def func(o: int, t: int) -> FuncInfo:
            return FuncInfo(o, t)

        def line(o: int, f: int, s: int, lc: int) -> LineInfo:
            return LineInfo(o, btf.string(f), btf.string(s), lc >> 10, lc & 0x3FF)

        def relo(o: int, t: int, a: int, k: int) -> CoreRelo:
            return CoreRelo(o, t, btf.string(a), CORE_KINDS[k] if k < len(CORE_KINDS) else str(k))

        return cls(
            _records(data, header, parts[0:2], e, "II", btf, func),
            _records(data, header, parts[2:4], e, "IIII", btf, line),
            _records(data, header, parts[4:6], e, "IIII", btf, relo),
        )


R = TypeVar("R")


def _records(data: bytes, header: int, part: tuple[int, ...], e: str, layout: str, btf: Btf,
             make: Callable[..., R]) -> dict[str, tuple[R, ...]]:  # fmt: skip
    """One of the three parts: a record size, then per section its name, a count and the records."""
    start, length = header + part[0], part[1]
    found: dict[str, tuple[R, ...]] = {}
    if not length:
        return found
    end = start + length
    try:
        (size,) = struct.unpack_from(e + "I", data, start)
        if end > len(data) or size < struct.calcsize(e + layout):
            raise BtfError(".BTF.ext reaches past its end or its records are too small", start)
        at = start + 4
        while at < end:
            name, count = struct.unpack_from(e + "II", data, at)
            at += 8
            rows = tuple(make(*struct.unpack_from(e + layout, data, at + size * i)) for i in range(count))
            found[btf.string(name)] = found.get(btf.string(name), ()) + rows
            at += size * count
    except struct.error:
        raise BtfError(".BTF.ext is cut short", start) from None
    return found
