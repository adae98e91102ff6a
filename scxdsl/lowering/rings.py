# SPDX-License-Identifier: GPL-2.0-only
"""Rings: BPF ring buffers. An element is copied in at once, or lost; or a place is reserved, filled and sent at the end of its block."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const
from scxdsl.typing import typed

from .builder import number
from .context import FunctionContext
from .dispatch import expression, statement, value
from .kfuncs import owned
from .layout import memory_type
from .maps import laid
from .param_shapes import shape, tag
from .values import Lowered, Maybe, Memory

RING_TAG = "scxdsl.ring:"
_AVAILABLE = 0  # include/uapi/linux/bpf.h: BPF_RB_AVAIL_DATA


def declared(ring: typed.Ring) -> irm.Map:
    tags = (tag(RING_TAG, {"type": shape(ring.element)}),)
    return irm.Map(name=ring.name, kind="ringbuf", key=None, value=None, max_entries=ring.size, span=ring.span, tags=tags)


@expression.register
def _(node: typed.RingSend, f: FunctionContext) -> Lowered:
    data = laid(f, node.ring.element, value(node.value, f), "event")
    size = number(memory_type(node.ring.element).size)
    sent = f.build.helper("ringbuf_output", ir.I64, f.build.global_address(node.ring.name), data, size, number(0))
    assert sent is not None
    return f.build.compare(CompareOp.EQ, sent, Const(sent.type, 0))


@expression.register
def _(node: typed.RingReserve, f: FunctionContext) -> Lowered:
    """Where the place lies, whatever its type is; control.py gives it its name. The kernel does not clear it."""
    type = memory_type(node.ring.element)
    where = f.build.global_address(node.ring.name)
    found = f.build.helper("ringbuf_reserve", ir.Pointer(type), where, number(type.size), number(0))
    assert found is not None
    owned(f, node.ring.name, found, lambda place: f.build.helper("ringbuf_submit", ir.VOID, place, number(0)))
    f.reserved += 1
    there = f.build.compare(CompareOp.NE, found, Const(found.type, 0))
    with f.build.when(there) as branch:
        f.build.clear(found, type)
    if node.lost is not None:
        with f.build.otherwise(branch):
            statement(node.lost, f)
    return Maybe(there, Memory(found, type))


@expression.register
def _(node: typed.RingPending, f: FunctionContext) -> Lowered:
    return f.build.helper("ringbuf_query", ir.U64, f.build.global_address(node.ring.name), number(_AVAILABLE))
