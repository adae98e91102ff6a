# SPDX-License-Identifier: GPL-2.0-only
"""What is left in trees, in one form for both engines: the elements of one that keeps sums in their order, those of another as a set
(lowering/tree_shape.py has the two forms)."""

from collections.abc import Iterator
from typing import Any

from scxdsl.interp.trees import Store
from scxdsl.objects.layout import Layout, Record, Sequence, unpack
from scxdsl.typing import typed

from .plain_values import plain, shaped


def of_interpreter(tree: typed.Tree, store: Store | None) -> list[Any]:
    return _ordered(tree, [plain(e.element, tree.element) for e in store.entries] if store is not None else [])


def of_bytecode(tree: typed.Tree, layout: Layout, data: bytes) -> list[Any]:
    """`data`: the bytes of the tree, with this layout."""
    assert isinstance(layout, Record)
    parts = {part.name: part for part in layout.parts}
    nodes = parts["nodes"].layout
    assert isinstance(nodes, Sequence)

    def node(index: int) -> Any:
        at = parts["nodes"].offset + index * nodes.element.size
        return unpack(nodes.element, data[at : at + nodes.element.size])

    def below(index: int) -> Iterator[Any]:
        """The nodes of a part of a balanced tree, in order."""
        if index:
            here = node(index)
            less, more = here["child"]
            yield from below(less)
            yield here
            yield from below(more)

    def value(name: str) -> Any:
        return unpack(parts[name].layout, data[parts[name].offset : parts[name].offset + parts[name].layout.size])

    found = below(node(0)["child"][0]) if tree.kept else map(node, value("order")[1 : value("len") + 1])
    return _ordered(tree, [shaped(one["element"], tree.element) for one in found])


def _ordered(tree: typed.Tree, elements: list[Any]) -> list[Any]:
    return elements if tree.kept else sorted(elements, key=repr)
