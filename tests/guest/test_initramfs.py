# SPDX-License-Identifier: GPL-2.0-only
"""The guest's root archive."""

import pytest

from scxdsl.guest.initramfs import Entry, archive, folder, guest_root, link, program


def members(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Mode and content by name, in order, read by the format's own rules."""
    found: dict[str, tuple[int, bytes]] = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        field = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_size = field[1], field[6], field[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        body = (at + 110 + name_size + 3) // 4 * 4
        at = (body + size + 3) // 4 * 4
        if name == "TRAILER!!!":
            assert at == len(data)
            return found
        found[name] = (mode, data[body : body + size])


@pytest.mark.parametrize("size", range(5))
def test_members_of_any_size_stay_aligned(size):
    found = members(archive([program("a", b"x" * size), program("bc", b"y")]))
    assert found == {"a": (0o100755, b"x" * size), "bc": (0o100755, b"y")}


def test_the_archive_is_the_same_every_time():
    assert guest_root(b"b", b"a", b"i") == guest_root(b"b", b"a", b"i")


def test_folders_stand_before_their_content():
    found = list(members(guest_root(b"b", b"a", b"i")))
    assert found.index("bin") < found.index("bin/busybox") < found.index("bin/sh")
    assert {"init", "agent", "dev/console", "proc", "sys", "tmp"} <= set(found)


def test_links_folders_and_empty_files_keep_their_kinds():
    found = members(archive([folder("d"), link("d/link", "file"), Entry("empty", 0o100644)]))
    assert found == {"d": (0o40755, b""), "d/link": (0o120777, b"file"), "empty": (0o100644, b"")}
