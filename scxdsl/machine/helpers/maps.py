# SPDX-License-Identifier: GPL-2.0-only
"""Lookups and updates of maps."""

from typing import Any

from ..errors import NotAPointer
from ..maps import BpfMap
from .registry import helper


def as_map(value: Any) -> BpfMap:
    if not isinstance(value, BpfMap):
        raise NotAPointer(value, "a map")
    return value


@helper("map_lookup_elem")
def lookup(target: Any, key: Any) -> Any:
    return as_map(target).lookup(key)


@helper("map_update_elem")
def update(target: Any, key: Any, value: Any, flags: int) -> int:
    return as_map(target).update(key, value, flags)


@helper("map_delete_elem")
def delete(target: Any, key: Any) -> int:
    return as_map(target).delete(key)


@helper("map_push_elem")
def push(target: Any, value: Any, flags: int) -> int:
    return as_map(target).push(value, flags)


@helper("map_pop_elem")
def pop(target: Any, value: Any) -> int:
    return as_map(target).pop(value)


@helper("map_peek_elem")
def peek(target: Any, value: Any) -> int:
    return as_map(target).peek(value)


@helper("map_lookup_percpu_elem")
def lookup_percpu(target: Any, key: Any, cpu: int) -> Any:
    return as_map(target).lookup_percpu(key, cpu & 0xFFFFFFFF)
