# SPDX-License-Identifier: GPL-2.0-only
"""Arrays and per-CPU arrays (kernel/bpf/arraymap.c)."""

from collections.abc import Iterator
from typing import Any

from ...objects.object import Map as Definition
from ..memory import Ptr, Region, as_pointer
from .base import E2BIG, EEXIST, EINVAL, EXIST, F_LOCK, NOEXIST, BpfMap, Host, error


class Array(BpfMap):
    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._values: dict[int, Ptr] = {}  # made when first asked for

    def _index(self, key: Any) -> int:
        p = as_pointer(key, "a key")
        return p.region.load32(p.offset)

    def _pointer(self, index: int) -> Ptr:
        found = self._values.get(index)
        if found is None:
            found = self._values[index] = Ptr(self.value_region(f"[{index}]"))
        return found

    def lookup(self, key: Any) -> Any:
        if key.__class__ is Ptr:
            index = key.region.load32(key.offset)
            found = self._values.get(index)
            if found is not None:
                return found
        index = self._index(key)
        return self._pointer(index) if index < self.max_entries else 0

    def update(self, key: Any, value: Any, flags: int) -> int:
        index = self._index(key)
        if flags & ~F_LOCK > EXIST:
            return error(EINVAL)
        if index >= self.max_entries:
            return error(E2BIG)
        if flags & NOEXIST:
            return error(EEXIST)
        self.fill(self._pointer(index).region, value)
        return 0

    def delete(self, key: Any) -> int:
        return error(EINVAL)

    def entries(self) -> Iterator[tuple[bytes, Region]]:
        for index in range(self.max_entries):
            yield index.to_bytes(4, "little"), self._pointer(index).region

    def key_of(self, region: Region) -> bytes:
        for index, pointer in self._values.items():
            if pointer.region is region:
                return index.to_bytes(4, "little")
        return super().key_of(region)

    # user space

    def at(self, index: int) -> Region:
        """One value, with the pointers in it."""
        return self._pointer(index).region

    def get(self, index: int) -> bytes:
        """The bytes of one value."""
        return bytes(self.at(index).data)

    def put(self, index: int, data: bytes) -> None:
        self.fill(self._pointer(index).region, data)


class PerCpuArray(BpfMap):
    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._values: dict[tuple[int, int], Ptr] = {}

    def _pointer(self, index: int, cpu: int) -> Ptr:
        found = self._values.get((index, cpu))
        if found is None:
            found = self._values[index, cpu] = Ptr(self.value_region(f"[{index}] of CPU {cpu}"))
        return found

    def _index(self, key: Any) -> int:
        p = as_pointer(key, "a key")
        return p.region.load32(p.offset)

    def lookup(self, key: Any) -> Any:
        index = self._index(key)
        found = self._values.get((index, self.host.cpu()))
        if found is not None:
            return found
        return self._pointer(index, self.host.cpu()) if index < self.max_entries else 0

    def lookup_percpu(self, key: Any, cpu: int) -> Any:
        index = self._index(key)
        if index >= self.max_entries or cpu >= self.host.cpus():
            return 0
        return self._pointer(index, cpu)

    def update(self, key: Any, value: Any, flags: int) -> int:
        index = self._index(key)
        if flags > EXIST:
            return error(EINVAL)
        if index >= self.max_entries:
            return error(E2BIG)
        if flags == NOEXIST:
            return error(EEXIST)
        self.fill(self._pointer(index, self.host.cpu()).region, value)
        return 0

    def delete(self, key: Any) -> int:
        return error(EINVAL)

    def entries(self) -> Iterator[tuple[bytes, Region]]:
        for index in range(self.max_entries):
            yield index.to_bytes(4, "little"), self._pointer(index, self.host.cpu()).region

    # user space

    def at(self, index: int, cpu: int) -> Region:
        """One value of one CPU, with the pointers in it."""
        return self._pointer(index, cpu).region

    def get(self, index: int) -> list[bytes]:
        """The bytes of one value, CPU by CPU."""
        return [bytes(self.at(index, cpu).data) for cpu in range(self.host.cpus())]

    def put(self, index: int, data: list[bytes]) -> None:
        for cpu, value in enumerate(data):
            self.fill(self._pointer(index, cpu).region, value)
