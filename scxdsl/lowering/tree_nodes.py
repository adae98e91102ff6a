# SPDX-License-Identifier: GPL-2.0-only
"""The small steps that the functions of a tree are made of.

They avoid branches where arithmetic does as well: under a lock the verifier follows every turn of a loop, and each branch
in it doubles what it has to look at.
"""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Operand
from scxdsl.source.records import dataclass
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.typed import Keeps, Relation

from .builder import number
from .context import FunctionContext
from .dispatch import value
from .expressions import related
from .layout import memory_type, register_type
from .moves import scalar
from .tree_shape import CHILDREN, Shape
from .values import SlotAlias

@dataclass
class Nodes:
    """Code that works on one tree, at `base`, in the function at hand."""

    f: FunctionContext
    shape: Shape
    base: Operand

    # ---- fields

    def _address(self, i: Operand, field: str) -> Operand:
        b = self.f.build
        inside = b.binary(BinaryOp.AND, b.opaque(i), number(self.shape.size - 1))
        nodes = b.member(self.base, self.shape.whole, "nodes")
        return b.member(b.element(nodes, self.shape.nodes, inside), self.shape.node, field)

    def get(self, i: Operand, field: str) -> Operand:
        type = self.shape.node.at((field,))
        return self.f.build.convert(self.f.build.load(self._address(i, field), type), _wide(type))

    def set(self, i: Operand, field: str, new: Operand) -> None:
        self.f.build.store(self._address(i, field), self.f.build.convert(new, self.shape.node.at((field,))))

    def _child(self, i: Operand, side: Operand) -> Operand:
        b = self.f.build
        inside = b.binary(BinaryOp.AND, b.opaque(side), number(1))
        return b.element(self._address(i, "child"), CHILDREN, inside)

    def child(self, i: Operand, side: Operand) -> Operand:
        return self.f.build.convert(self.f.build.load(self._child(i, side), ir.U16), ir.U64)

    def set_child(self, i: Operand, side: Operand, new: Operand) -> None:
        self.f.build.store(self._child(i, side), self.f.build.convert(new, ir.U16))

    def own(self, field: str) -> Operand:
        """A number of the tree itself."""
        type = self.shape.whole.at((field,))
        address = self.f.build.member(self.base, self.shape.whole, field)
        return self.f.build.convert(self.f.build.load(address, type), ir.U64)

    def set_own(self, field: str, new: Operand) -> None:
        type = self.shape.whole.at((field,))
        address = self.f.build.member(self.base, self.shape.whole, field)
        self.f.build.store(address, self.f.build.convert(new, type))

    def unknown(self, i: Operand) -> Operand:
        """The same index, of which the verifier knows no more than of any other: what follows is looked at once, not once for
        each way that led here."""
        b = self.f.build
        address = b.member(self.base, self.shape.whole, "scratch")
        b.store(address, b.convert(i, ir.U16), volatile=True)
        return b.convert(b.load(address, ir.U16, volatile=True), ir.U64)

    def element(self, i: Operand) -> Operand:
        """Address of what a node holds."""
        return self._address(i, "element")

    # ---- of a heap

    def _place(self, place: Operand) -> Operand:
        b = self.f.build
        inside = b.binary(BinaryOp.AND, b.opaque(place), number(self.shape.size - 1))
        return b.element(b.member(self.base, self.shape.whole, "order"), self.shape.order, inside)

    def order(self, place: Operand) -> Operand:
        return self.f.build.convert(self.f.build.load(self._place(place), ir.U16), ir.U64)

    def set_order(self, place: Operand, i: Operand) -> None:
        self.f.build.store(self._place(place), self.f.build.convert(i, ir.U16))

    def before(self, i: Operand, other: Operand) -> Operand:
        """1 where a node goes before another one, else 0: by key, then by serial. Without a branch."""
        b = self.f.build
        mine, theirs = self.get(i, "key"), self.get(other, "key")
        earlier = b.binary(BinaryOp.SUB, self.get(i, "serial"), self.get(other, "serial"))
        equal_and_earlier = b.binary(BinaryOp.AND, self._not(self._less(theirs, mine)), earlier)
        return self.negative(b.binary(BinaryOp.OR, self._less(mine, theirs), equal_and_earlier))

    def _less(self, x: Operand, y: Operand) -> Operand:
        """Below 0 where a key is less than another: as the sign of x - y would be with one bit more."""
        b = self.f.build
        key = register_type(self.shape.tree.key.value.type)
        difference = b.binary(BinaryOp.SUB, x, y)
        if self.shape.tree.key.value.type == lang.VTIME:
            return difference
        apart = b.binary(BinaryOp.XOR, x, y)
        low = x if isinstance(key, ir.Int) and key.signed else y  # where the first bits differ: the one whose own says that x is less
        return b.binary(BinaryOp.OR, b.binary(BinaryOp.AND, apart, low), b.binary(BinaryOp.AND, self._not(apart), difference))

    def _not(self, x: Operand) -> Operand:
        return self.f.build.binary(BinaryOp.XOR, x, Const(ir.U64, (1 << 64) - 1))

    # ---- of a balanced tree

    @property
    def root(self) -> Operand:
        return self.child(number(0), number(0))

    # ---- steps

    def is_nil(self, i: Operand) -> Operand:
        return self.f.build.compare(CompareOp.EQ, i, number(0))

    def negative(self, x: Operand) -> Operand:
        """1 where the number is below 0 as a signed one, else 0; LLVM may not make a branch of it."""
        return self.f.build.binary(BinaryOp.LSHR, self.f.build.opaque(x), number(63))

    def other(self, side: Operand) -> Operand:
        return self.f.build.binary(BinaryOp.XOR, side, number(1))

    def side_of(self, parent: Operand, i: Operand) -> Operand:
        """1 where i is the second child; the root is the first child of node 0."""
        b = self.f.build
        difference = b.binary(BinaryOp.XOR, self.child(parent, number(1)), i)
        return self.negative(b.binary(BinaryOp.SUB, difference, number(1)))

    def after(self, key: Operand, other: Operand) -> Operand:
        """1 where a new node of that key stands behind one of the other key: not before it."""
        b = self.f.build
        if self.shape.tree.key.value.type == lang.VTIME:
            return self.other(self.negative(b.binary(BinaryOp.SUB, key, other)))
        before = related(self.f, Relation.LT, key, other, self.shape.tree.key.value.type)
        return b.select(before, number(0), number(1))

    def of_node(self, what: typed.OfNode, i: Operand) -> Operand:
        """A value computed from what a node holds."""
        struct = memory_type(self.shape.tree.element)
        assert isinstance(struct, ir.Struct)
        place = self.element(i)
        for name, variable in what.fields.items():
            self.f.slots[variable] = SlotAlias(self.f.build.member(place, struct, name), variable.type)
        return scalar(value(what.value, self.f))

    def pull(self, i: Operand) -> None:
        """Height and kept values of a node anew, from its children's."""
        b = self.f.build
        left, right = self.child(i, number(0)), self.child(i, number(1))
        height = self.get(left, "height")
        more = b.binary(BinaryOp.SUB, self.get(right, "height"), height)
        positive = b.binary(BinaryOp.SUB, self.negative(more), number(1))  # all bits, or none where more < 0
        self.set(i, "height", b.add(b.add(height, b.binary(BinaryOp.AND, more, positive)), number(1)))
        for kept in self.shape.tree.kept:
            whole = self.of_node(kept.argument, i)
            for child in (left, right):
                whole = self._joined(kept, whole, child)
            self.set(i, f"kept_{kept.name}", whole)

    def _joined(self, kept: typed.Kept, whole: Operand, child: Operand) -> Operand:
        """What is kept of a node so far, and of one child."""
        b = self.f.build
        of_child = self.get(child, f"kept_{kept.name}")
        if kept.how is Keeps.SUM:
            return b.add(whole, of_child)
        least = kept.how is Keeps.MIN
        if kept.type == lang.VTIME:
            less = b.binary(BinaryOp.SUB, of_child, whole) if least else b.binary(BinaryOp.SUB, whole, of_child)
            there = self.negative(b.binary(BinaryOp.SUB, number(0), child))
            take = b.binary(BinaryOp.AND, self.negative(less), there)
            bits = b.binary(BinaryOp.SUB, number(0), take)
            return b.add(whole, b.binary(BinaryOp.AND, b.binary(BinaryOp.SUB, of_child, whole), bits))
        better = related(self.f, Relation.LT if least else Relation.GT, of_child, whole, kept.type)
        return b.select(b.binary(BinaryOp.AND, better, b.negate(self.is_nil(child))), of_child, whole)


def _wide(type: ir.Type) -> ir.Type:
    """What a field is in a register."""
    return ir.I64 if isinstance(type, ir.Int) and type.signed else ir.U64


