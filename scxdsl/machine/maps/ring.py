# SPDX-License-Identifier: GPL-2.0-only
"""Rings to and from user space (kernel/bpf/ringbuf.c)."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from ...objects.object import Map as Definition
from ..errors import BadArgument
from ..memory import Ptr, Region, as_pointer
from .base import EAGAIN, EINVAL, BpfMap, Host, error

HEADER = 8
"""Bytes before each record; records are rounded up to 8."""
NO_WAKEUP = 1
"""BPF_RB_NO_WAKEUP (include/uapi/linux/bpf.h)."""


def _room(size: int) -> int:
    return -(-(size + HEADER) // 8) * 8


@dataclass
class _Record:
    region: Region
    size: int
    done: bool = False
    kept: bool = False


class RingBuffer(BpfMap):
    """`max_entries` is its size in bytes. A record takes room until user space has read it."""

    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._records: deque[_Record] = deque()
        self._consumed = 0
        self._produced = 0
        self.lost = 0
        """Records that found no room."""
        self.silent = 0
        """Records of which no reader that waits is told."""

    def reserve(self, size: int, flags: int) -> Any:
        if flags or size >> 30:
            return 0
        room = _room(size)
        if self._produced - self._consumed + room >= self.max_entries:  # __bpf_ringbuf_reserve: one byte stays free
            self.lost += 1
            return 0
        self._produced += room
        region = Region(f"a record of ring {self.name}", size)
        self._records.append(_Record(region, size))
        return Ptr(region)

    def finish(self, pointer: Any, kept: bool, flags: int = 0) -> None:
        """Submit or discard."""
        p = as_pointer(pointer, "a record")
        self.silent += flags & NO_WAKEUP
        for record in reversed(self._records):  # it is among the newest
            if record.region is p.region and not record.done and p.offset == 0:
                record.done, record.kept = True, kept
                data = bytes(record.region.data)
                record.region.free()
                record.region = Region(record.region.name, data)
                return
        raise BadArgument("bpf_ringbuf_submit", f"{pointer} is no open record")

    def owns(self, region: Region) -> bool:
        return any(r.region is region for r in reversed(self._records))

    def output(self, data: Any, size: int, flags: int) -> int:
        p = as_pointer(data, "data")
        if flags & ~3:
            return error(EINVAL)
        content = p.region.read(p.offset, size)
        record = self.reserve(size, 0)
        if record == 0:
            return error(EAGAIN)
        record.region.write(0, content)
        self.finish(record, True, flags)
        return 0

    def query(self, what: int) -> int:
        """0: unread bytes, 1: size, 2: consumer position, 3: producer position."""
        return {0: self._produced - self._consumed, 1: self.max_entries, 2: self._consumed, 3: self._produced}.get(what, 0)

    # user space

    def take(self, most: int | None = None) -> list[bytes]:
        """The records that were submitted, oldest first, at most so many; an open one stops the reader."""
        found: list[bytes] = []
        while self._records and self._records[0].done and len(found) != most:
            record = self._records.popleft()
            self._consumed += _room(record.size)
            if record.kept:
                found.append(bytes(record.region.data))
        return found


class UserRingBuffer(BpfMap):
    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._messages: deque[bytes] = deque()
        self._used = 0

    def next(self) -> bytes | None:
        """Takes the oldest message."""
        if not self._messages:
            return None
        message = self._messages.popleft()
        self._used -= _room(len(message))
        return message

    # user space

    def post(self, message: bytes) -> bool:
        """Adds a message; false when there is no room."""
        if self._used + _room(len(message)) > self.max_entries:
            return False
        self._used += _room(len(message))
        self._messages.append(bytes(message))
        return True

    def waiting(self) -> list[bytes]:
        """The messages that nobody has taken, oldest first."""
        return list(self._messages)
