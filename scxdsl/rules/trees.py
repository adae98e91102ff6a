# SPDX-License-Identifier: GPL-2.0-only
"""How much the verifier has to look at for trees.

Source: kernel/bpf/verifier.c, do_check: "BPF program is too large. Processed %d insn" (BPF_COMPLEXITY_LIMIT_INSNS, a million). The
verifier follows a tree operation anew at every place and in every turn of a loop; the figures are upper bounds, from the time when it followed each level
of a tree as well (docs/language/trees.md has those of today). In loops on an iterator 6.12 hardly ever sees that two ways have become one (regsafe with RANGE_WITHIN
takes an unused register for a difference), so a loop around a tree operation is followed turn by turn and needs a bound.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing.errors_trees import TreeInLoop, TreesTooLarge
from scxdsl.typing.tree_use import tree_walks
from scxdsl.typing.walk import Node, parts

from .locks import turns_of

LIMIT = 750_000  # of a million: the rest of the program, and ways that stay apart, come on top
_LEVEL_CHANGE, _LEVEL_LOOK, _KEPT = 1300, 200, 230  # verified instructions for each level of the tree
_HEAP_CHANGE = 110  # and for each of one that keeps nothing, a heap


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    if not policy.trees:
        return
    for _, body in policy.programs():
        total = _cost(body, diagnostics)
        if total > LIMIT:
            span = next(tree_walks(body)).span
            diagnostics.add(TreesTooLarge(span, total))


def _cost(node: Node, diagnostics: Diagnostics) -> int:
    """Verified instructions that the tree operations inside a node take, roughly."""
    inside = sum(_cost(part, diagnostics) for part in parts(node))
    match node:
        case typed.TreeInsert() | typed.TreeRemove():
            return inside + _operation(node.tree, True)
        case typed.TreeFirst(pop=pop):
            return inside + _operation(node.tree, False) + (_operation(node.tree, True) if pop else 0)
        case typed.CallFunction(function=function) if function.body is not None:
            return inside + _cost(function.body, diagnostics)
    if not inside or not _is_loop(node):
        return inside
    turns = turns_of(node)
    if turns is None:
        diagnostics.add(TreeInLoop(_inside(node), node.span))
        return inside
    return inside * turns


def _is_loop(node: Node) -> bool:
    return isinstance(node, typed.Stmt) and isinstance(getattr(node, "body", None), typed.BlockValue)


def _inside(loop: Node) -> Span:
    """The operation to blame, in the text of the loop itself where it stands there."""
    for part in parts(loop):
        found = next(tree_walks(part), None)
        if found is not None:
            return found.span
    return loop.span


def _operation(tree: typed.Tree, changes: bool) -> int:
    if not tree.kept:
        return tree.capacity.bit_length() * (_HEAP_CHANGE if changes else 1)
    return _height(tree.capacity) * ((_LEVEL_CHANGE + _KEPT * len(tree.kept)) if changes else _LEVEL_LOOK)


def _height(capacity: int) -> int:
    """The most levels of a height-balanced tree of so many nodes: one of h levels has no fewer than least(h)."""
    height, least, before = 0, 0, 0
    while least <= capacity:
        height, least, before = height + 1, least + before + 1, least
    return height
