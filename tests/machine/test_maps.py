# SPDX-License-Identifier: GPL-2.0-only
"""Maps as programs see them; numbers of map types are those of enum bpf_map_type."""

from typing import Any

import pytest
from fake_kernel import FakeKernel, FakeTask, task_region
from hand_made import a_map, an_object
from hypothesis import given, settings
from hypothesis import strategies as st

from scxdsl.machine import Fault, LoadError, Machine, Ptr, Region, kernel
from scxdsl.machine.errors import BadArgument, OutOfRange, SplitPointer, Stale
from scxdsl.machine.maps import make_map
from scxdsl.machine.maps.ring import NO_WAKEUP

HASH, ARRAY, PERCPU_HASH, PERCPU_ARRAY, LRU, QUEUE, STACK, RING, TASK, USER_RING = 1, 2, 5, 6, 9, 22, 23, 27, 29, 31


class Host:
    """A machine's part for maps; `current` is the CPU."""

    current = 0

    def __init__(self) -> None:
        self.gone: list[Region] = []

    def cpu(self) -> int:
        return self.current

    def cpus(self) -> int:
        return 4

    def has_memory(self, owner: Any) -> bool:
        return True

    def dropped(self, region: Region) -> None:
        self.gone.append(region)


def word(value: int, size: int = 8) -> Ptr:
    return Ptr(Region("value", value.to_bytes(size, "little")))


def key(value: int) -> Ptr:
    return word(value, 4)


def made(kind: int, **sizes: int) -> Any:
    return make_map(a_map("m", kind, **sizes), Host())


def negative(result: int) -> int:
    return result - (1 << 64) if result >> 63 else result


def number(pointer: Any) -> int:
    return pointer.region.load64(pointer.offset)


def test_array() -> None:
    m = made(ARRAY)
    assert number(m.lookup(key(3))) == 0
    assert m.lookup(key(4)) == 0
    assert m.update(key(1), word(9), 0) == 0
    first = m.lookup(key(1))
    assert number(first) == 9 and m.lookup(key(1)) == first
    m.update(key(1), word(8), 0)
    assert number(first) == 8  # the place stays
    assert [negative(r) for r in (m.update(key(4), word(1), 0), m.update(key(0), word(1), 1), m.update(key(0), word(1), 9), m.delete(key(0)))] == [-7, -17, -22, -22]  # fmt: skip
    assert m.get(1) == (8).to_bytes(8, "little")


def test_values_of_an_array_are_apart() -> None:
    m = made(ARRAY)
    with pytest.raises(OutOfRange):
        number(Ptr(m.lookup(key(0)).region, 8))


def test_per_cpu_array() -> None:
    m = made(PERCPU_ARRAY)
    m.lookup(key(0)).region.store64(0, 5)
    m.host.current = 2
    assert number(m.lookup(key(0))) == 0
    m.lookup(key(0)).region.store64(0, 6)
    assert number(m.lookup_percpu(key(0), 0)) == 5 and m.lookup_percpu(key(0), 4) == 0
    assert [int.from_bytes(v, "little") for v in m.get(0)] == [5, 0, 6, 0]


def test_hash() -> None:
    m = made(HASH, entries=2)
    assert m.lookup(key(1)) == 0
    assert [negative(r) for r in (m.update(key(1), word(5), 2), m.update(key(1), word(5), 1), m.update(key(1), word(6), 1))] == [-2, 0, -17]  # fmt: skip
    assert number(m.lookup(key(1))) == 5
    assert m.update(key(2), word(6), 0) == 0
    assert negative(m.update(key(3), word(7), 0)) == -7
    assert m.delete(key(1)) == 0 and negative(m.delete(key(1))) == -2
    assert m.update(key(3), word(7), 0) == 0
    assert [k[0] for k, _ in m.items()] == [2, 3]


def test_what_a_hash_forgot_is_stale() -> None:
    m = made(HASH)
    m.update(key(1), word(5), 0)
    old = m.lookup(key(1))
    m.update(key(1), word(6), 0)
    with pytest.raises(Stale):
        number(old)
    new = m.lookup(key(1))
    m.delete(key(1))
    with pytest.raises(Stale):
        number(new)
    assert m.host.gone == [old.region, new.region]


def test_lru_forgets_what_was_not_touched_longest() -> None:
    m = made(LRU, entries=2)
    m.update(key(1), word(1), 0)
    m.update(key(2), word(2), 0)
    m.lookup(key(1))
    assert m.update(key(3), word(3), 0) == 0
    assert m.lookup(key(2)) == 0 and m.lookup(key(1)) != 0


def test_per_cpu_hash() -> None:
    m = made(PERCPU_HASH)
    m.update(key(1), word(5), 0)
    m.host.current = 1
    assert number(m.lookup(key(1))) == 0
    m.update(key(1), word(6), 0)
    assert m.get((1).to_bytes(4, "little")) == [n.to_bytes(8, "little") for n in (5, 6, 0, 0)]


@pytest.mark.parametrize("kind,order", [(QUEUE, [1, 2, 3]), (STACK, [3, 2, 1])])
def test_queue_and_stack(kind: int, order: list[int]) -> None:
    m = made(kind, key=0, entries=3)
    for n in (1, 2, 3):
        assert m.push(word(n), 0) == 0
    assert negative(m.push(word(4), 0)) == -7
    place = word(0)
    assert m.peek(place) == 0 and number(place) == order[0]
    taken = []
    while m.pop(place) == 0:
        taken.append(number(place))
    assert taken == order and number(place) == 0
    assert negative(m.pop(place)) == -2


