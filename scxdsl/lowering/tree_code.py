# SPDX-License-Identifier: GPL-2.0-only
"""The functions of a tree that keeps sums or extremes: a height-balanced search tree whose nodes know their parents and what is
kept of all below. One that keeps nothing is a heap: tree_heap.py.

Each is a static subprogram: those may be called under a lock (from 6.9 on; the verifier looks into each call). No balanced
tree is higher than a few levels, so every loop ends, in a way that the verifier need not follow (Loop.kernel_bounded). What goes different ways is a
function of its own that gives an `unknown` index: its ways are one again where it returns. Otherwise what they leave in
registers keeps the verifier from seeing that they are one, above all in a loop around the whole.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import AtomicOp, BinaryOp, CompareOp, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Relation
from scxdsl.typing.walk import walk

from .builder import Builder, number
from .context import FunctionContext, ModuleContext
from .expressions import related
from .layout import register_type
from .tree_nodes import Nodes
from .tree_shape import Shape

INDEX_BITS = 16  # of a slot: serial << 16 | index
SERIALS = "tree_serials"  # the last serial given: no two insertions of a policy have the same, in whatever tree

Body = Callable[[Nodes, list[Value]], Operand | None]


def functions(context: ModuleContext, tree: typed.Tree) -> list[irm.Function]:
    """All functions of a tree that the policy may call."""
    shape = Shape(tree)
    out = [
        function(context, shape, "rotate", [ir.U64, ir.U64], _rotate),
        function(context, shape, "step", [ir.U64], _step),
        function(context, shape, "fix", [ir.U64], _fix),
        function(context, shape, "take", [], take),
        function(context, shape, "link", [ir.U64], _link),
        function(context, shape, "detach", [ir.U64], _detach),
        function(context, shape, "unlink", [ir.U64], _unlink),
        function(context, shape, "first", [], _first),
        function(context, shape, "at", [ir.U64], at),
    ]
    for kept, relation in _searched(context.policy, tree):
        type = register_type(kept.type)
        out.append(function(context, shape, search_name(kept, relation), [type], _search(kept, relation)))
    return out


def serials(policy: typed.Policy) -> list[irm.Global]:
    """The counter of insertions."""
    return [irm.Global(name=SERIALS, type=ir.U64, section=".bss", span=t.span, hidden=True) for t in policy.trees[:1]]


def name_of(tree: typed.Tree, what: str) -> str:
    return f"{tree.name}_{what}"


def search_name(kept: typed.Kept, relation: Relation) -> str:
    return f"first_{kept.name}_{relation.name.lower()}"


def _searched(policy: typed.Policy, tree: typed.Tree) -> list[tuple[typed.Kept, Relation]]:
    """The limits with which the policy asks for a first node."""
    found: dict[tuple[str, Relation], typed.Kept] = {}
    for body in policy.bodies():
        for node in walk(body):
            if isinstance(node, typed.TreeFirst) and node.tree is tree and node.kept is not None:
                assert node.relation is not None
                found[node.kept.name, node.relation] = node.kept
    return [(kept, relation) for (_, relation), kept in found.items()]


def function(context: ModuleContext, shape: Shape, what: str, types: list[ir.Type], body: Body) -> irm.Function:
    build = Builder(shape.tree.span)
    base = Value(ir.Pointer(shape.whole), "tree")
    params = [Value(t, f"argument{i}") for i, t in enumerate(types)]
    f = FunctionContext(context, build, "", None, lang.NOTHING)
    result = body(Nodes(f, shape, base), params)
    build.ret(number(0) if result is None else result)
    return irm.Function(
        name=name_of(shape.tree, what),
        params=[base, *params],
        result=ir.U64,
        body=build.body,
        linkage=irm.Linkage.NOINLINE,
        span=shape.tree.span,
        title=f"tree {shape.tree.name}",
    )


def turns(n: Nodes) -> AbstractContextManager[int]:
    """A loop along one way through the tree, which ends because the tree is no higher; gives its level. The verifier walks it until it knows
    nothing new, which is in the second or third turn where what the turns pass on is `unknown`."""
    return n.f.build.loop(kernel_bounded=True)


def call(n: Nodes, what: str, *arguments: Operand) -> Value:
    out = n.f.build.call(name_of(n.shape.tree, what), ir.U64, n.base, *arguments)
    assert out is not None
    return out


def _rotate(n: Nodes, params: list[Value]) -> Operand:
    """The child on one side takes its parent's place; gives the child."""
    x, side = params
    other = n.other(side)
    y, parent = n.child(x, side), n.get(x, "parent")
    at = n.side_of(parent, x)
    between = n.child(y, other)
    n.set_child(x, side, between)
    n.set(between, "parent", x)
    n.set_child(y, other, x)
    n.set(x, "parent", y)
    n.set(y, "parent", parent)
    n.set_child(parent, at, y)
    n.pull(x)
    n.pull(y)
    return y


