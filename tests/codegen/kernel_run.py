# SPDX-License-Identifier: GPL-2.0-only
"""Runs SYSCALL programs of an object on this machine's kernel, through bpf(2) and BPF_PROG_TEST_RUN.

A small loader: one program with the functions of .text behind it, a one-element array map for each data section. It knows
no CO-RE and no kernel functions: policies need the guest. Wants the right to load BPF; `permitted` tells why not.
"""

import ctypes
import io
import os
import struct
from functools import cache

from elftools.elf.elffile import ELFFile

from scxdsl.objects import read

_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}.get(os.uname().machine, 0)
_MAP_CREATE, _MAP_LOOKUP, _MAP_UPDATE, _PROG_LOAD, _TEST_RUN = 0, 1, 2, 5, 10
_ARRAY, _SYSCALL, _SLEEPABLE = 2, 31, 1 << 4
_PSEUDO_MAP_FD, _PSEUDO_MAP_VALUE, _PSEUDO_CALL, _PSEUDO_FUNC = 1, 2, 1, 4
_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """bpf(2) failed; the text has the verifier's log where there is one."""


def _bpf(command: int, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes.ljust(160, b"\0"), 160)
    result = _libc.syscall(_BPF, command, buffer, 160)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@cache
def refusal() -> str:
    """Why this machine runs no programs of ours; empty where it does."""
    try:
        os.close(_load(struct.pack("<BBhiBBhi", 0xB7, 0, 0, 7, 0x95, 0, 0, 0)))
    except (OSError, Refused) as fault:
        return f"bpf(2) refuses: {fault}"
    return ""


def _load(instructions: bytes) -> int:
    code, license_ = ctypes.create_string_buffer(instructions, len(instructions)), ctypes.create_string_buffer(b"GPL")

    def load(level: int, log: ctypes.Array | None) -> int:
        head = struct.pack("<IIQQ", _SYSCALL, len(instructions) // 8, ctypes.addressof(code), ctypes.addressof(license_))
        size, where = (len(log), ctypes.addressof(log)) if log else (0, 0)
        return _bpf(_PROG_LOAD, head + struct.pack("<IIQII", level, size, where, 0, _SLEEPABLE))

    try:
        return load(0, None)
    except OSError as fault:
        log = ctypes.create_string_buffer(1 << 20)
        try:
            return load(1, log)
        except OSError:
            raise Refused(f"{fault}\n{log.value.decode(errors='replace')[-3000:]}") from fault


class Loaded:
    """One program of an object, ready to run."""

    def __init__(self, data: bytes, section: str) -> None:
        self._elf = ELFFile(io.BytesIO(data))
        self._declared = {m.name: m for m in read(data).maps}
        self._symbols = self._elf.get_section_by_name(".symtab")
        self._maps: dict[str, tuple[int, int]] = {}
        self._closed = False
        self._license = ctypes.create_string_buffer(b"GPL")
        main = self._elf.get_section_by_name(section)
        text = self._elf.get_section_by_name(".text").data()
        code = bytearray(main.data())
        self._text_at = len(code) // 8
        self._relocate(code, section, 0)
        if any(self._goes_to_text(code, at) for at in range(0, len(code), 8)):
            tail = bytearray(text)
            self._relocate(tail, ".text", self._text_at)
            code += tail
        self._program = _load(bytes(code))

    @staticmethod
    def _goes_to_text(code: bytearray, at: int) -> bool:
        kind = code[at + 1] >> 4
        return (code[at] == 0x85 and kind == _PSEUDO_CALL) or (code[at] == 0x18 and kind == _PSEUDO_FUNC)

    def _relocate(self, code: bytearray, section: str, base: int) -> None:
        table = self._elf.get_section_by_name(f".rel{section}")
        for entry in table.iter_relocations() if table else ():
            at = entry["r_offset"]
            symbol = self._symbols.get_symbol(entry["r_info_sym"])
            target = self._elf.get_section(symbol["st_shndx"]).name
            immediate = struct.unpack_from("<i", code, at + 4)[0]
            if code[at] == 0x85:  # a call into .text
                where = symbol["st_value"] // 8
                if symbol["st_info"]["type"] == "STT_SECTION":
                    where += immediate + 1
                struct.pack_into("<i", code, at + 4, self._text_at + where - (base + at // 8) - 1)
            elif target == ".text":
                where = self._text_at + (symbol["st_value"] + immediate) // 8
                code[at + 1] = code[at + 1] & 15 | _PSEUDO_FUNC << 4
                struct.pack_into("<i", code, at + 4, where - (base + at // 8) - 1)
            elif target == ".maps":
                code[at + 1] = code[at + 1] & 15 | _PSEUDO_MAP_FD << 4
                struct.pack_into("<i", code, at + 4, self._declared_map(symbol.name))
            else:
                offset = symbol["st_value"] + immediate
                code[at + 1] = code[at + 1] & 15 | _PSEUDO_MAP_VALUE << 4
                struct.pack_into("<i", code, at + 4, self._map(target)[0])
                struct.pack_into("<i", code, at + 12, offset)

    def _declared_map(self, name: str) -> int:
        if name not in self._maps:
            m = self._declared[name]
            number = _bpf(_MAP_CREATE, struct.pack("<IIIII", m.type, m.key_size, m.value_size, m.max_entries, m.flags))
            self._maps[name] = number, m.value_size
        return self._maps[name][0]

    def _map(self, section: str) -> tuple[int, int]:
        if section not in self._maps:
            found = self._elf.get_section_by_name(section)
            size = -(-found["sh_size"] // 8) * 8
            number = _bpf(_MAP_CREATE, struct.pack("<IIIII", _ARRAY, 4, size, 1, 0))
            self._maps[section] = number, size
            data = b"" if found["sh_type"] == "SHT_NOBITS" else found.data()
            self.write(section, data.ljust(size, b"\0"))
        return self._maps[section]

    def _element(self, command: int, section: str, buffer) -> None:
        key = ctypes.c_uint32(0)
        _bpf(command, struct.pack("<IIQQQ", self._map(section)[0], 0, ctypes.addressof(key), ctypes.addressof(buffer), 0))

    def write(self, section: str, data: bytes) -> None:
        """Fills a data section, from its start."""
        buffer = ctypes.create_string_buffer(data, self._map(section)[1])
        self._element(_MAP_UPDATE, section, buffer)

    def read(self, section: str) -> bytes:
        buffer = ctypes.create_string_buffer(self._map(section)[1])
        self._element(_MAP_LOOKUP, section, buffer)
        return buffer.raw

    def run(self, *slots: int) -> int:
        """Runs with these 64-bit slots as context; gives the result's 32 bits."""
        data = struct.pack(f"<{len(slots)}Q", *(s & (1 << 64) - 1 for s in slots))
        context = ctypes.create_string_buffer(data, len(data))
        # prog_fd, retval, data sizes, data pointers, repeat, duration, ctx sizes, ctx pointers
        where = ctypes.addressof(context)
        attributes = struct.pack("<IIIIQQIIIIQQ", self._program, 0, 0, 0, 0, 0, 0, 0, len(data), 0, where, 0)
        buffer = (ctypes.c_char * 160).from_buffer_copy(attributes.ljust(160, b"\0"))
        if _libc.syscall(_BPF, _TEST_RUN, buffer, 160) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return struct.unpack_from("<I", buffer.raw, 4)[0]

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for number, _ in self._maps.values():
            os.close(number)
        os.close(self._program)
