# SPDX-License-Identifier: GPL-2.0-only
"""Functions that programs made of tests call (lowering/staging.py): no kernel has them."""

from collections.abc import Callable
from typing import Any

from ...kernel.ctype import Kind
from ...model import Task, staging
from ..maps import RingBuffer, UserRingBuffer
from ..memory import as_pointer
from .objects import source


def functions(calls: Any) -> dict[str, Callable[..., Any]]:
    """For a `Calls`."""
    model, objects, facts = calls.model, calls.objects, calls.kernel.facts

    def call(place: int, *given: Any) -> int:
        name = facts.op_names[place]
        proto = calls.kernel.callback(name)
        args = [
            source(value or None, Task, name) if arg.type.kind is Kind.POINTER else _number(value, arg.type.bits, arg.type.signed)
            for value, arg in zip(given, proto.args, strict=False)
        ]
        return int(staging.call(model, name, tuple(args)) or 0) & (1 << 64) - 1

    def command(name: Any, context: Any, size: int) -> int:
        region = as_pointer(name).region
        text = bytes(region.data[as_pointer(name).offset :]).split(b"\0")[0].decode()
        where = as_pointer(context) if size else None
        status, after = model.command(text, where.region.read(where.offset, size) if where else b"")
        if where:
            where.region.write(where.offset, after)
        return status & 0xFFFFFFFF

    def feed(box: Any, data: Any, size: int) -> int:
        p = as_pointer(data)
        assert isinstance(box, UserRingBuffer)
        return int(box.post(p.region.read(p.offset, size)))

    def take(ring: Any, room: Any, size: int) -> int:
        assert isinstance(ring, RingBuffer)
        found = ring.take(1)
        if found:
            p = as_pointer(room)
            p.region.write(p.offset, found[0])
        return int(bool(found))

    return {
        "scxdsl_test_spawn": lambda nice: objects.region(staging.spawn(model, _number(nice, 64, True))),
        "scxdsl_test_call": call,
        "scxdsl_test_command": command,
        "scxdsl_test_feed": feed,
        "scxdsl_test_take": take,
    }


def _number(value: int, bits: int, signed: bool) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> bits - 1 else value
