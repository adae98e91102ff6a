# SPDX-License-Identifier: GPL-2.0-only
"""The frames between host and agent."""

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scxdsl.guest.agent import payload
from scxdsl.guest.errors import BadFrame
from scxdsl.guest.protocol import (
    VERSION, CodeLine, Command, Frames, LoadedProgram, ProgramLines, Reader, Reply, Role, WorkerReading, blob, frame, string,
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=60))), st.integers(1, 17))
def test_frames_survive_any_cutting_of_the_stream(frames, step):
    stream = b"".join(frame(kind, data) for kind, data in frames)
    cutter, found = Frames(), []
    for at in range(0, len(stream), step):
        cutter.feed(stream[at : at + step])
        while (got := cutter.next()) is not None:
            found.append(got)
    assert found == frames


def test_a_header_that_cannot_be_one_is_told():
    cutter = Frames()
    cutter.feed(struct.pack("<IHH", 1 << 30, 1, 0))
    with pytest.raises(BadFrame):
        cutter.next()


def test_a_payload_that_ends_early_is_told():
    with pytest.raises(BadFrame):
        Reader(struct.pack("<I", 5) + b"four").blob()


def test_a_program_is_read_as_the_agent_writes_it():
    body = string("on_enqueue") + struct.pack("<5I", 1, 84, 37, 360, 211) + string("processed 37 insns")
    assert LoadedProgram.read(body) == LoadedProgram("on_enqueue", True, 84, 37, 360, 211, "processed 37 insns")


def test_a_worker_keeps_its_signs():
    body = struct.pack("<IiiQQI", Role.SPIN, -1, -5, 10**10, 7, 1)
    assert WorkerReading.read(body) == WorkerReading(Role.SPIN, -1, -5, 10**10, 7, True)


def lines() -> ProgramLines:
    body = string("prog") + struct.pack("<I", 2)
    body += struct.pack("<QI", 0x1000, 9 << 10 | 5) + string("a.scx") + struct.pack("<QI", 0x1010, 10 << 10 | 1) + string("a.scx")
    return ProgramLines.read(body + struct.pack("<IQI", 1, 0x1000, 0x40))


def test_a_return_address_belongs_to_the_call_before_it():
    assert lines().at(0x1010) == CodeLine(0x1000, 9, 5, "a.scx")
    assert lines().at(0x1011) == CodeLine(0x1010, 10, 1, "a.scx")


@pytest.mark.parametrize("address", [0xFFF, 0x1000, 0x1041])
def test_an_address_outside_the_program_has_no_line(address):
    assert lines().at(address) is None


@pytest.mark.parametrize(
    ("enumeration", "file", "prefix"), [(Command, "agent.h", "CMD_"), (Reply, "agent.h", "REPLY_"), (Role, "workload.c", "ROLE_")]
)
def test_both_sides_number_alike(enumeration, file, prefix):
    text = payload(file).decode()
    theirs = {name: int(value) for name, value in re.findall(rf"^\t{prefix}(\w+) = (\d+),", text, re.MULTILINE)}
    assert theirs == {member.name: member.value for member in enumeration}
    assert f"#define PROTOCOL {VERSION}" in payload("agent.h").decode()


def test_strings_are_blobs_of_utf8():
    assert string("é") == blob("é".encode()) == b"\2\0\0\0\xc3\xa9"
