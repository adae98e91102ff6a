# SPDX-License-Identifier: GPL-2.0-only
"""Dynptrs: memory whose size is known at run time (kernel/bpf/helpers.c: bpf_dynptr_read and its kin)."""

from dataclasses import dataclass
from typing import Any

from ..errors import NotAPointer
from ..maps.base import E2BIG, EINVAL, error
from ..memory import Ptr, Region, as_pointer
from .registry import helper


@dataclass
class Dynptr:
    """Lies as an opaque value where the program keeps its struct bpf_dynptr."""

    region: Region
    start: int
    size: int
    record: Any = 0


def as_dynptr(value: Any) -> Dynptr:
    p = as_pointer(value, "a dynptr")
    found = p.region.pointers.get(p.offset)
    if not isinstance(found, Dynptr):
        raise NotAPointer(value, "a dynptr")
    return found


@helper("dynptr_from_mem")
def from_mem(data: Any, size: int, flags: int, target: Any) -> int:
    source, p = as_pointer(data), as_pointer(target)
    p.region.check(p.offset, 16, True)
    size &= 0xFFFFFFFF
    source.region.check(source.offset, size)
    p.region.pointers[p.offset] = Dynptr(source.region, source.offset, size)
    return error(EINVAL) if flags else 0


@helper("dynptr_read")
def read(target: Any, size: int, source: Any, offset: int, flags: int) -> int:
    d = as_dynptr(source)
    size, offset = size & 0xFFFFFFFF, offset & 0xFFFFFFFF
    if flags:
        return error(EINVAL)
    if offset + size > d.size:
        return error(E2BIG)
    p = as_pointer(target)
    p.region.write(p.offset, d.region.read(d.start + offset, size))
    return 0


@helper("dynptr_write")
def write(target: Any, offset: int, source: Any, size: int, flags: int) -> int:
    d = as_dynptr(target)
    size, offset = size & 0xFFFFFFFF, offset & 0xFFFFFFFF
    if flags or d.region.readonly:
        return error(EINVAL)
    if offset + size > d.size:
        return error(E2BIG)
    p = as_pointer(source)
    d.region.write(d.start + offset, p.region.read(p.offset, size))
    return 0


@helper("dynptr_data")
def data(source: Any, offset: int, size: int) -> Any:
    d = as_dynptr(source)
    size, offset = size & 0xFFFFFFFF, offset & 0xFFFFFFFF
    if d.region.readonly or offset + size > d.size:
        return 0
    return Ptr(d.region, d.start + offset)