def test_a_full_queue_may_forget_its_oldest() -> None:
    m = made(QUEUE, key=0, entries=2)
    for n in (1, 2, 3):
        assert m.push(word(n), 2) == 0
    assert [v[0] for v in m.items()] == [2, 3]
    assert negative(m.push(word(1), 1)) == -22


def test_task_storage() -> None:
    m = made(TASK)
    task, other = (Ptr(task_region(kernel("6.18"), FakeTask())) for _ in range(2))
    assert m.get_or_make(task, 0, 0) == 0 and m.get_or_make(0, 0, 1) == 0
    value = m.get_or_make(task, word(7), 1)
    assert number(value) == 7 and m.get_or_make(task, 0, 0) == value and m.get_or_make(other, 0, 0) == 0
    m.forget(task.region)
    with pytest.raises(Stale):
        number(value)
    assert negative(m.remove(task)) == -2


def test_a_dead_task_gets_no_storage() -> None:
    m = made(TASK)
    task = task_region(kernel("6.18"), FakeTask())
    task.free()
    assert m.get_or_make(Ptr(task), 0, 1) == 0


def test_ring() -> None:
    m = made(RING, key=0, value=0, entries=64)
    assert m.output(word(5), 8, 0) == 0
    record = m.reserve(8, 0)
    record.region.store64(0, 6)
    m.output(word(7), 8, 0)
    assert m.query(0) == 48 and m.reserve(8, 0) == 0 and m.lost == 1
    assert [v[0] for v in m.take()] == [5]  # an open record stops the reader
    m.finish(record, True)
    assert [v[0] for v in m.take()] == [6, 7] and m.query(0) == 0
    with pytest.raises(Stale):
        record.region.store64(0, 1)
    with pytest.raises(BadArgument):
        m.finish(record, True)


def test_a_discarded_record_is_not_read() -> None:
    m = made(RING, key=0, value=0, entries=64)
    m.finish(m.reserve(8, 0), False)
    m.output(word(7), 8, 0)
    assert [v[0] for v in m.take()] == [7]


def test_a_reader_that_waits_is_told_but_of_what_comes_silently() -> None:
    m = made(RING, key=0, value=0, entries=64)
    m.output(word(7), 8, NO_WAKEUP)
    m.finish(m.reserve(8, 0), True)
    assert m.silent == 1 and len(m.take()) == 2


def test_an_update_carries_pointers_and_keeps_locks() -> None:
    m = made(ARRAY, value=16)
    place = m.lookup(key(0)).region
    lock = object()
    place.pointers[8] = lock
    source = Region("source", 16)
    source.store64(0, Ptr(source))
    m.update(key(0), Ptr(source), 0)
    assert place.load64(0) == Ptr(source) and place.pointers[8] is lock


def test_a_pointer_is_no_key() -> None:
    m = made(HASH, key=8)
    source = Region("source", 8)
    source.store64(0, Ptr(source))
    with pytest.raises(SplitPointer):
        m.lookup(Ptr(source))


def test_unknown_kinds() -> None:
    with pytest.raises(LoadError, match="lpm_trie, which the machine does not have"):
        made(11)


Operation = st.tuples(st.sampled_from(("put", "put_new", "put_old", "get", "delete")), st.integers(0, 5), st.integers(0, 255))


@settings(deadline=None)
@given(st.lists(Operation, max_size=60))
def test_hash_against_a_dict(operations: list[tuple[str, int, int]]) -> None:
    m, model = made(HASH, entries=3), {}
    for what, k, v in operations:
        if what == "get":
            found = m.lookup(key(k))
            assert (number(found) if found != 0 else None) == model.get(k)
        elif what == "delete":
            assert (m.delete(key(k)) == 0) == (model.pop(k, None) is not None)
        else:
            flags = {"put": 0, "put_new": 1, "put_old": 2}[what]
            fits = (k in model or len(model) < 3) and not (flags == 1 and k in model) and not (flags == 2 and k not in model)
            assert (m.update(key(k), word(v), flags) == 0) == fits
            if fits:
                model[k] = v
    assert {int.from_bytes(k, "little"): int.from_bytes(v, "little") for k, v in m.items()} == model


COUNT = """
stw [%r10-4], 0
mov %r2, %r10
add %r2, -4
lddw %r1, map hits
call 1
jeq %r0, 0, exit
ldxdw %r1, [%r0+0]
add %r1, 1
stxdw [%r0+0], %r1
mov %r0, %r1
exit
"""


def test_a_program_counts_in_a_map() -> None:
    calls = FakeKernel()
    machine = Machine(an_object({"main": COUNT}, a_map("hits", PERCPU_ARRAY)), kernel("6.18"), calls)
    count = machine.programs["main"]
    assert [count(), count()] == [1, 2]
    calls.current = 3
    assert count() == 1
    assert [int.from_bytes(v, "little") for v in machine.maps["hits"].get(0)] == [2, 0, 0, 1]  # type: ignore[attr-defined]


def test_machines_of_one_object_share_nothing() -> None:
    obj = an_object({"main": COUNT}, a_map("hits", PERCPU_ARRAY))
    first, second = (Machine(obj, kernel("6.18"), FakeKernel()) for _ in range(2))
    assert [first.programs["main"](), first.programs["main"](), second.programs["main"]()] == [1, 2, 1]


def test_past_the_end_of_a_value() -> None:
    text = COUNT.replace("ldxdw %r1, [%r0+0]", "ldxdw %r1, [%r0+8]")
    machine = Machine(an_object({"main": text}, a_map("hits", ARRAY)), kernel("6.18"), FakeKernel())
    with pytest.raises(Fault, match=r"offset 8 of a value of map hits\[0\], which has 8 bytes\n  in main, instruction 7"):
        machine.programs["main"]()
