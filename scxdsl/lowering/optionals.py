# SPDX-License-Identifier: GPL-2.0-only
"""Values that may be missing: a flag and a value, or a pointer that may be NULL."""

from scxdsl.ir.ops import CompareOp, Const
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .context import FunctionContext
from .dispatch import expression, value
from .moves import content, get_slot, keep_value, present, scalar, set_slot, some, zero
from .slots import new_slot
from .values import Lowered, Parts


@expression.register
def _(node: typed.Some, f: FunctionContext) -> Lowered:
    assert isinstance(node.type, lang.Optional)
    return some(value(node.value, f), node.type.of)


@expression.register
def _(node: typed.Absent, f: FunctionContext) -> Lowered:
    return zero(f, node.type)


@expression.register
def _(node: typed.HoldsNothing, f: FunctionContext) -> Lowered:
    found = value(node.value, f)
    if isinstance(node.value.type, lang.Optional):
        return f.build.negate(present(f, found))
    pointer = scalar(found)
    return f.build.compare(CompareOp.EQ, pointer, Const(pointer.type, 0))


@expression.register
def _(node: typed.TupleItem, f: FunctionContext) -> Lowered:
    parts = value(node.value, f)
    assert isinstance(parts, Parts)
    return parts.items[node.index]


@expression.register
def _(node: typed.Coalesce, f: FunctionContext) -> Lowered:
    left = value(node.left, f)
    slot = new_slot(f, node.type, "or")
    assert isinstance(node.left.type, lang.Optional)
    with f.build.when(present(f, left)) as branch:
        set_slot(f, slot, content(left) if node.type == node.left.type.of else left)
    with f.build.otherwise(branch):
        keep_value(f, slot, value(node.right, f))
    return get_slot(f, slot)
