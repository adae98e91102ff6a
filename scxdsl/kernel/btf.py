# SPDX-License-Identifier: GPL-2.0-only
"""Reader of BTF, the type information that a kernel or a BPF object carries in its `.BTF` section.

A kernel holds some 150,000 types. Parsing finds where each one starts and nothing more; a type is decoded when it is
asked for, and the index of names is made at the first question by name.

Source of the format: include/uapi/linux/btf.h and kernel/bpf/btf.c:btf_parse_hdr of the kernel.
"""

import struct
from collections.abc import Iterator
from typing import TypeVar

from scxdsl.source.records import dataclass

from .btf_types import (
    MODIFIERS, Array, BtfType, Const, Datasec, DeclTag, Enum, Enumerator, Float, Func, FuncProto, Fwd, Int, Member, Param,
    Ptr, Restrict, SectionVar, Struct, Typedef, TypeTag, Var, Void, Volatile,
)  # fmt: skip

MAGIC = 0xEB9F

# The codes of BTF_KIND_*.
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, \
    DECL_TAG, TYPE_TAG, ENUM64 = range(1, 20)  # fmt: skip

# Bytes that follow the 12-byte head: a constant part and one per `vlen`.
_EXTRA = {
    INT: (4, 0), PTR: (0, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8), FWD: (0, 0), TYPEDEF: (0, 0),
    VOLATILE: (0, 0), CONST: (0, 0), RESTRICT: (0, 0), FUNC: (0, 0), FUNC_PROTO: (0, 8), VAR: (4, 0), DATASEC: (0, 12),
    FLOAT: (0, 0), DECL_TAG: (4, 0), TYPE_TAG: (0, 0), ENUM64: (0, 12),
}  # fmt: skip

_CLASS_OF_KIND: dict[int, type] = {
    INT: Int, PTR: Ptr, ARRAY: Array, STRUCT: Struct, UNION: Struct, ENUM: Enum, FWD: Fwd, TYPEDEF: Typedef,
    VOLATILE: Volatile, CONST: Const, RESTRICT: Restrict, FUNC: Func, FUNC_PROTO: FuncProto, VAR: Var, DATASEC: Datasec,
    FLOAT: Float, DECL_TAG: DeclTag, TYPE_TAG: TypeTag, ENUM64: Enum,
}  # fmt: skip

_LINKAGE = ("static", "global", "extern")

# The kernel follows 32 steps at most (kernel/bpf/btf.c: MAX_RESOLVE_DEPTH).
_DEEPEST = 64

T = TypeVar("T")


@dataclass(eq=False)
class BtfError(Exception):
    """The bytes are not BTF that this reader knows: `reason` says why, `offset` where in the section."""

    reason: str
    offset: int = 0

    def __str__(self) -> str:
        return f"bad BTF at byte {self.offset}: {self.reason}"


