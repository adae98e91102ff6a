# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions of BPF itself, called as programs' calls arrive: integers by their type, null as None."""

from collections.abc import Callable
from typing import Any

import pytest
from fake_kernel import FakeKernel
from hand_made import an_object
from hypothesis import given, settings
from hypothesis import strategies as st

from scxdsl.machine import Machine, Ptr, Region, kernel
from scxdsl.machine.code import FunctionAddress
from scxdsl.machine.errors import BadArgument, Fault, Stale
from scxdsl.machine.kfuncs import TABLE
from scxdsl.machine.kfuncs.cpumask import bits, put


class Sized(Machine):
    """Objects of any type take 64 bytes here."""

    def type_size(self, type_id: int) -> int:
        return 64


@pytest.fixture
def m() -> Machine:
    return Sized(an_object({"main": "mov %r0, 0\nexit"}), kernel("6.18"), FakeKernel())


def call(m: Machine, name: str, *arguments: Any) -> Any:
    return TABLE[name](m, *arguments)


def inside(m: Machine, body: Callable[[], Any]) -> Any:
    """Runs `body` as an invocation, so that what it leaves behind is found."""
    return m.enter(body, "test")


def mask(m: Machine, value: int) -> Ptr:
    made = Ptr(Region("mask", 1024))
    put(m, made, value)
    return made


def test_every_kernel_has_what_the_machine_offers() -> None:
    """No name in the table is an invention: some known kernel has it, with or without `_impl`."""
    facts = kernel("6.18").facts
    unknown = [n for n in TABLE if facts.kfunc(n) is None and facts.kfunc(n + "_impl") is None]
    assert unknown == []


def test_iterators(m: Machine) -> None:
    it = Ptr(Region("iterator", 8))

    def body() -> list[int]:
        assert call(m, "bpf_iter_num_new", it, -1, 3) == 0
        found = []
        while (place := call(m, "bpf_iter_num_next", it)) is not None:
            found.append(place.region.load32(place.offset))
        call(m, "bpf_iter_num_destroy", it)
        with pytest.raises(BadArgument, match="was not made"):
            call(m, "bpf_iter_num_next", it)
        return found

    assert inside(m, body) == [0xFFFFFFFF, 0, 1, 2]


def test_bad_ranges_give_empty_iterators(m: Machine) -> None:
    def body() -> None:
        for start, end, result in ((3, 2, -22), (0, 8 * 1024 * 1024 + 1, -7), (5, 5, 0)):
            it = Ptr(Region("iterator", 8))
            assert call(m, "bpf_iter_num_new", it, start, end) == result
            assert call(m, "bpf_iter_num_next", it) is None
            call(m, "bpf_iter_num_destroy", it)

    inside(m, body)


def test_an_iterator_must_be_destroyed(m: Machine) -> None:
    with pytest.raises(BadArgument, match="ends without releasing"):
        inside(m, lambda: call(m, "bpf_iter_num_new", Ptr(Region("iterator", 8)), 0, 3))


@pytest.mark.parametrize("name", ["bpf_rcu_read_lock", "bpf_preempt_disable"])
def test_sections_must_be_left(m: Machine, name: str) -> None:
    with pytest.raises(BadArgument, match=f"ends inside {name}"):
        inside(m, lambda: call(m, name))
    leave = {"bpf_rcu_read_lock": "bpf_rcu_read_unlock", "bpf_preempt_disable": "bpf_preempt_enable"}[name]
    with pytest.raises(BadArgument, match="was not entered"):
        inside(m, lambda: call(m, leave))
    inside(m, lambda: (call(m, name), call(m, leave)))


sets = st.integers(0, 15)


@settings(deadline=None)
@given(sets, sets, st.integers(-2, 6))
def test_sets_of_cpus(a: int, b: int, cpu: int) -> None:
    """Four CPUs, against sets of Python."""
    m = Sized(an_object({"main": "mov %r0, 0\nexit"}), kernel("6.18"), FakeKernel())
    x, y = {c for c in range(4) if a >> c & 1}, {c for c in range(4) if b >> c & 1}
    first, second, target = mask(m, a), mask(m, b), mask(m, 0)

    def result(name: str) -> set[int]:
        call(m, name, target, first, second)
        return {c for c in range(4) if bits(m, target) >> c & 1}

    assert result("bpf_cpumask_and") == x & y
    assert result("bpf_cpumask_or") == x | y
    assert result("bpf_cpumask_xor") == x ^ y
    assert call(m, "bpf_cpumask_and", target, first, second) == bool(x & y)
    assert call(m, "bpf_cpumask_subset", first, second) == (x <= y)
    assert call(m, "bpf_cpumask_intersects", first, second) == bool(x & y)
    assert call(m, "bpf_cpumask_equal", first, second) == (x == y)
    assert call(m, "bpf_cpumask_empty", first) == (not x)
    assert call(m, "bpf_cpumask_full", first) == (len(x) == 4)
    assert call(m, "bpf_cpumask_weight", first) == len(x)
    assert call(m, "bpf_cpumask_first", first) == min(x, default=4)
    assert call(m, "bpf_cpumask_first_zero", first) == min({0, 1, 2, 3} - x, default=4)
    assert call(m, "bpf_cpumask_first_and", first, second) == min(x & y, default=4)
    assert call(m, "bpf_cpumask_test_cpu", cpu, first) == (cpu in x)
    assert call(m, "bpf_cpumask_test_and_set_cpu", cpu, first) == (cpu in x)
    assert bits(m, first) == a | (1 << cpu if 0 <= cpu < 4 else 0)
    call(m, "bpf_cpumask_copy", first, second)
    assert call(m, "bpf_cpumask_test_and_clear_cpu", cpu, first) == (cpu in y)
    assert bits(m, first) == b & ~(1 << cpu if 0 <= cpu < 4 else 0)
    call(m, "bpf_cpumask_setall", first)
    assert bits(m, first) == 15
    call(m, "bpf_cpumask_clear", first)
    assert bits(m, first) == 0


