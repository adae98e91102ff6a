# SPDX-License-Identifier: GPL-2.0-only
"""Trees: one global each, in a section of its own; nodes are copied in and out. See tree_nodes.py and tree_code.py."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand
from scxdsl.typing import typed
from scxdsl.typing.typed import Keeps

from .builder import FALSE, TRUE, number
from .context import FunctionContext
from .dispatch import expression, value
from .layout import memory_type, register_type
from .moves import get_slot, scalar, set_slot, zero
from .row_shape import row_struct
from .rows import row_of
from .slots import new_slot
from .tree_code import name_of, search_name
from .tree_nodes import Nodes
from .tree_shape import Shape
from .values import Lowered, Maybe, Memory


def declared(tree: typed.Tree) -> irm.Global:
    """The room of a tree. User space does not map it: hidden, in a section of its own."""
    shape = Shape(tree)
    return irm.Global(name=tree.name, type=shape.whole, section=f".bss.{tree.name}", span=tree.span, hidden=True)


def _nodes(f: FunctionContext, node: typed.TreeExpr) -> Nodes:
    shape, rows = Shape(node.tree), node.tree.rows
    if rows is None:
        return Nodes(f, shape, f.build.global_address(node.tree.name, shape.whole))
    assert node.base is not None
    return Nodes(f, shape, f.build.member(row_of(f, rows, node.base), row_struct(rows), node.tree.name))


def _call(n: Nodes, what: str, *arguments: Operand) -> Operand:
    out = n.f.build.call(name_of(n.shape.tree, what), ir.U64, n.base, *arguments)
    assert out is not None
    return out


@expression.register
def _(node: typed.TreeInsert, f: FunctionContext) -> Lowered:
    element = value(node.value, f)
    assert isinstance(element, Memory)
    n = _nodes(f, node)
    out = new_slot(f, node.type, "slot")
    i = _call(n, "take")
    with f.build.when(n.is_nil(i)) as full:
        set_slot(f, out, Maybe(FALSE, number(0)))
    with f.build.otherwise(full):
        f.build.copy(n.element(i), element.address, element.type)
        set_slot(f, out, Maybe(TRUE, _call(n, "link", i)))
    return get_slot(f, out)


@expression.register
def _(node: typed.TreeRemove, f: FunctionContext) -> Lowered:
    slot = scalar(value(node.slot, f))
    n = _nodes(f, node)
    return _given(f, node, n, _call(n, "at", slot), out=True)


@expression.register
def _(node: typed.TreeFirst, f: FunctionContext) -> Lowered:
    if node.kept is None:
        n = _nodes(f, node)
        return _given(f, node, n, _call(n, "first"), node.pop)
    assert node.bound is not None and node.relation is not None
    bound = scalar(value(node.bound, f))
    n = _nodes(f, node)
    return _given(f, node, n, _call(n, search_name(node.kept, node.relation), bound), node.pop)


def _given(f: FunctionContext, node: typed.TreeExpr, n: Nodes, i: Operand, out: bool) -> Lowered:
    """A copy of what a node holds, which may be taken out; none for index 0."""
    slot = new_slot(f, node.type, "node")
    with f.build.when(n.is_nil(i)) as nothing:
        set_slot(f, slot, zero(f, node.type))  # whoever passes it on copies all of it
    with f.build.otherwise(nothing):
        set_slot(f, slot, Maybe(TRUE, Memory(n.element(i), memory_type(node.tree.element))))
        if out:
            _call(n, "unlink", i)
    return get_slot(f, slot)


@expression.register
def _(node: typed.TreeLen, f: FunctionContext) -> Lowered:
    return _nodes(f, node).own("len")


@expression.register
def _(node: typed.TreeKept, f: FunctionContext) -> Lowered:
    n = _nodes(f, node)
    root = n.root
    kept = f.build.convert(n.get(root, f"kept_{node.kept.name}"), register_type(node.kept.type))
    if node.kept.how is Keeps.SUM:
        return kept
    return Maybe(f.build.compare(CompareOp.NE, root, Const(ir.U64, 0)), kept)
