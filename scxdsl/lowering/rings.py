# SPDX-License-Identifier: GPL-2.0-only
"""Rings: BPF ring buffers; an element is copied in at once, or lost."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const
from scxdsl.typing import typed

from .builder import number
from .context import FunctionContext
from .dispatch import expression, value
from .layout import memory_type
from .maps import laid
from .param_shapes import shape, tag
from .values import Lowered

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
def _(node: typed.RingPending, f: FunctionContext) -> Lowered:
    return f.build.helper("ringbuf_query", ir.U64, f.build.global_address(node.ring.name), number(_AVAILABLE))
