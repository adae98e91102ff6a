# SPDX-License-Identifier: GPL-2.0-only
"""Reading a kernel image: its release and its BTF. Layout of a bzImage: Documentation/arch/x86/boot.rst."""

import bz2
import ctypes
import io
import lzma
import re
import struct
import zlib
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from . import tools
from .errors import BadImage, MissingTool, ToolsMissing

ELF_MAGIC = b"\x7fELF"
LARGEST = 1 << 30  # of an unpacked kernel


def release_of(data: bytes, path: Path = Path("image")) -> str:
    """`uname -r` of an image, from the banner that its boot header (bzImage) or its text (vmlinux) holds."""
    if data[:4] == ELF_MAGIC:
        banner = re.search(rb"Linux version (\S+) ", data)
        if banner:
            return banner[1].decode()
        raise BadImage(path, "it has no version banner")
    _check_header(data, path)
    at = struct.unpack_from("<H", data, 0x20E)[0] + 0x200
    text = data[at : data.find(b"\0", at)].decode(errors="replace")
    if not re.match(r"\d+\.\d+", text):
        raise BadImage(path, "its boot header holds no version")
    return text.split()[0]


def _check_header(data: bytes, path: Path) -> None:
    if len(data) < 0x260 or data[0x202:0x206] != b"HdrS":
        raise BadImage(path, "it has no x86 boot header")
    if struct.unpack_from("<H", data, 0x206)[0] < 0x208:
        raise BadImage(path, "its boot protocol is older than 2.08")


def vmlinux(data: bytes, path: Path = Path("image")) -> bytes:
    """The ELF file inside a bzImage, or the image itself when it is one."""
    if data[:4] == ELF_MAGIC:
        return data
    _check_header(data, path)
    sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (sectors + 1) * 512 + offset
    elf = _decompress(data[start : start + length], path)
    if elf[:4] != ELF_MAGIC:
        raise BadImage(path, "what it holds is not an ELF file")
    return elf


def _decompress(payload: bytes, path: Path) -> bytes:
    # The build appends the unpacked size (scripts/Makefile.lib: size_append); stream readers ignore it, programs must not see it.
    stream: Any = None
    if payload[:6] == b"\xfd7zXZ\0":
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    elif payload[:2] == b"\x1f\x8b":
        stream = zlib.decompressobj(31)
    elif payload[:3] == b"BZh":
        stream = bz2.BZ2Decompressor()
    elif payload[:3] == b"\x5d\0\0":
        stream = lzma.LZMADecompressor(lzma.FORMAT_ALONE)
    if stream is not None:
        try:
            unpacked = stream.decompress(payload)
        except (lzma.LZMAError, zlib.error, OSError) as error:
            raise BadImage(path, f"its payload can't be unpacked: {error}") from error
        if not stream.eof:
            raise BadImage(path, "its payload can't be unpacked: it ends early")
        return unpacked
    if payload.startswith(b"\x28\xb5\x2f\xfd"):
        return _unpack_zstd(payload[:-4], int.from_bytes(payload[-4:], "little"), path)
    for magic, program, package in ((b"\x02\x21\x4c\x18", "lz4", "lz4"), (b"\x89LZO", "lzop", "lzop")):
        if payload.startswith(magic):
            if tools.missing([(program, package)]):
                raise ToolsMissing((MissingTool(program, package),), f"to read {path}")
            return tools.run([program, "-dc"], stdin=payload[:-4], timeout=120, binary=True)
    raise BadImage(path, f"its payload has an unknown form ({payload[:6].hex()})")


def _unpack_zstd(packed: bytes, size: int, path: Path) -> bytes:
    """By libzstd itself, which every Debian has because dpkg needs it; Python brings none before 3.14."""
    if size > LARGEST:
        raise BadImage(path, "its payload can't be unpacked: it names an impossible size")
    try:
        library = ctypes.CDLL("libzstd.so.1")
    except OSError:
        raise ToolsMissing((MissingTool("libzstd.so.1", "libzstd1"),), f"to read {path}") from None
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    target = ctypes.create_string_buffer(size)
    done = library.ZSTD_decompress(target, size, packed, len(packed))
    if library.ZSTD_isError(done) or done != size:
        raise BadImage(path, "its payload can't be unpacked: it is damaged")
    return target.raw


def btf_of(data: bytes, path: Path = Path("image")) -> bytes:
    """The .BTF section of an image; BadImage when the kernel was built without."""
    try:
        section = ELFFile(io.BytesIO(vmlinux(data, path))).get_section_by_name(".BTF")
    except ELFError as error:
        raise BadImage(path, f"its ELF file is damaged: {error}") from error
    if section is None:
        raise BadImage(path, "it was built without BTF (CONFIG_DEBUG_INFO_BTF)")
    return section.data()
