# SPDX-License-Identifier: GPL-2.0-only
"""The guest's root: a cpio archive in "newc" form, as Documentation/driver-api/early-userspace/buffer-format.rst has it.

Made in memory, always with the same bytes for the same content: times and inode numbers are ours.
"""

import stat
from dataclasses import dataclass

# The applets that init.sh calls, and a shell for whoever debugs a guest by hand.
APPLETS = ("sh", "mount")
FOLDERS = ("bin", "dev", "proc", "sys", "tmp")


@dataclass(frozen=True)
class Entry:
    """One file of the archive; `data` is a link's target for a symbolic link, nothing for a folder or a device."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def folder(name: str) -> Entry:
    return Entry(name, stat.S_IFDIR | 0o755)


def program(name: str, data: bytes) -> Entry:
    return Entry(name, stat.S_IFREG | 0o755, data)


def link(name: str, target: str) -> Entry:
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def character_device(name: str, major: int, minor: int) -> Entry:
    return Entry(name, stat.S_IFCHR | 0o600, b"", (major, minor))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _record(entry: Entry, inode: int) -> bytes:
    name = entry.name.encode() + b"\0"
    fields = (
        inode, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, *entry.device, len(name), 0,
    )  # fmt: skip
    header = b"070701" + b"".join(b"%08X" % f for f in fields)
    return _padded(header + name) + _padded(entry.data)


def archive(entries: list[Entry]) -> bytes:
    """The archive of these entries in their order; a folder must stand before what lies in it."""
    records = [_record(entry, inode) for inode, entry in enumerate(entries, 1)]
    return b"".join(records) + _record(Entry("TRAILER!!!", 0), 0)


def guest_root(busybox: bytes, agent: bytes, init: bytes) -> bytes:
    """The root of a guest: static busybox, our agent, /init."""
    return archive(
        [
            *(folder(name) for name in FOLDERS),
            character_device("dev/console", 5, 1),
            program("bin/busybox", busybox),
            *(link(f"bin/{applet}", "busybox") for applet in APPLETS),
            program("agent", agent),
            program("init", init),
        ]
    )
