# SPDX-License-Identifier: GPL-2.0-only
"""How a tree lies in memory.

A tree is an array of nodes that name each other by index. In a balanced tree node 0 is no node but what an index of 0 leads to: its first child
is the root, its height and sums stay 0, so nothing must ask for a missing child before it reads one. All of it zero is the
empty tree. The array is a power of two long: an index is cut to it by one `and`, which shows the verifier that it is in range.
"""

from functools import cached_property

from scxdsl.ir import types as ir
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .layout import memory_type

CHILDREN = ir.Array(ir.U16, 2)


@dataclass(frozen=True)
class Shape:
    """The types of one tree."""

    tree: typed.Tree

    @property
    def size(self) -> int:
        """Nodes in the array, the one of index 0 included."""
        return 1 << self.tree.capacity.bit_length()

    @property
    def heap(self) -> bool:
        """Whether it is a heap (tree_heap.py): where nothing is kept, nobody can ask for more than the first."""
        return not self.tree.kept

    @cached_property
    def node(self) -> ir.Struct:
        kept = (ir.Field(f"kept_{k.name}", memory_type(k.type)) for k in self.tree.kept)
        balanced = (ir.Field("child", CHILDREN), ir.Field("parent", ir.U16), ir.Field("height", ir.U16))
        fields = (
            *((ir.Field("next", ir.U16), ir.Field("place", ir.U16)) if self.heap else balanced),
            ir.Field("serial", ir.U64),
            ir.Field("key", memory_type(self.tree.key.value.type)),
            *kept,
            ir.Field("element", memory_type(self.tree.element)),
        )
        return ir.Struct(f"{self.tree.name}_node", fields)

    @cached_property
    def nodes(self) -> ir.Array:
        return ir.Array(self.node, self.size)

    @property
    def order(self) -> ir.Array:
        """Of a heap: the nodes by their places, from 1 on."""
        return ir.Array(ir.U16, self.size)

    @cached_property
    def whole(self) -> ir.Struct:
        fields = (
            ir.Field("len", ir.U32),
            ir.Field("used", ir.U16),  # nodes that were ever in use
            ir.Field("free", ir.U16),  # of those the ones that are not, chained by their first child
            ir.Field("scratch", ir.U16),
            *((ir.Field("order", self.order),) if self.heap else ()),
            ir.Field("nodes", self.nodes),
        )
        return ir.Struct(f"{self.tree.name}_tree", fields)