def _fix(n: Nodes, params: list[Value]) -> None:
    """From a node up to the root."""
    b = n.f.build
    here = Local(n.f.name("here"), ir.U64)
    b.set(here, params[0])
    with turns(n) as level:
        with b.when(n.is_nil(b.get(here))):
            b.leave(level)
        b.set(here, call(n, "step", b.get(here)))


def _step(n: Nodes, params: list[Value]) -> Operand:
    """Height and kept values of one node anew, and a rotation or two where one side is too high; gives its parent."""
    b = n.f.build
    (i,) = params
    left, right = n.child(i, number(0)), n.child(i, number(1))
    balance = b.binary(BinaryOp.SUB, n.get(left, "height"), n.get(right, "height"))
    top = Local(n.f.name("top"), ir.U64)
    b.set(top, i)
    with b.when(b.compare(CompareOp.UGT, b.add(balance, number(1)), number(2))) as uneven:
        side = n.negative(balance)
        heavy = n.child(i, side)
        outer, inner = n.child(heavy, side), n.child(heavy, n.other(side))
        with b.when(b.compare(CompareOp.ULT, n.get(outer, "height"), n.get(inner, "height"))):
            call(n, "rotate", heavy, n.other(side))
        b.set(top, call(n, "rotate", i, side))
    with b.otherwise(uneven):
        n.pull(i)
    return n.unknown(n.get(b.get(top), "parent"))


def take(n: Nodes, params: list[Value]) -> Operand:
    """A node that is not in use, or 0."""
    b = n.f.build
    out = Local(n.f.name("node"), ir.U64)
    free = n.own("free")
    b.set(out, free)
    with b.when(n.is_nil(free)) as none:
        used = n.own("used")
        with b.when(b.compare(CompareOp.ULT, used, number(n.shape.tree.capacity))):
            b.set(out, b.add(used, number(1)))
            n.set_own("used", b.add(used, number(1)))
    with b.otherwise(none):
        n.set_own("free", n.get(free, "next") if n.shape.heap else n.child(free, number(0)))
    return n.unknown(b.get(out))


def new_serial(n: Nodes) -> Operand:
    b = n.f.build
    return b.add(b.atomic(AtomicOp.ADD, b.global_address(SERIALS, ir.U64), number(1)), number(1))


def slot_of(n: Nodes, serial: Operand, i: Operand) -> Operand:
    b = n.f.build
    return b.binary(BinaryOp.OR, b.binary(BinaryOp.SHL, serial, number(INDEX_BITS)), i)


def _link(n: Nodes, params: list[Value]) -> Operand:
    """Puts a node with its element into order, behind equal keys; gives its slot."""
    b = n.f.build
    (i,) = params
    key = n.of_node(n.shape.tree.key, i)
    serial = new_serial(n)
    n.set(i, "key", key)
    n.set(i, "serial", serial)
    n.set_child(i, number(0), number(0))
    n.set_child(i, number(1), number(0))
    parent, side, here = (Local(n.f.name(stem), ir.U64) for stem in ("parent", "side", "here"))
    b.set(parent, number(0))
    b.set(side, number(0))
    b.set(here, n.root)
    with turns(n) as level:
        at = b.get(here)
        with b.when(n.is_nil(at)):
            b.leave(level)
        b.set(parent, at)
        b.set(side, n.after(key, n.get(at, "key")))
        b.set(here, n.child(at, b.get(side)))
    n.set_child(b.get(parent), b.get(side), i)
    n.set(i, "parent", b.get(parent))
    n.set_own("len", b.add(n.own("len"), number(1)))
    call(n, "fix", i)
    return slot_of(n, serial, i)


