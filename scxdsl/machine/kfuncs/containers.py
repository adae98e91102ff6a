# SPDX-License-Identifier: GPL-2.0-only
"""Objects of the program's own, and the lists and ordered trees that own them (kernel/bpf/helpers.c: bpf_obj_new_impl,
bpf_list_push_front_impl, bpf_rbtree_add_impl and their kin)."""

from typing import Any

from ..errors import BadArgument
from ..memory import Ptr
from .cpumask import CountedRegion, drop
from .registry import kfunc

_EINVAL = -22


@kfunc
def bpf_obj_new(m: Any, type_id: int, *rest: Any) -> Ptr:
    made = Ptr(CountedRegion(f"an object of type {type_id}", m.type_size(type_id)))
    m.acquire(made)
    return made


@kfunc
def bpf_obj_drop(m: Any, obj: Ptr, *rest: Any) -> None:
    m.release(obj, "bpf_obj_drop")
    drop(obj.region)


@kfunc
def bpf_refcount_acquire(m: Any, obj: Ptr, *rest: Any) -> Ptr:
    obj.region.check(0, 1)
    obj.region.count += 1  # type: ignore[attr-defined]
    m.acquire(obj)
    return obj


class _Members:
    """What a list head or a tree's root owns: pointers to nodes, in order."""

    def __init__(self) -> None:
        self.nodes: list[Ptr] = []


def _members(container: Ptr) -> _Members:
    container.region.check(container.offset, 16)
    found = container.region.pointers.get(container.offset)
    if found is None:
        found = container.region.pointers[container.offset] = _Members()
    if not isinstance(found, _Members):
        raise BadArgument("container", "the place holds something else")
    return found


def _join(m: Any, container: Ptr, node: Ptr, at: int) -> int:
    """Adds a node that the program owns. One that is in a container already stays there, and the reference is dropped."""
    m.release(node, "adding to a container")
    if node.region.pointers.get(node.offset) is not None:
        drop(node.region)
        return _EINVAL
    found = _members(container)
    found.nodes.insert(len(found.nodes) if at < 0 else at, node)
    node.region.pointers[node.offset] = found
    return 0


def _part(m: Any, container: Ptr, node: Ptr | None) -> Ptr | None:
    """Takes a node out; the program owns it then."""
    found = _members(container)
    if node is None or node not in found.nodes:
        return None
    found.nodes.remove(node)
    del node.region.pointers[node.offset]
    m.acquire(node)
    return node


@kfunc
def bpf_list_push_front(m: Any, head: Ptr, node: Ptr, *rest: Any) -> int:
    return _join(m, head, node, 0)


@kfunc
def bpf_list_push_back(m: Any, head: Ptr, node: Ptr, *rest: Any) -> int:
    return _join(m, head, node, -1)


@kfunc
def bpf_list_front(m: Any, head: Ptr) -> Ptr | None:
    nodes = _members(head).nodes
    return nodes[0] if nodes else None


@kfunc
def bpf_list_back(m: Any, head: Ptr) -> Ptr | None:
    nodes = _members(head).nodes
    return nodes[-1] if nodes else None


@kfunc
def bpf_list_pop_front(m: Any, head: Ptr) -> Ptr | None:
    return _part(m, head, bpf_list_front(m, head))


@kfunc
def bpf_list_pop_back(m: Any, head: Ptr) -> Ptr | None:
    return _part(m, head, bpf_list_back(m, head))


@kfunc
def bpf_rbtree_add(m: Any, root: Ptr, node: Ptr, less: Any, *rest: Any) -> int:
    """Goes to the left of those that `less(node, other)` says it is less than: after its equals."""
    nodes = _members(root).nodes
    low, high = 0, len(nodes)
    while low < high:
        middle = (low + high) // 2
        if m.call_back(less, node, nodes[middle]) & 0xFF:
            high = middle
        else:
            low = middle + 1
    return _join(m, root, node, low)


@kfunc
def bpf_rbtree_first(m: Any, root: Ptr) -> Ptr | None:
    return bpf_list_front(m, root)


@kfunc
def bpf_rbtree_remove(m: Any, root: Ptr, node: Ptr) -> Ptr | None:
    return _part(m, root, node)