class Btf:
    """All types of one `.BTF` section; `len(btf)` counts them, void and the base's types included."""

    def __init__(self, data: bytes, strings: bytes, offsets: list[int], heads: list[tuple[int, int]],
                 base: "Btf | None", endian: str) -> None:  # fmt: skip
        self._data = data
        self._strings = strings
        self._offsets = offsets  # of each type of this section, in the whole data
        self._heads = heads  # (name offset, info) of each
        self.base = base
        self._first = len(base) if base else 1
        self._string_start = base._string_end if base else 0
        self._string_end = self._string_start + len(strings)
        self._e = endian
        self._cache: dict[int, BtfType] = {}
        self._names: dict[str, list[int]] | None = None

    @classmethod
    def parse(cls, data: bytes, base: "Btf | None" = None) -> "Btf":
        """Read raw `.BTF` bytes, of either byte order. `base` is the BTF that a split BTF (a kernel module's) continues.

        Raises BtfError when the header is wrong, the section is cut short or holds a kind unknown to this reader.
        """
        if len(data) < 24:
            raise BtfError("shorter than its header")
        endian = "<" if struct.unpack_from("<H", data)[0] == MAGIC else ">"
        magic, version, _flags, header = struct.unpack_from(endian + "HBBI", data)
        if magic != MAGIC or version != 1:
            raise BtfError(f"magic {magic:#x}, version {version}")
        type_off, type_len, str_off, str_len = struct.unpack_from(endian + "IIII", data, 8)
        start, end = header + type_off, header + type_off + type_len
        strings = data[header + str_off : header + str_off + str_len]
        if end > len(data) or len(strings) != str_len:
            raise BtfError("its types or strings reach past its end", header)
        if str_len and strings[-1] != 0 or not base and strings[:1] != b"\0":
            raise BtfError("its strings lack the first or the last zero byte", header + str_off)
        offsets: list[int] = []
        heads: list[tuple[int, int]] = []
        # One table from `info` to length: most types share few values of it.
        length: dict[int, int] = {}
        unpack = struct.Struct(endian + "II").unpack_from
        at = start
        while at < end:
            try:
                head = unpack(data, at)
            except struct.error:
                raise BtfError("a type is cut short", at) from None
            info = head[1]
            step = length.get(info)
            if step is None:
                extra = _EXTRA.get(info >> 24 & 0x1F)
                if extra is None:
                    raise BtfError(f"kind {info >> 24 & 0x1F} is not known", at)
                step = length[info] = 12 + extra[0] + extra[1] * (info & 0xFFFF)
            offsets.append(at)
            heads.append(head)
            at += step
        if at != end:
            raise BtfError("the last type is cut short", at)
        return cls(data, strings, offsets, heads, base, endian)

    def __len__(self) -> int:
        return self._first + len(self._offsets)

    def __getitem__(self, id: int) -> BtfType:
        """The type of that number. Raises BtfError when there is none."""
        found = self._cache.get(id)
        if found is None:
            found = self._cache[id] = self._decode(id)
        return found

    def __iter__(self) -> Iterator[BtfType]:
        """All types in order of their numbers, void first; decodes everything."""
        return (self[id] for id in range(len(self)))

    def string(self, offset: int) -> str:
        """The string at that offset of the string section."""
        if offset < self._string_start:
            assert self.base is not None
            return self.base.string(offset)
        at = offset - self._string_start
        end = self._strings.find(b"\0", at)
        if end < 0:
            raise BtfError(f"no string at offset {offset}")
        return self._strings[at:end].decode("utf-8", "replace")

    def kind_of(self, id: int) -> type:
        """The class of a type without decoding it."""
        if id == 0:
            return Void
        if id < self._first:
            assert self.base is not None
            return self.base.kind_of(id)
        if id >= len(self):
            raise BtfError(f"no type {id}")
        return _CLASS_OF_KIND[self._heads[id - self._first][1] >> 24 & 0x1F]

    def named(self, name: str, kind: type[T] | tuple[type, ...] | None = None) -> list[T]:
        """Every type of that name and kind (a class, or several); the base's come first."""
        below = self.base.named(name, kind) if self.base else []
        own = [self[id] for id in self._name_index().get(name, ())]
        return below + [t for t in own if kind is None or isinstance(t, kind)]  # type: ignore[operator]

    def by_name(self, name: str, kind: type[T]) -> T | None:
        """The first type of that name and kind, or None."""
        below = self.base.by_name(name, kind) if self.base else None
        if below is not None:
            return below
        for id in self._name_index().get(name, ()):
            if self.kind_of(id) is kind:
                return self[id]  # type: ignore[return-value]
        return None

    def of_kind(self, kind: type[T]) -> Iterator[T]:
        """All types of one class in order of their numbers, decoding only those."""
        if self.base:
            yield from self.base.of_kind(kind)
        for id in range(self._first, len(self)):
            if self.kind_of(id) is kind:
                yield self[id]  # type: ignore[misc]

    def strip(self, id: int) -> BtfType:
        """The type behind typedefs, const, volatile, restrict and type tags. Raises BtfError when they run in a circle."""
        found = self[id]
        for _ in range(_DEEPEST):
            if not isinstance(found, MODIFIERS):
                return found
            found = self[found.target]
        raise BtfError(f"type {id} stands for itself")

    def size_of(self, id: int, pointer: int = 8, depth: int = 0) -> int:
        """Bytes of an object of that type. Raises BtfError for void, functions and types only declared."""
        if depth > _DEEPEST:
            raise BtfError(f"array {id} holds itself")
        found = self.strip(id)
        match found:
            case Int() | Struct() | Enum() | Float() | Datasec():
                return found.size
            case Ptr():
                return pointer
            case Array():
                return found.length * self.size_of(found.element, pointer, depth + 1)
            case Var():
                return self.size_of(found.type, pointer, depth + 1)
            case _:
                raise BtfError(f"type {id} ({type(found).__name__}) has no size")

    def members(self, id: int, depth: int = 0) -> Iterator[Member]:
        """Members of a struct or union with those of its anonymous members in their place, offsets from its start."""
        if depth > _DEEPEST:
            raise BtfError(f"struct {id} holds itself")
        found = self.strip(id)
        if not isinstance(found, Struct):
            raise BtfError(f"type {id} ({type(found).__name__}) has no members")
        for m in found.members:
            if m.name:
                yield m
            elif isinstance(self.strip(m.type), Struct):
                for inner in self.members(m.type, depth + 1):
                    yield Member(inner.name, inner.type, m.bit_offset + inner.bit_offset, inner.bit_size)

    def find_member(self, id: int, name: str) -> Member | None:
        """The member of that name, also inside anonymous members."""
        return next((m for m in self.members(id) if m.name == name), None)

    def tags(self, id: int) -> list[DeclTag]:
        """Declaration tags of a type, its members' and parameters' included."""
        if self._tag_index is None:
            index: dict[int, list[DeclTag]] = {}
            for tag in self.of_kind(DeclTag):
                index.setdefault(tag.target, []).append(tag)
            self._tag_index = index
        return self._tag_index.get(id, [])

    _tag_index: dict[int, list[DeclTag]] | None = None

    def _name_index(self) -> dict[str, list[int]]:
        if self._names is None:
            by_offset: dict[int, list[int]] = {}
            for id, (name, _) in enumerate(self._heads, self._first):
                if name:
                    by_offset.setdefault(name, []).append(id)
            self._names = {}
            for offset, ids in by_offset.items():
                # Two offsets can spell one name: a string may be the tail of another.
                self._names.setdefault(self.string(offset), []).extend(ids)
        return self._names

    def _decode(self, id: int) -> BtfType:
        if id == 0:
            return Void()
        if 0 < id < self._first:
            assert self.base is not None
            return self.base[id]
        if not self._first <= id < len(self):
            raise BtfError(f"no type {id}")
        at, e = self._offsets[id - self._first], self._e
        name_off, info, size = struct.unpack_from(e + "III", self._data, at)
        kind, vlen, flag = info >> 24 & 0x1F, info & 0xFFFF, bool(info >> 31)
        name, at = self.string(name_off), at + 12
        match kind:
            case 1:
                (word,) = struct.unpack_from(e + "I", self._data, at)
                encoding = word >> 24 & 0xF
                return Int(id, name, size, bool(encoding & 1), bool(encoding & 2), bool(encoding & 4), word & 0xFF,
                           word >> 16 & 0xFF)  # fmt: skip
            case 2:
                return Ptr(id, size)
            case 3:
                element, index, length = struct.unpack_from(e + "III", self._data, at)
                return Array(id, element, index, length)
            case 4 | 5:
                members = tuple(
                    Member(self.string(n), t, off & 0xFFFFFF if flag else off, off >> 24 if flag else 0)
                    for n, t, off in self._entries(e + "III", at, vlen)
                )
                return Struct(id, "struct" if kind == STRUCT else "union", name, size, members)
            case 6:
                values = tuple(Enumerator(self.string(n), v) for n, v in self._entries(e + ("Ii" if flag else "II"), at, vlen))
                return Enum(id, name, size, flag, 32, values)
            case 7:
                return Fwd(id, name, flag)
            case 8:
                return Typedef(id, name, size)
            case 9:
                return Volatile(id, size)
            case 10:
                return Const(id, size)
            case 11:
                return Restrict(id, size)
            case 12:
                return Func(id, name, size, _LINKAGE[vlen] if vlen < 3 else str(vlen))
            case 13:
                params = [Param(self.string(n), t) for n, t in self._entries(e + "II", at, vlen)]
                variadic = bool(params) and params[-1].type == 0 and not params[-1].name
                return FuncProto(id, size, tuple(params[:-1] if variadic else params), variadic)
            case 14:
                (linkage,) = struct.unpack_from(e + "I", self._data, at)
                return Var(id, name, size, _LINKAGE[linkage] if linkage < 3 else str(linkage))
            case 15:
                return Datasec(id, name, size, tuple(SectionVar(*v) for v in self._entries(e + "III", at, vlen)))
            case 16:
                return Float(id, name, size)
            case 17:
                (component,) = struct.unpack_from(e + "i", self._data, at)
                return DeclTag(id, name, size, component)
            case 18:
                return TypeTag(id, name, size, flag)
            case _:  # ENUM64, the last kind that parse() lets through
                values = tuple(
                    Enumerator(self.string(n), self._wide(lo, hi, flag)) for n, lo, hi in self._entries(e + "III", at, vlen)
                )
                return Enum(id, name, size, flag, 64, values)

    def _entries(self, layout: str, at: int, count: int) -> Iterator[tuple[int, ...]]:
        return struct.iter_unpack(layout, self._data[at : at + struct.calcsize(layout) * count])

    @staticmethod
    def _wide(low: int, high: int, signed: bool) -> int:
        value = high << 32 | low
        return value - (1 << 64) if signed and value >> 63 else value
