# SPDX-License-Identifier: GPL-2.0-only
"""Helpers that call back into the program."""

from typing import Any

from ..maps.base import E2BIG, EINVAL, error
from ..memory import Ptr, Region
from .maps import as_map
from .registry import helper

MAX_LOOPS = 8 * 1024 * 1024
"""BPF_MAX_LOOPS of include/linux/bpf.h."""


@helper("loop")
def loop(m: Any, turns: int, callback: Any, context: Any, flags: int) -> int:
    """Calls back with the index until a call gives 1; returns the number of calls."""
    turns &= 0xFFFFFFFF
    if flags:
        return error(EINVAL)
    if turns > MAX_LOOPS:
        return error(E2BIG)
    for i in range(turns):
        if m.call_back(callback, i, context):
            return i + 1
    return turns


@helper("for_each_map_elem")
def for_each(m: Any, target: Any, callback: Any, context: Any, flags: int) -> int:
    if flags:
        return error(EINVAL)
    found = as_map(target)
    count = 0
    for key, value in found.entries():
        count += 1
        holder = Region(f"a key of map {found.name}", key, True)
        if m.call_back(callback, found, Ptr(holder), Ptr(value), context):
            break
    return count
