# SPDX-License-Identifier: GPL-2.0-only
"""Storage of tasks and cgroups."""

from typing import Any

from ..errors import NotAPointer
from ..maps import Storage
from .registry import helper


def _storage(value: Any) -> Storage:
    if not isinstance(value, Storage):
        raise NotAPointer(value, "a storage map")
    return value


@helper("task_storage_get")
def task_get(target: Any, owner: Any, initial: Any, flags: int) -> Any:
    return _storage(target).get_or_make(owner, initial, flags)


@helper("task_storage_delete")
def task_delete(target: Any, owner: Any) -> int:
    return _storage(target).remove(owner)


@helper("cgrp_storage_get")
def cgroup_get(target: Any, owner: Any, initial: Any, flags: int) -> Any:
    return _storage(target).get_or_make(owner, initial, flags)


@helper("cgrp_storage_delete")
def cgroup_delete(target: Any, owner: Any) -> int:
    return _storage(target).remove(owner)
