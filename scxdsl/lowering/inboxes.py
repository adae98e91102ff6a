# SPDX-License-Identifier: GPL-2.0-only
"""Inboxes: user ring buffers. The kernel's helper hands one message after the other to a callback; ours copies the first into the
caller's frame and stops, so that the body of the loop stands in the program itself: it may do all that the program may, and leave."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Local, Value
from scxdsl.typing import typed

from .builder import Builder, number
from .context import FunctionContext
from .control import counted
from .dispatch import statement, value
from .from_user import examine
from .layout import memory_type
from .moves import load, set_slot
from .param_shapes import shape, tag
from .slots import new_slot

INBOX_TAG = "scxdsl.inbox:"
_NO_WAKEUP = 1  # include/uapi/linux/bpf.h: BPF_RB_NO_WAKEUP


def declared(inbox: typed.Inbox) -> irm.Map:
    tags = (tag(INBOX_TAG, {"type": shape(inbox.element)}),)
    return irm.Map(name=inbox.name, kind="user_ringbuf", key=None, value=None, max_entries=inbox.size, span=inbox.span, tags=tags)


def _room(inbox: typed.Inbox) -> ir.Struct:
    """Where a message is copied to, with the word whether it was whole."""
    return ir.Struct(f"{inbox.name}_taken", (ir.Field("whole", ir.U64), ir.Field("message", memory_type(inbox.element))))


def taker_name(inbox: typed.Inbox) -> str:
    return f"{inbox.name}_take"


def taker(inbox: typed.Inbox) -> irm.Function:
    """The callback: copies one message, and ends the walk."""
    build = Builder(inbox.span)
    room, element = _room(inbox), memory_type(inbox.element)
    params = [Value(ir.Pointer(ir.VOID), "dynptr"), Value(ir.Pointer(room), "room")]
    target = build.member(params[1], room, "message")
    read = build.helper("dynptr_read", ir.I64, target, Const(ir.U32, element.size), params[0], Const(ir.U32, 0), number(0))
    assert read is not None
    whole = build.compare(CompareOp.EQ, read, Const(read.type, 0))
    build.store(build.member(params[1], room, "whole"), build.convert(whole, ir.U64))
    build.ret(Const(ir.I64, 1))
    return irm.Function(
        name=taker_name(inbox), params=params, result=ir.I64, body=build.body, linkage=irm.Linkage.NOINLINE, span=inbox.span,
        title=f"inbox {inbox.name}",
    )  # fmt: skip


@statement.register
def _(node: typed.ForInbox, f: FunctionContext) -> None:
    inbox = node.inbox
    room = _room(inbox)
    address = f.build.local_address(Local(f.name(inbox.name), room))

    def turn(index: object) -> None:
        level = f.loops[-1]
        where, take = f.build.global_address(inbox.name), f.build.function_address(taker_name(inbox))
        whole_at = f.build.member(address, room, "whole")
        f.build.store(whole_at, number(0))  # to the verifier the callback may not have run: what was here before would be tested, and be precise from then on
        taken = f.build.helper("user_ringbuf_drain", ir.I64, where, take, address, number(_NO_WAKEUP))
        assert taken is not None
        with f.build.when(f.build.compare(CompareOp.SLE, taken, Const(taken.type, 0))):
            if node.otherwise is not None:
                value(node.otherwise, f)
            f.leave(level)
        whole = f.build.load(whole_at, ir.U64)
        with f.build.when(f.build.compare(CompareOp.EQ, whole, number(0))):
            f.again(level)
        message = f.build.member(address, room, "message")
        examine(f, message, inbox.element, lambda: f.again(level))
        if node.variable is not None:
            slot = f.slots[node.variable] = new_slot(f, inbox.element, node.variable.name)
            set_slot(f, slot, load(f, message, inbox.element))
        value(node.body, f)

    counted(f, number(inbox.most), turn, node.otherwise)
