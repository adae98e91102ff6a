# SPDX-License-Identifier: GPL-2.0-only
"""Rings to and from user space."""

from typing import Any

from ..errors import NotAPointer
from ..maps import RingBuffer, UserRingBuffer
from ..memory import Ptr, Region, as_pointer
from .dynamic import Dynptr
from .registry import helper


def _ring(value: Any) -> RingBuffer:
    if not isinstance(value, RingBuffer):
        raise NotAPointer(value, "a ring buffer")
    return value


@helper("ringbuf_output")
def output(ring: Any, data: Any, size: int, flags: int) -> int:
    return _ring(ring).output(data, size, flags)


@helper("ringbuf_reserve")
def reserve(m: Any, ring: Any, size: int, flags: int) -> Any:
    record = _ring(ring).reserve(size, flags)
    if record != 0:
        m.acquire(record)
    return record


@helper("ringbuf_submit", returns=False)
def submit(m: Any, record: Any, flags: int) -> None:
    _finish(m, record, True, flags, "bpf_ringbuf_submit")


@helper("ringbuf_discard", returns=False)
def discard(m: Any, record: Any, flags: int) -> None:
    _finish(m, record, False, flags, "bpf_ringbuf_discard")


def _finish(m: Any, record: Any, kept: bool, flags: int, call: str) -> None:
    p = as_pointer(record, "a record")
    m.release(p, call)
    for ring in m.maps.values():
        if isinstance(ring, RingBuffer) and ring.owns(p.region):
            ring.finish(p, kept, flags)
            return
    raise NotAPointer(record, "a record of a ring")


@helper("ringbuf_query")
def query(ring: Any, what: int) -> int:
    return _ring(ring).query(what)


@helper("user_ringbuf_drain")
def drain(m: Any, ring: Any, callback: Any, context: Any, flags: int) -> int:
    """Calls back for each message until one call gives 1; returns how many there were."""
    if not isinstance(ring, UserRingBuffer):
        raise NotAPointer(ring, "a user ring buffer")
    count = 0
    while (message := ring.next()) is not None:
        count += 1
        holder = Region("a message's dynptr", 16)
        holder.pointers[0] = Dynptr(Region(f"a message of ring {ring.name}", message, True), 0, len(message))
        if m.call_back(callback, Ptr(holder), context):
            break
    return count


@helper("ringbuf_reserve_dynptr")
def reserve_dynptr(m: Any, ring: Any, size: int, flags: int, target: Any) -> int:
    p = as_pointer(target)
    record = _ring(ring).reserve(size & 0xFFFFFFFF, flags)
    region = record.region if record != 0 else Region("no record", 0)
    p.region.check(p.offset, 16, True)
    p.region.pointers[p.offset] = Dynptr(region, 0, region.size, record=record)
    m.acquire(Ptr(p.region, p.offset))
    return 0 if record != 0 else (1 << 64) - 22


@helper("ringbuf_submit_dynptr", returns=False)
def submit_dynptr(m: Any, target: Any, flags: int) -> None:
    _finish_dynptr(m, target, True, flags)


@helper("ringbuf_discard_dynptr", returns=False)
def discard_dynptr(m: Any, target: Any, flags: int) -> None:
    _finish_dynptr(m, target, False, flags)


def _finish_dynptr(m: Any, target: Any, kept: bool, flags: int) -> None:
    p = as_pointer(target)
    m.release(p, "bpf_ringbuf_submit_dynptr")
    found = p.region.pointers.pop(p.offset, None)
    if isinstance(found, Dynptr) and found.record != 0:
        for ring in m.maps.values():
            if isinstance(ring, RingBuffer) and ring.owns(found.region):
                ring.finish(found.record, kept, flags)
