# SPDX-License-Identifier: GPL-2.0-only
"""Storage of tasks and cgroups: one value an owner (kernel/bpf/bpf_task_storage.c, bpf_cgrp_storage.c)."""

from typing import Any

from ...objects.object import Map as Definition
from ..memory import Ptr, Region, as_pointer
from .base import ENOENT, BpfMap, Host, error

CREATE = 1
"""BPF_LOCAL_STORAGE_GET_F_CREATE."""


class Storage(BpfMap):
    """The owner is the region of the task or cgroup; the model says with `forget` that one is gone."""

    def __init__(self, definition: Definition, host: Host) -> None:
        super().__init__(definition, host)
        self._values: dict[int, tuple[Region, Ptr]] = {}

    def get_or_make(self, owner: Any, initial: Any, flags: int) -> Any:
        """The value of an owner; with CREATE a missing one is made, from `initial` if that is not null."""
        if owner == 0 or flags & ~CREATE:
            return 0
        region = as_pointer(owner, "a task or cgroup").region
        found = self._values.get(id(region))
        if found is not None:
            return found[1]
        if not flags & CREATE or region.gone or not self.host.has_memory(region):
            return 0
        value = self.value_region(f" of {region.name}")
        if initial != 0:
            self.fill(value, initial)
        pointer = Ptr(value)
        self._values[id(region)] = (region, pointer)  # the region is kept, so that its id stays its own
        return pointer

    def remove(self, owner: Any) -> int:
        region = as_pointer(owner, "a task or cgroup").region
        return 0 if self.forget(region) else error(ENOENT)

    def forget(self, owner: Region) -> bool:
        """The owner is gone, and its value with it. Returns whether there was one."""
        found = self._values.pop(id(owner), None)
        if found is None:
            return False
        self.host.dropped(found[1].region)
        found[1].region.free()
        return True

    # user space

    def at(self, owner: Region) -> Region | None:
        """The value of an owner, with the pointers in it."""
        found = self._values.get(id(owner))
        return found[1].region if found else None

    def get(self, owner: Region) -> bytes | None:
        found = self.at(owner)
        return bytes(found.data) if found else None
