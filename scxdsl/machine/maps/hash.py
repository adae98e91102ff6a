# SPDX-License-Identifier: GPL-2.0-only
"""Hash maps, per-CPU ones, and those that forget the least recently used entry (kernel/bpf/hashtab.c).

The walk goes in order of insertion, where the kernel's goes by hash. The LRU forgets exactly the entry that was not touched for the longest time; the
kernel's order is by batches and approximate (kernel/bpf/bpf_lru_list.c).
"""

from collections.abc import Iterator
from typing import Any

from ...objects.object import Map as Definition
from ..memory import Ptr, Region
from .base import E2BIG, EEXIST, EINVAL, ENOENT, EXIST, F_LOCK, NOEXIST, BpfMap, Host, error


class Hash(BpfMap):
    """An update of an entry that is there gives it a new place: pointers to the old value are stale, as the kernel frees it."""

    forgets = False

    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._entries: dict[bytes, Ptr] = {}

    def lookup(self, key: Any) -> Any:
        raw = self.key_bytes(key)
        found = self._entries.get(raw)
        if found is None:
            return 0
        if self.forgets:
            self._entries[raw] = self._entries.pop(raw)
        return found

    def update(self, key: Any, value: Any, flags: int) -> int:
        raw = self.key_bytes(key)
        if flags & ~F_LOCK > EXIST:
            return error(EINVAL)
        old = self._entries.get(raw)
        if old is not None and flags & NOEXIST:
            return error(EEXIST)
        if old is None:
            if flags & EXIST:
                return error(ENOENT)
            if len(self._entries) >= self.max_entries:
                if not self.forgets:
                    return error(E2BIG)
                self._drop(next(iter(self._entries)))
        elif flags & F_LOCK:
            self.fill(old.region, value)
            return 0
        region = self.value_region("")
        self.fill(region, value)
        if old is not None:
            self._drop(raw)
        self._entries[raw] = Ptr(region)
        return 0

    def delete(self, key: Any) -> int:
        raw = self.key_bytes(key)
        if raw not in self._entries:
            return error(ENOENT)
        self._drop(raw)
        return 0

    def _drop(self, raw: bytes) -> None:
        region = self._entries.pop(raw).region
        self.host.dropped(region)
        region.free()

    def entries(self) -> Iterator[tuple[bytes, Region]]:
        for raw, pointer in list(self._entries.items()):
            if raw in self._entries:
                yield raw, pointer.region

    def __len__(self) -> int:
        return len(self._entries)

    # user space

    def get(self, key: bytes) -> bytes | None:
        found = self._entries.get(key)
        return bytes(found.region.data) if found else None

    def put(self, key: bytes, data: bytes) -> None:
        """Raises KeyError when the map is full."""
        self._put(key, data)

    def _put(self, key: bytes, data: bytes) -> None:
        if key in self._entries:
            self._drop(key)
        elif len(self._entries) >= self.max_entries:
            if not self.forgets:
                raise KeyError(f"map {self.name} is full")
            self._drop(next(iter(self._entries)))
        region = self.value_region("")
        self.fill(region, data)
        self._entries[key] = Ptr(region)

    def remove(self, key: bytes) -> bool:
        if key not in self._entries:
            return False
        self._drop(key)
        return True

    def items(self) -> list[tuple[bytes, bytes]]:
        return [(key, bytes(p.region.data)) for key, p in self._entries.items()]


class LruHash(Hash):
    forgets = True


class PerCpuHash(BpfMap):
    forgets = False

    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._entries: dict[bytes, list[Ptr]] = {}

    def lookup(self, key: Any) -> Any:
        return self.lookup_percpu(key, self.host.cpu())

    def lookup_percpu(self, key: Any, cpu: int) -> Any:
        raw = self.key_bytes(key)
        found = self._entries.get(raw)
        if found is None or cpu >= len(found):
            return 0
        if self.forgets:
            self._entries[raw] = self._entries.pop(raw)
        return found[cpu]

    def update(self, key: Any, value: Any, flags: int) -> int:
        raw = self.key_bytes(key)
        if flags > EXIST:
            return error(EINVAL)
        found = self._entries.get(raw)
        if found is not None and flags == NOEXIST:
            return error(EEXIST)
        if found is None:
            if flags == EXIST:
                return error(ENOENT)
            if len(self._entries) >= self.max_entries:
                if not self.forgets:
                    return error(E2BIG)
                self._drop(next(iter(self._entries)))
            found = self._entries[raw] = [Ptr(self.value_region(f" of CPU {c}")) for c in range(self.host.cpus())]
        self.fill(found[self.host.cpu()].region, value)
        return 0

    def delete(self, key: Any) -> int:
        raw = self.key_bytes(key)
        if raw not in self._entries:
            return error(ENOENT)
        self._drop(raw)
        return 0

    def _drop(self, raw: bytes) -> None:
        for pointer in self._entries.pop(raw):
            self.host.dropped(pointer.region)
            pointer.region.free()

    def entries(self) -> Iterator[tuple[bytes, Region]]:
        for raw, pointers in list(self._entries.items()):
            if raw in self._entries:
                yield raw, pointers[self.host.cpu()].region

    # user space

    def get(self, key: bytes) -> list[bytes] | None:
        found = self._entries.get(key)
        return [bytes(p.region.data) for p in found] if found else None


class LruPerCpuHash(PerCpuHash):
    forgets = True
