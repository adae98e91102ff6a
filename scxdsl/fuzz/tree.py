# SPDX-License-Identifier: GPL-2.0-only
"""Generated text as a tree, so that it can be made smaller piece by piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(eq=False)
class Node:
    """A piece of a policy. Pieces of one `kind` may stand for each other; `simplest` is the shortest of that kind, None
    where it cannot be replaced."""

    kind: str
    parts: "list[str | Node]"
    simplest: str | None = None
    _instead: "Node | str | None" = field(default=None, repr=False)

    def __str__(self) -> str:
        if self._instead is not None:
            return str(self._instead)
        return "".join(map(str, self.parts))

    def nodes(self) -> "Iterator[Node]":
        """This piece and those inside that still show, outer ones first."""
        yield self
        if self._instead is not None:
            if isinstance(self._instead, Node):
                yield from self._instead.nodes()
            return
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.nodes()


def shrink(root: Node, still: Callable[[str], bool], tries: int = 400) -> str:
    """The smallest text found for which `still` holds, as it does for the whole. Greedy: large pieces first, until nothing more
    goes or `tries` are used up."""
    changed = True
    while changed and tries > 0:
        changed = False
        for node in list(root.nodes()):
            if node._instead is not None:
                continue
            for instead in _candidates(node):
                if tries <= 0:
                    break
                tries -= 1
                before = str(root)
                node._instead = instead
                if str(root) != before and still(str(root)):
                    changed = True
                    break
                node._instead = None
    return str(root)


def _candidates(node: Node) -> "Iterator[Node | str]":
    if node.simplest is not None:
        yield node.simplest
    for inner in list(node.nodes())[1:]:
        if inner.kind == node.kind:
            yield inner
