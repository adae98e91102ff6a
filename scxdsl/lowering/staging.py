# SPDX-License-Identifier: GPL-2.0-only
"""What tests do to their policy, as calls of functions that only the machine's model of the kernel has (machine/on_model/staging.py). No
object that is loaded has them."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Kfunc, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import TRUE
from .context import FunctionContext
from .dispatch import expression, value
from .layout import memory_type, register_type
from .maps import laid
from .moves import absent, get_slot, load, scalar, set_slot, store
from .programs import RESULT, context_struct
from .slots import new_slot
from .values import Lowered, Maybe, is_pointer

_POINTER = ir.Pointer(ir.VOID)
_SPAWN = Kfunc("scxdsl_test_spawn", ir.Proto(ir.Pointer(ir.TASK), (ir.I64,)))
_COMMAND = Kfunc("scxdsl_test_command", ir.Proto(ir.I32, (ir.Pointer(ir.CHAR), _POINTER, ir.U32)))
_FEED = Kfunc("scxdsl_test_feed", ir.Proto(ir.BOOL, (_POINTER, _POINTER, ir.U32)))
_TAKE = Kfunc("scxdsl_test_take", ir.Proto(ir.BOOL, (_POINTER, _POINTER, ir.U32)))


def _asked(f: FunctionContext, kfunc: Kfunc, *arguments: Operand) -> Value:
    out = f.build.kfunc(kfunc, *arguments)
    assert out is not None
    return out


@expression.register
def _(node: typed.TestSpawn, f: FunctionContext) -> Lowered:
    return _asked(f, _SPAWN, scalar(value(node.nice, f)))


@expression.register
def _(node: typed.TestCallback, f: FunctionContext) -> Lowered:
    """Each callback has a form of its own, with its parameters; before them stands the callback's place among the kernel's."""
    place = f.module.target.facts.op_names.index(node.callback.op)
    given = [scalar(value(a, f)) for a in node.arguments]
    types = [register_type(p.type.of if isinstance(p.type, lang.Optional) else p.type) for p in node.callback.params]
    kfunc = Kfunc(f"scxdsl_test_call___{node.callback.name}", ir.Proto(ir.I64, (ir.U32, *types)))
    out = _asked(f, kfunc, Const(ir.U32, place), *(f.build.convert(g, t) for g, t in zip(given, types, strict=True)))
    return None if isinstance(node.type, lang.Nothing) else f.build.convert(out, register_type(node.type))


@expression.register
def _(node: typed.TestCommand, f: FunctionContext) -> Lowered:
    command = node.command
    struct = context_struct(command)
    address: Operand = Const(_POINTER, 0)
    if struct.fields:
        address = f.build.local_address(Local(f.name(command.name), struct))
        f.build.clear(address, struct)
        for p, argument in zip(command.params, node.arguments, strict=True):
            store(f, f.build.member(address, struct, p.name), value(argument, f), p.type)
    name = f.build.global_address(f.module.text(command.name, node.span), ir.CHAR)
    status = _asked(f, _COMMAND, name, address, Const(ir.U32, struct.size))
    done = f.build.compare(CompareOp.EQ, status, Const(status.type, 0))
    if isinstance(command.result, lang.Nothing):
        return done
    return _where(f, node.type, done, lambda: load(f, f.build.member(address, struct, RESULT), command.result))


def _where(f: FunctionContext, t: lang.Type, there: Operand, content) -> Lowered:
    """An optional that is there where a test holds."""
    assert isinstance(t, lang.Optional) and not is_pointer(t.of)
    slot = new_slot(f, t, "found")
    with f.build.when(there) as branch:
        set_slot(f, slot, Maybe(TRUE, content()))
    with f.build.otherwise(branch):
        set_slot(f, slot, absent(f, t.of))
    return get_slot(f, slot)


@expression.register
def _(node: typed.InboxFeed, f: FunctionContext) -> Lowered:
    element = node.inbox.element
    data = laid(f, element, value(node.value, f), "message")
    return _asked(f, _FEED, f.build.global_address(node.inbox.name), data, Const(ir.U32, memory_type(element).size))


@expression.register
def _(node: typed.RingTake, f: FunctionContext) -> Lowered:
    element = node.ring.element
    type = memory_type(element)
    room = f.build.local_address(Local(f.name(node.ring.name), type))
    f.build.clear(room, type)
    there = _asked(f, _TAKE, f.build.global_address(node.ring.name), room, Const(ir.U32, type.size))
    return _where(f, node.type, there, lambda: load(f, room, element))