def test_distribution_goes_round(m: Machine) -> None:
    assert [call(m, "bpf_cpumask_any_distribute", mask(m, 0b1011)) for _ in range(5)] == [1, 3, 0, 1, 3]
    assert call(m, "bpf_cpumask_any_distribute", mask(m, 0)) == 4
    assert call(m, "bpf_cpumask_any_and_distribute", mask(m, 0b11), mask(m, 0b10)) == 1


def test_own_masks_are_counted(m: Machine) -> None:
    def body() -> Ptr:
        made = call(m, "bpf_cpumask_create")
        again = call(m, "bpf_cpumask_acquire", made)
        call(m, "bpf_cpumask_release", made)
        call(m, "bpf_cpumask_set_cpu", 2, again)
        call(m, "bpf_cpumask_release", again)
        return again

    with pytest.raises(Stale):
        bits(m, inside(m, body))
    with pytest.raises(BadArgument, match="ends without releasing"):
        inside(m, lambda: call(m, "bpf_cpumask_create"))
    with pytest.raises(BadArgument, match="not owned"):
        inside(m, lambda: call(m, "bpf_cpumask_release", mask(m, 1)))


def less_by_key() -> FunctionAddress:
    """Orders nodes, which lie 8 bytes into their objects, by the first number of the object."""

    def less(a: Ptr, b: Ptr) -> int:
        return int(a.region.load64(0) < b.region.load64(0))

    return FunctionAddress("less", less, (1, 2))


def node_of(m: Machine, key: int) -> Ptr:
    obj = call(m, "bpf_obj_new", 3, None)
    obj.region.store64(0, key)
    m.release(obj, "renamed")
    m.acquire(node := Ptr(obj.region, 8))
    return node


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=20))
def test_a_tree_keeps_order_and_equal_keys_first_in_first_out(keys: list[int]) -> None:
    m = Sized(an_object({"main": "mov %r0, 0\nexit"}), kernel("6.18"), FakeKernel())
    root = Ptr(Region("root", 16))

    def body() -> list[tuple[int, int]]:
        for n, key in enumerate(keys):
            node = node_of(m, key)
            node.region.store64(48, n)
            assert call(m, "bpf_rbtree_add", root, node, less_by_key(), None, 0) == 0
        found = []
        while (first := call(m, "bpf_rbtree_first", root)) is not None:
            node = call(m, "bpf_rbtree_remove", root, first)
            found.append((node.region.load64(0), node.region.load64(48)))
            call(m, "bpf_obj_drop", node, None)
        return found

    assert inside(m, body) == sorted((key, n) for n, key in enumerate(keys))


def test_lists(m: Machine) -> None:
    head = Ptr(Region("head", 16))

    def fill() -> None:
        for key in (1, 2):
            assert call(m, "bpf_list_push_back", head, node_of(m, key), None, 0) == 0
        call(m, "bpf_list_push_front", head, node_of(m, 0), None, 0)

    def drain() -> list[int]:
        keys = []
        for name in ("bpf_list_pop_back", "bpf_list_pop_front", "bpf_list_pop_front", "bpf_list_pop_front"):
            node = call(m, name, head)
            if node is not None:
                keys.append(node.region.load64(0))
                call(m, "bpf_obj_drop", node, None)
        return keys

    inside(m, fill)
    assert inside(m, drain) == [2, 0, 1]


def test_a_node_is_in_one_container_only(m: Machine) -> None:
    head = Ptr(Region("head", 16))

    def body() -> int:
        node = node_of(m, 1)
        again = call(m, "bpf_refcount_acquire", node, None)
        assert call(m, "bpf_list_push_back", head, node, None, 0) == 0
        return call(m, "bpf_list_push_back", head, again, None, 0)

    assert inside(m, body) == -22


def test_what_was_dropped_is_stale(m: Machine) -> None:
    def body() -> None:
        obj = call(m, "bpf_obj_new", 3, None)
        call(m, "bpf_obj_drop", obj, None)
        obj.region.load64(0)

    with pytest.raises(Fault, match="which is gone"):
        inside(m, body)


def test_resilient_locks(m: Machine) -> None:
    lock = Ptr(Region("lock", 8))

    def body() -> None:
        assert call(m, "bpf_res_spin_lock", lock) == 0
        call(m, "bpf_res_spin_unlock", lock)

    inside(m, body)
    with pytest.raises(BadArgument, match="ends with the lock"):
        inside(m, lambda: call(m, "bpf_res_spin_lock", lock))
