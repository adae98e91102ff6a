# SPDX-License-Identifier: GPL-2.0-only
"""Reading kernel images: small ones made here, in the shapes that the boot protocol describes."""

import bz2
import lzma
import struct
import zlib

import pytest

from scxdsl.guest.errors import BadImage
from scxdsl.guest.image import btf_of, release_of, vmlinux

BTF = b"\x9f\xeb\x01\0 some type information"


def elf(sections: dict[str, bytes]) -> bytes:
    """A 64-bit ELF file of nothing but named sections."""
    names = b"\0" + b"".join(n.encode() + b"\0" for n in [*sections, ".shstrtab"])
    bodies = [*sections.values(), names]
    offset, headers = 64, [bytes(64)]
    for name, body in zip([*sections, ".shstrtab"], bodies, strict=True):
        kind = 3 if name == ".shstrtab" else 1
        headers.append(struct.pack("<IIQQQQIIQQ", names.index(name.encode() + b"\0"), kind, 0, 0, offset, len(body), 0, 0, 1, 0))
        offset += len(body)
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, offset, 0, 64, 0, 0, 64, len(headers), len(headers) - 1)
    return head + b"".join(bodies) + b"".join(headers)


def bz_image(payload: bytes, banner: bytes = b"6.18.15+deb13-cloud-amd64 (builder) #1 SMP", protocol: int = 0x20F) -> bytes:
    """A bzImage of one boot sector and one setup sector."""
    data = bytearray(1024)
    data[0x1F1] = 1
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x206, protocol)
    struct.pack_into("<H", data, 0x20E, 0x300 - 0x200)
    data[0x300 : 0x300 + len(banner)] = banner
    struct.pack_into("<II", data, 0x248, 0, len(payload))
    return bytes(data) + payload + b"after the payload"


def with_size(packed: bytes, unpacked: bytes) -> bytes:
    return packed + struct.pack("<I", len(unpacked))


INSIDE = elf({".text": b"code", ".BTF": BTF})


@pytest.mark.parametrize(
    "pack",
    [
        lambda d: with_size(lzma.compress(d), d),
        lambda d: with_size(lzma.compress(d, lzma.FORMAT_ALONE), d),
        lambda d: zlib.compress(d, wbits=31),
        lambda d: with_size(bz2.compress(d), d),
    ],
    ids=["xz", "lzma", "gzip", "bzip2"],
)
def test_payloads_are_unpacked(pack):
    image = bz_image(pack(INSIDE))
    assert vmlinux(image) == INSIDE
    assert btf_of(image) == BTF


def zstd_stored(data: bytes) -> bytes:
    """A zstd frame of one raw block (RFC 8878, 3.1.1): what the format allows without compressing."""
    assert len(data) < 1 << 17
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) + (len(data) << 3 | 1).to_bytes(3, "little") + data


def test_zstd_needs_no_program_of_the_host():
    assert btf_of(bz_image(with_size(zstd_stored(INSIDE), INSIDE))) == BTF


@pytest.mark.parametrize("damage", [lambda p: p[:30] + p[31:], lambda p: p[:-4] + b"\xff\xff\xff\xff", lambda p: p[:-4] + b"\1\0\0\0"])
def test_a_damaged_zstd_payload_is_told(damage):
    with pytest.raises(BadImage, match="can't be unpacked"):
        btf_of(bz_image(damage(with_size(zstd_stored(INSIDE), INSIDE))))


def test_the_release_is_in_the_boot_header():
    assert release_of(bz_image(b"")) == "6.18.15+deb13-cloud-amd64"


def test_an_unpacked_kernel_is_read_as_well():
    image = elf({".rodata": b"Linux version 7.3.4 (builder) #1", ".BTF": BTF})
    assert (release_of(image), btf_of(image)) == ("7.3.4", BTF)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (b"", "no x86 boot header"),
        (b"MZ" + bytes(4000), "no x86 boot header"),
        (bz_image(b"", protocol=0x207), "boot protocol"),
        (bz_image(b"unknown form"), "unknown form"),
        (bz_image(lzma.compress(INSIDE)[:40] + b"broken"), "can't be unpacked"),
        (bz_image(zlib.compress(b"no ELF", wbits=31)), "not an ELF"),
        (bz_image(zlib.compress(elf({".text": b""}), wbits=31)), "without BTF"),
    ],
)
def test_what_is_no_usable_image_is_told(image, why):
    with pytest.raises(BadImage, match=why):
        btf_of(image)
