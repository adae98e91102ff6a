# SPDX-License-Identifier: GPL-2.0-only
"""Iterators over the cgroups below one: each before those below it, the first one itself (kernel/bpf/cgroup_iter.c, bpf_iter_css_new;
kernel/cgroup/cgroup.c, css_next_descendant_pre). A css is the first member of its cgroup, so one pointer serves for both."""

from collections.abc import Callable, Iterator
from typing import Any

from ...model import Cgroup
from ..errors import BadArgument
from ..memory import Ptr
from .objects import source

DESCENDANTS_PRE = 2  # BPF_CGROUP_ITER_DESCENDANTS_PRE
_EINVAL = -22


def functions(calls: Any) -> dict[str, Callable[..., Any]]:
    """The kernel functions of the iterator, for a `Calls`."""
    objects = calls.objects

    def new(it: Ptr, css: Ptr, flags: int) -> int:
        found = _below(source(css, Cgroup, "bpf_iter_css_new")) if flags == DESCENDANTS_PRE else iter(())
        it.region.check(it.offset, 8, True)
        it.region.store_pointer(it.offset, found)
        calls.machine.acquire(it)
        return 0 if flags == DESCENDANTS_PRE else _EINVAL

    def destroy(it: Ptr) -> None:
        _walk(it)
        calls.machine.release(it, "bpf_iter_css_destroy")
        del it.region.pointers[it.offset]

    return {
        "bpf_iter_css_new": new,
        "bpf_iter_css_next": lambda it: objects.region(next(_walk(it), None)),
        "bpf_iter_css_destroy": destroy,
    }


def _below(group: Cgroup) -> Iterator[Cgroup]:
    yield group
    for child in list(group.children):
        yield from _below(child)


def _walk(it: Ptr) -> Iterator[Cgroup]:
    found = it.region.pointers.get(it.offset)
    if not isinstance(found, Iterator):
        raise BadArgument("bpf_iter_css", "the iterator was not made")
    return found
