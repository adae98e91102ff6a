# SPDX-License-Identifier: GPL-2.0-only
"""`match`, and values of enums: a tag, and behind it the payloads of all variants, one after another."""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import Const
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .context import FunctionContext
from .data import room
from .dispatch import expression, statement, value
from .layout import TAG, payload_name
from .moves import get_slot, keep_value, store
from .patterns import test_value
from .slots import new_slot
from .values import Lowered


@expression.register
def _(node: typed.VariantValue, f: FunctionContext) -> Lowered:
    variant = node.type.variant(node.variant)
    assert variant is not None
    parts = [value(part, f) for part in node.payload]
    out = room(f, node.type, node.type.name)
    assert isinstance(out.type, ir.Struct)
    f.build.clear(out.address, out.type)
    f.build.store(f.build.member(out.address, out.type, TAG), Const(ir.U32, node.type.variants.index(variant)))
    for field, part in zip(variant.fields, parts, strict=True):
        store(f, f.build.member(out.address, out.type, payload_name(variant, field)), part, field.type)
    return out


@expression.register
def _(node: typed.Match, f: FunctionContext) -> Lowered:
    """A loop that runs once, in it one more for each arm: a test that fails leaves its own. A match that has a value takes all cases, so its last arm
    is not tested: on a way past it the value would be undefined. LLVM may copy it there from a register that nothing was put into, or in a loop keep
    what the turn before had left; the verifier says `!read_ok`."""
    keeps = not isinstance(node.type, lang.Nothing | lang.Never)
    slot = new_slot(f, node.type, "match") if keeps else None
    subject = value(node.subject, f)
    with f.build.loop() as done:
        for arm in node.arms[:-1] if keeps else node.arms:
            with f.build.loop() as failed, f.build.at(arm.span):
                test_value(f, arm.test, subject, node.subject.type, failed)
                keep_value(f, slot, value(arm.body, f))
                f.leave(done)
        if keeps:
            with f.build.at(node.arms[-1].span):
                test_value(f, node.arms[-1].test, subject, node.subject.type, None)
                keep_value(f, slot, value(node.arms[-1].body, f))
        f.leave(done)
    return None if slot is None else get_slot(f, slot)


@statement.register
def _(node: typed.LetParts, f: FunctionContext) -> None:
    test_value(f, node.test, value(node.value, f), node.value.type, None)
