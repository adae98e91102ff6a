# SPDX-License-Identifier: GPL-2.0-only
"""Queues and stacks (kernel/bpf/queue_stack_maps.c)."""

from collections import deque
from typing import Any

from ...objects.object import Map as Definition
from ..memory import as_pointer
from .base import E2BIG, EINVAL, ENOENT, EXIST, BpfMap, Host, error


class Queue(BpfMap):
    newest_first = False

    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._values: deque[bytes] = deque()

    def push(self, value: Any, flags: int) -> int:
        """A full one forgets its oldest value if the flags have BPF_EXIST."""
        if flags & ~EXIST:
            return error(EINVAL)
        p = as_pointer(value, "a value")
        data = p.region.read(p.offset, self.value_size)
        if len(self._values) >= self.max_entries:
            if not flags & EXIST:
                return error(E2BIG)
            self._values.popleft()
        self._values.append(data)
        return 0

    def pop(self, value: Any) -> int:
        return self._take(value, True)

    def peek(self, value: Any) -> int:
        return self._take(value, False)

    def _take(self, value: Any, remove: bool) -> int:
        p = as_pointer(value, "a place for the value")
        if not self._values:  # the kernel clears the place
            p.region.write(p.offset, bytes(self.value_size))
            return error(ENOENT)
        p.region.write(p.offset, self._values[-1 if self.newest_first else 0])
        if remove:
            self._values.pop() if self.newest_first else self._values.popleft()
        return 0

    def __len__(self) -> int:
        return len(self._values)

    # user space

    def items(self) -> list[bytes]:
        """The values, oldest first."""
        return list(self._values)


class Stack(Queue):
    newest_first = True
