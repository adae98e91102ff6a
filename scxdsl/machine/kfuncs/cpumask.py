# SPDX-License-Identifier: GPL-2.0-only
"""Sets of CPUs (kernel/bpf/cpumask.c). A cpumask is the bytes of its bits; a bpf_cpumask begins with one."""

from typing import Any

from ..errors import BadArgument
from ..memory import Ptr, Region
from .registry import kfunc


class CountedRegion(Region):
    """An object of the program's own, with references to it counted."""

    __slots__ = ("count",)

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name, size)
        self.count = 1


def bits(m: Any, mask: Ptr | None) -> int:
    """The set as a number, bit by CPU; CPUs past the possible ones do not count."""
    if mask is None:
        raise BadArgument("cpumask", "null where a cpumask was expected")
    size = (m.calls.cpus() + 7) // 8
    return int.from_bytes(mask.region.read(mask.offset, size), "little") & (1 << m.calls.cpus()) - 1


def put(m: Any, mask: Ptr, value: int) -> None:
    """Writes the set into a cpumask."""
    size = (m.calls.cpus() + 7) // 8
    mask.region.write(mask.offset, (value & (1 << m.calls.cpus()) - 1).to_bytes(size, "little"))


def _lowest(m: Any, value: int) -> int:
    return (value & -value).bit_length() - 1 if value else m.calls.cpus()


def _spread(m: Any, value: int) -> int:
    """The next member after the last one given on this CPU, around the end (lib/cpumask.c: cpumask_any_distribute)."""
    if not value:
        return m.calls.cpus()
    last = m.spread.get(m.calls.cpu(), 0)
    above = value >> last + 1 << last + 1
    chosen = _lowest(m, above or value)
    m.spread[m.calls.cpu()] = chosen
    return chosen


@kfunc
def bpf_cpumask_create(m: Any) -> Ptr:
    struct = m.kernel.struct("bpf_cpumask")
    made = Ptr(CountedRegion("a bpf_cpumask", struct.size if struct else 1032))
    m.acquire(made)
    return made


@kfunc
def bpf_cpumask_acquire(m: Any, mask: Ptr) -> Ptr:
    mask.region.check(mask.offset, 1)
    mask.region.count += 1  # type: ignore[attr-defined]
    m.acquire(mask)
    return mask


@kfunc
def bpf_cpumask_release(m: Any, mask: Ptr) -> None:
    m.release(mask, "bpf_cpumask_release")
    drop(mask.region)


def drop(region: Region) -> None:
    """One reference less; the last one takes the object along."""
    if isinstance(region, CountedRegion):
        region.count -= 1
        if not region.count:
            region.free()


@kfunc
def bpf_cpumask_first(m: Any, mask: Ptr) -> int:
    return _lowest(m, bits(m, mask))


@kfunc
def bpf_cpumask_first_zero(m: Any, mask: Ptr) -> int:
    return _lowest(m, ~bits(m, mask) & (1 << m.calls.cpus()) - 1)


@kfunc
def bpf_cpumask_first_and(m: Any, a: Ptr, b: Ptr) -> int:
    return _lowest(m, bits(m, a) & bits(m, b))


@kfunc
def bpf_cpumask_set_cpu(m: Any, cpu: int, mask: Ptr) -> None:
    if 0 <= cpu < m.calls.cpus():
        put(m, mask, bits(m, mask) | 1 << cpu)


@kfunc
def bpf_cpumask_clear_cpu(m: Any, cpu: int, mask: Ptr) -> None:
    if 0 <= cpu < m.calls.cpus():
        put(m, mask, bits(m, mask) & ~(1 << cpu))


@kfunc
def bpf_cpumask_test_cpu(m: Any, cpu: int, mask: Ptr) -> bool:
    return 0 <= cpu < m.calls.cpus() and bool(bits(m, mask) >> cpu & 1)


@kfunc
def bpf_cpumask_test_and_set_cpu(m: Any, cpu: int, mask: Ptr) -> bool:
    was = bpf_cpumask_test_cpu(m, cpu, mask)
    bpf_cpumask_set_cpu(m, cpu, mask)
    return was


@kfunc
def bpf_cpumask_test_and_clear_cpu(m: Any, cpu: int, mask: Ptr) -> bool:
    was = bpf_cpumask_test_cpu(m, cpu, mask)
    bpf_cpumask_clear_cpu(m, cpu, mask)
    return was


@kfunc
def bpf_cpumask_setall(m: Any, mask: Ptr) -> None:
    put(m, mask, -1)


@kfunc
def bpf_cpumask_clear(m: Any, mask: Ptr) -> None:
    put(m, mask, 0)


@kfunc
def bpf_cpumask_and(m: Any, target: Ptr, a: Ptr, b: Ptr) -> bool:
    both = bits(m, a) & bits(m, b)
    put(m, target, both)
    return bool(both)


@kfunc
def bpf_cpumask_or(m: Any, target: Ptr, a: Ptr, b: Ptr) -> None:
    put(m, target, bits(m, a) | bits(m, b))


@kfunc
def bpf_cpumask_xor(m: Any, target: Ptr, a: Ptr, b: Ptr) -> None:
    put(m, target, bits(m, a) ^ bits(m, b))


@kfunc
def bpf_cpumask_equal(m: Any, a: Ptr, b: Ptr) -> bool:
    return bits(m, a) == bits(m, b)


@kfunc
def bpf_cpumask_intersects(m: Any, a: Ptr, b: Ptr) -> bool:
    return bool(bits(m, a) & bits(m, b))


@kfunc
def bpf_cpumask_subset(m: Any, a: Ptr, b: Ptr) -> bool:
    return not bits(m, a) & ~bits(m, b)


@kfunc
def bpf_cpumask_empty(m: Any, mask: Ptr) -> bool:
    return not bits(m, mask)


@kfunc
def bpf_cpumask_full(m: Any, mask: Ptr) -> bool:
    return bits(m, mask) == (1 << m.calls.cpus()) - 1


@kfunc
def bpf_cpumask_copy(m: Any, target: Ptr, source: Ptr) -> None:
    put(m, target, bits(m, source))


@kfunc
def bpf_cpumask_any_distribute(m: Any, mask: Ptr) -> int:
    return _spread(m, bits(m, mask))


@kfunc
def bpf_cpumask_any_and_distribute(m: Any, a: Ptr, b: Ptr) -> int:
    return _spread(m, bits(m, a) & bits(m, b))


@kfunc
def bpf_cpumask_weight(m: Any, mask: Ptr) -> int:
    return bits(m, mask).bit_count()


@kfunc
def bpf_cpumask_populate(m: Any, mask: Ptr, source: Ptr, size: int) -> int:
    """Fills a mask from memory: -EACCES where that is shorter than the possible CPUs."""
    if size * 8 < m.calls.cpus():
        return -13
    put(m, mask, int.from_bytes(source.region.read(source.offset, size), "little"))
    return 0
