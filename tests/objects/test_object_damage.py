# SPDX-License-Identifier: GPL-2.0-only
"""Files that are no object of ours: one plain finding each, never another exception."""

import random

import pytest
from bpf_objects import compile_ir, sample

from scxdsl.objects import ObjectError, disassemble, parameters, read, report
from scxdsl.objects.errors import Damaged, NotBpf, NotElf


@pytest.mark.parametrize("data", [b"", b"\x7f", b"#!/bin/sh\n", b"\x7fELG" + bytes(64)])
def test_no_elf(data: bytes) -> None:
    with pytest.raises(NotElf, match="not an ELF file"):
        read(data)


def test_another_machine() -> None:
    data = bytearray(sample())
    data[18:20] = (62).to_bytes(2, "little")
    with pytest.raises(NotBpf, match="for X86_64"):
        read(bytes(data))


def test_big_endian() -> None:
    data = bytearray(sample())
    data[5] = 2
    with pytest.raises(NotBpf):
        read(bytes(data))


def test_an_executable() -> None:
    data = bytearray(sample())
    data[16] = 2
    with pytest.raises(NotBpf, match="no relocatable file"):
        read(bytes(data))


def test_an_elf_header_alone() -> None:
    with pytest.raises(Damaged):
        read(sample()[:40])


def test_no_type_information() -> None:
    """An object without BTF still shows its code."""
    data = compile_ir('define i32 @f(ptr %c) section "socket" { ret i32 7 }')
    found = read(data)
    assert found.btf is None and found.ops is None
    assert "w0 = 7" in disassemble(found)


def _survives(data: bytes) -> None:
    try:
        found = read(data)
        disassemble(found)
        report(found)
        parameters(found)
    except ObjectError as finding:
        assert str(finding)


def test_cut_off_anywhere() -> None:
    data = sample()
    for length in range(4, len(data), 97):
        _survives(data[:length])


def test_bytes_changed_anywhere() -> None:
    data, choose = sample(), random.Random(1)
    for _ in range(1500):
        damaged = bytearray(data)
        for _ in range(choose.choice((1, 1, 4, 16))):
            damaged[choose.randrange(4, len(data))] = choose.choice((0, 1, 0xFF, choose.randrange(256)))
        _survives(bytes(damaged))
