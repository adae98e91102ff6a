# SPDX-License-Identifier: GPL-2.0-only
"""A writer of small BTF for tests: types are numbered in the order in which they are added, from 1."""

import struct


class BtfBuilder:
    def __init__(self, endian: str = "<", first_id: int = 1, string_start: int = 0) -> None:
        self.e = endian
        self.next_id = first_id
        self.types = b""
        self.strings = b"" if string_start else b"\0"
        self.string_start = string_start

    def string(self, text: str) -> int:
        if not text:
            return 0
        at = self.string_start + len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def add(self, kind: int, name: str = "", size_or_type: int = 0, vlen: int = 0, flag: bool = False, tail: bytes = b"") -> int:
        info = kind << 24 | vlen | flag << 31
        self.types += struct.pack(self.e + "III", self.string(name), info, size_or_type) + tail
        self.next_id += 1
        return self.next_id - 1

    def words(self, *values: int) -> bytes:
        return b"".join(struct.pack(self.e + ("i" if v < 0 else "I"), v) for v in values)

    def int(self, name: str, size: int, signed: bool = False, boolean: bool = False) -> int:
        return self.add(1, name, size, tail=self.words((signed | boolean << 2) << 24 | size * 8))

    def ptr(self, target: int) -> int:
        return self.add(2, size_or_type=target)

    def array(self, element: int, length: int, index: int = 1) -> int:
        return self.add(3, tail=self.words(element, index, length))

    def struct(self, name: str, size: int, members: list[tuple], union: bool = False) -> int:
        """Members are (name, type, bit offset) or (name, type, bit offset, bit size)."""
        flag = any(len(m) > 3 for m in members)
        tail = b"".join(self.words(self.string(m[0]), m[1], m[2] | (m[3] << 24 if len(m) > 3 else 0)) for m in members)
        return self.add(5 if union else 4, name, size, len(members), flag, tail)

    def enum(self, name: str, values: dict[str, int], signed: bool = False) -> int:
        tail = b"".join(self.words(self.string(n), v) for n, v in values.items())
        return self.add(6, name, 4, len(values), signed, tail)

    def enum64(self, name: str, values: dict[str, int], signed: bool = False) -> int:
        tail = b"".join(self.words(self.string(n), v & 0xFFFFFFFF, v >> 32 & 0xFFFFFFFF) for n, v in values.items())
        return self.add(19, name, 8, len(values), signed, tail)

    def typedef(self, name: str, target: int) -> int:
        return self.add(8, name, target)

    def const(self, target: int) -> int:
        return self.add(10, size_or_type=target)

    def proto(self, returns: int, params: list[tuple[str, int]]) -> int:
        tail = b"".join(self.words(self.string(n), t) for n, t in params)
        return self.add(13, size_or_type=returns, vlen=len(params), tail=tail)

    def func(self, name: str, proto: int, linkage: int = 0) -> int:
        return self.add(12, name, proto, linkage)

    def var(self, name: str, type: int, linkage: int = 1) -> int:
        return self.add(14, name, type, tail=self.words(linkage))

    def datasec(self, name: str, variables: list[tuple[int, int, int]]) -> int:
        tail = b"".join(self.words(*v) for v in variables)
        return self.add(15, name, sum(v[2] for v in variables), len(variables), tail=tail)

    def decl_tag(self, text: str, target: int, component: int = -1) -> int:
        return self.add(17, text, target, tail=self.words(component))

    def type_tag(self, text: str, target: int) -> int:
        return self.add(18, text, target)

    def kfunc(self, name: str, proto: int) -> int:
        """A kernel function open to programs: its Func and the tag that pahole puts on it."""
        func = self.func(name, proto)
        self.decl_tag("bpf_kfunc", func)
        return func

    def bytes(self) -> bytes:
        head = struct.pack(self.e + "HBBI", 0xEB9F, 1, 0, 24)
        parts = struct.pack(self.e + "IIII", 0, len(self.types), len(self.types), len(self.strings))
        return head + parts + self.types + self.strings
