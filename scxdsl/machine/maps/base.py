# SPDX-License-Identifier: GPL-2.0-only
"""What all maps have: a definition, values as regions of their own, errors as negative numbers.

Programs get `Ptr` and 64-bit numbers; user space (tests, hosts) gets bytes through the methods under "user space".
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ...objects.object import Map as Definition
from ..errors import BadArgument
from ..memory import M64, Ptr, Region, as_pointer, copy

ANY, NOEXIST, EXIST, F_LOCK = 0, 1, 2, 4
"""Flags of an update (include/uapi/linux/bpf.h)."""

EPERM, ENOENT, E2BIG, EAGAIN, ENOMEM, EBUSY, EEXIST, EINVAL, ENOSPC, EDEADLK, EOPNOTSUPP = (
    1, 2, 7, 11, 12, 16, 17, 22, 28, 35, 95,
)  # fmt: skip


def error(number: int) -> int:
    """A negative error as r0 holds it."""
    return M64 + 1 - number


class Host(Protocol):
    """What a map needs of the machine."""

    def cpu(self) -> int: ...

    def cpus(self) -> int: ...

    def has_memory(self, owner: Region) -> bool:
        """Whether there is room for a value of that task or cgroup."""
        ...

    def dropped(self, region: Region) -> None:
        """A value is gone: its timers and owned pointers go too."""
        ...


class BpfMap:
    """Base of all maps. What a map does not have gives -EOPNOTSUPP, or null for a lookup."""

    def __init__(self, definition: Definition, host: Host) -> None:
        self.definition = definition
        self.name = definition.name
        self.key_size = definition.key_size
        self.value_size = definition.value_size
        self.max_entries = definition.max_entries
        self.flags = definition.flags
        self.host = host

    def __repr__(self) -> str:
        return f"the map {self.name}"

    # programs

    def lookup(self, key: Any) -> Any:
        return 0

    def update(self, key: Any, value: Any, flags: int) -> int:
        return error(EOPNOTSUPP)

    def delete(self, key: Any) -> int:
        return error(EOPNOTSUPP)

    def push(self, value: Any, flags: int) -> int:
        return error(EOPNOTSUPP)

    def pop(self, value: Any) -> int:
        return error(EOPNOTSUPP)

    def peek(self, value: Any) -> int:
        return error(EOPNOTSUPP)

    def lookup_percpu(self, key: Any, cpu: int) -> Any:
        return 0

    def entries(self) -> Iterator[tuple[bytes, Region]]:
        """Keys and values that bpf_for_each_map_elem walks (of this CPU, where values are per CPU)."""
        raise BadArgument("bpf_for_each_map_elem", f"{self!r} cannot be walked")

    def key_of(self, region: Region) -> bytes:
        """The key under which a value lies: for the callback of a timer in it."""
        for key, found in self.entries():
            if found is region:
                return key
        raise BadArgument(self.name, "the value is in no entry")

    # helpers of the kinds

    def key_bytes(self, key: Any) -> bytes:
        p = as_pointer(key, "a key")
        return p.region.read(p.offset, self.key_size)

    def fill(self, region: Region, value: Any) -> None:
        """Copies a program's value into an entry."""
        if isinstance(value, bytes | bytearray):
            region.write(0, bytes(value).ljust(self.value_size, b"\0"))
            return
        p = as_pointer(value, "a value")
        special = {at: kept for at, kept in region.pointers.items() if not isinstance(kept, Ptr)}
        copy(p.region, p.offset, region, 0, self.value_size)
        region.pointers.update(special)  # locks and timers are not copied over

    def value_region(self, of: str) -> Region:
        return Region(f"a value of map {self.name}{of}", self.value_size)


Callback = Callable[..., Any]