def _unlink(n: Nodes, params: list[Value]) -> None:
    """Takes a node out, and keeps it for the next one."""
    b = n.f.build
    (i,) = params
    call(n, "fix", call(n, "detach", i))
    n.set(i, "serial", number(0))
    n.set_child(i, number(0), n.own("free"))
    n.set_own("free", i)
    n.set_own("len", b.binary(BinaryOp.SUB, n.own("len"), number(1)))


def _detach(n: Nodes, params: list[Value]) -> Operand:
    """Takes a node out of the order; the next in order takes its place where it has two children. Gives the lowest node
    that has something else below it now."""
    b = n.f.build
    (i,) = params
    left, right, parent = n.child(i, number(0)), n.child(i, number(1)), n.get(i, "parent")
    heir, start = Local(n.f.name("heir"), ir.U64), Local(n.f.name("start"), ir.U64)
    b.set(heir, b.binary(BinaryOp.OR, left, right))
    b.set(start, parent)
    with b.when(b.negate(n.is_nil(left))), b.when(b.negate(n.is_nil(right))):
        b.set(heir, right)
        _leftmost(n, heir)
        after = b.get(heir)
        above = n.get(after, "parent")
        with b.when(b.compare(CompareOp.EQ, above, i)) as near:
            b.set(start, after)
        with b.otherwise(near):
            rest = n.child(after, number(1))
            n.set_child(above, number(0), rest)
            n.set(rest, "parent", above)
            n.set_child(after, number(1), right)
            n.set(right, "parent", after)
            b.set(start, above)
        n.set_child(after, number(0), left)
        n.set(left, "parent", after)
    n.set_child(parent, n.side_of(parent, i), b.get(heir))
    n.set(b.get(heir), "parent", parent)
    return n.unknown(b.get(start))


def _leftmost(n: Nodes, here: Local) -> None:
    """Down to the first node below."""
    b = n.f.build
    with turns(n) as level:
        left = n.child(b.get(here), number(0))
        with b.when(n.is_nil(left)):
            b.leave(level)
        b.set(here, left)


def _first(n: Nodes, params: list[Value]) -> Operand:
    """The node with the least key, or 0."""
    here = Local(n.f.name("here"), ir.U64)
    n.f.build.set(here, n.root)
    _leftmost(n, here)
    return n.unknown(n.f.build.get(here))


def _search(kept: typed.Kept, relation: Relation) -> Body:
    """The node with the least key whose own value passes, or 0: to the left where something passes there, else this one,
    else to the right."""

    def body(n: Nodes, params: list[Value]) -> Operand:
        b = n.f.build
        here, out = Local(n.f.name("here"), ir.U64), Local(n.f.name("found"), ir.U64)
        b.set(here, n.root)
        b.set(out, number(0))
        with turns(n) as level:
            i = b.get(here)
            with b.when(n.is_nil(i)):
                b.leave(level)
            left = n.child(i, number(0))
            with b.when(b.negate(n.is_nil(left))), b.when(_passes(n, kept, relation, left, params[0])):
                b.set(here, left)
                b.again(level)
            with b.when(related(n.f, relation, n.of_node(kept.argument, i), params[0], kept.type)):
                b.set(out, i)
                b.leave(level)
            b.set(here, n.child(i, number(1)))
        return n.unknown(b.get(out))

    return body


def _passes(n: Nodes, kept: typed.Kept, relation: Relation, i: Operand, bound: Operand) -> Operand:
    """Whether something below a node passes."""
    return related(n.f, relation, n.get(i, f"kept_{kept.name}"), bound, kept.type)


def at(n: Nodes, params: list[Value]) -> Operand:
    """The node in a slot; 0 where it was taken out meanwhile, or where the slot is another tree's."""
    b = n.f.build
    (slot,) = params
    i = b.binary(BinaryOp.AND, slot, number((1 << INDEX_BITS) - 1))
    i = b.binary(BinaryOp.AND, i, number(n.shape.size - 1))
    serial = n.get(i, "serial")
    given = slot_of(n, serial, i)
    out = Local(n.f.name("node"), ir.U64)
    b.set(out, number(0))
    with b.when(b.compare(CompareOp.EQ, given, slot)), b.when(b.compare(CompareOp.NE, serial, number(0))):
        b.set(out, i)
    return n.unknown(b.get(out))
