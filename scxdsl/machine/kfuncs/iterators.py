# SPDX-License-Identifier: GPL-2.0-only
"""The iterator over numbers (kernel/bpf/bpf_iter.c: bpf_iter_num_new and its kin)."""

from typing import Any

from ..errors import BadArgument
from ..memory import Ptr, Region
from .registry import kfunc

_E2BIG, _EINVAL = -7, -22
MAX_LOOPS = 8 * 1024 * 1024


class _Numbers:
    __slots__ = ("next", "end", "place")

    def __init__(self, start: int, end: int) -> None:
        self.next, self.end = start, end
        self.place = Ptr(Region("the number of an iterator", 4, True))


@kfunc
def bpf_iter_num_new(m: Any, it: Ptr, start: int, end: int) -> int:
    """-EINVAL if start is past end, -E2BIG if there are too many; the iterator is then empty, but must be destroyed."""
    problem = _EINVAL if start > end else _E2BIG if end - start > MAX_LOOPS else 0
    it.region.check(it.offset, 8, True)
    it.region.store_pointer(it.offset, _Numbers(0, 0) if problem else _Numbers(start, end))
    m.acquire(it)
    return problem


def _numbers(it: Any) -> _Numbers:
    found = it.region.pointers.get(it.offset)
    if not isinstance(found, _Numbers):
        raise BadArgument("bpf_iter_num", "the iterator was not made")
    return found


@kfunc
def bpf_iter_num_next(m: Any, it: Ptr) -> Ptr | None:
    numbers = _numbers(it)
    if numbers.next >= numbers.end:
        return None
    numbers.place.region.data[:] = (numbers.next & 0xFFFFFFFF).to_bytes(4, "little")
    numbers.next += 1
    return numbers.place


@kfunc
def bpf_iter_num_destroy(m: Any, it: Ptr) -> None:
    numbers = _numbers(it)
    m.release(it, "bpf_iter_num_destroy")
    numbers.place.region.free()
    del it.region.pointers[it.offset]
