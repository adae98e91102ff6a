# SPDX-License-Identifier: GPL-2.0-only
"""The functions of a tree that keeps nothing but its order: a binary heap of node numbers.

`order[1]` is the least, and nothing is less than the one at half its place. Nodes stay where they are and know their place, so slots
are those of a balanced tree. Both loops have as many turns as a place has bits, with one way through each: arithmetic instead of branches,
and places that the verifier knows nothing of, so that it sees that turns are alike and walks two of them.
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing.walk import walk

from .builder import number
from .context import ModuleContext
from .tree_code import at, call, function, new_serial, slot_of, take, turns
from .tree_nodes import Nodes
from .tree_shape import Shape


def functions(context: ModuleContext, tree: typed.Tree) -> list[irm.Function]:
    """All functions of a tree that the policy may call."""
    shape = Shape(tree)
    return [
        function(context, shape, "take", [], take),
        function(context, shape, "rise", [ir.U64, ir.U64], _rise),
        function(context, shape, "sink", [ir.U64, ir.U64], _sink),
        function(context, shape, "link", [ir.U64], _link),
        function(context, shape, "unlink", [ir.U64], _unlink_anywhere if _removed(context.policy, tree) else _unlink_first),
        function(context, shape, "first", [], _first),
        function(context, shape, "at", [ir.U64], at),
    ]


def _removed(policy: typed.Policy, tree: typed.Tree) -> bool:
    """Whether nodes leave from elsewhere than the top."""
    bodies = [body for _, body in policy.programs()] + [f.body for f in policy.functions if f.body is not None]
    return any(isinstance(node, typed.TreeRemove) and node.tree is tree for body in bodies for node in walk(body))


def _settle(n: Nodes, place: Operand, i: Operand) -> None:
    n.set_order(place, i)
    n.set(i, "place", place)


def _rise(n: Nodes, params: list[Value]) -> None:
    """Puts a node at a place or above it, in front of those that it goes before."""
    b = n.f.build
    first, i = params
    here = Local(n.f.name("here"), ir.U64)
    b.set(here, first)
    with turns(n) as level:
        place = b.get(here)
        up = b.binary(BinaryOp.LSHR, place, number(1))
        with b.when(n.is_nil(up)):
            b.leave(level)
        above = n.order(up)
        with b.when(n.is_nil(n.before(i, above))):
            b.leave(level)
        _settle(n, place, above)
        b.set(here, n.unknown(up))
    _settle(n, b.get(here), i)


def _sink(n: Nodes, params: list[Value]) -> Operand:
    """Makes room for a node at a place or below it, behind those that go before it; gives the place."""
    b = n.f.build
    first, i = params
    here = Local(n.f.name("here"), ir.U64)
    b.set(here, first)
    with turns(n) as level:
        place = b.get(here)
        left, end = b.binary(BinaryOp.SHL, place, number(1)), n.own("len")
        with b.when(b.compare(CompareOp.UGT, left, end)):
            b.leave(level)
        # the right one where there is one and it goes first: arithmetic, for a branch would be two ways in each turn
        first_child, second = n.order(left), n.order(b.add(left, number(1)))
        right = b.binary(BinaryOp.AND, n.before(second, first_child), n.negative(b.binary(BinaryOp.SUB, left, end)))
        bits = b.binary(BinaryOp.SUB, number(0), right)
        below = b.binary(BinaryOp.XOR, first_child, b.binary(BinaryOp.AND, b.binary(BinaryOp.XOR, first_child, second), bits))
        with b.when(n.is_nil(n.before(below, i))):
            b.leave(level)
        _settle(n, place, below)
        b.set(here, n.unknown(b.add(left, right)))
    return n.unknown(b.get(here))


def _link(n: Nodes, params: list[Value]) -> Operand:
    """Puts a node with its element into order, behind equal keys; gives its slot."""
    b = n.f.build
    (i,) = params
    n.set(i, "key", n.of_node(n.shape.tree.key, i))
    serial = new_serial(n)
    n.set(i, "serial", serial)
    last = b.add(n.own("len"), number(1))
    n.set_own("len", last)
    call(n, "rise", last, i)
    return slot_of(n, serial, i)


def _freed(n: Nodes, i: Operand) -> tuple[Operand, Operand]:
    """Takes a node out, and keeps it for the next one; gives its place and the node of the last place, which is free now."""
    b = n.f.build
    hole, end = n.get(i, "place"), n.own("len")
    last = n.order(end)
    n.set_own("len", b.binary(BinaryOp.SUB, end, number(1)))
    n.set(i, "serial", number(0))
    n.set(i, "next", n.own("free"))
    n.set_own("free", i)
    return hole, last


def _unlink_first(n: Nodes, params: list[Value]) -> None:
    """Of the first node."""
    b = n.f.build
    (i,) = params
    hole, last = _freed(n, i)
    with b.when(b.compare(CompareOp.NE, last, i)):
        _settle(n, call(n, "sink", hole, last), last)


def _unlink_anywhere(n: Nodes, params: list[Value]) -> None:
    """Of any node: who fills its place may belong below it or above it."""
    b = n.f.build
    (i,) = params
    hole, last = _freed(n, i)
    with b.when(b.compare(CompareOp.NE, last, i)):
        call(n, "rise", call(n, "sink", hole, last), last)


def _first(n: Nodes, params: list[Value]) -> Operand:
    """The node with the least key, or 0."""
    b = n.f.build
    out = Local(n.f.name("node"), ir.U64)
    b.set(out, number(0))
    with b.when(b.negate(n.is_nil(n.own("len")))):
        b.set(out, n.order(number(1)))
    return n.unknown(b.get(out))
