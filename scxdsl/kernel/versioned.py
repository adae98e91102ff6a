# SPDX-License-Identifier: GPL-2.0-only
"""A value that differs between kernels."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from scxdsl.source.records import dataclass

from .versions import Kernels

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Versioned(Generic[T]):
    """`rows` pair disjoint sets of kernels with the value they have; a kernel in no row has none."""

    rows: tuple[tuple[Kernels, T], ...]
    names: tuple[str, ...]

    @classmethod
    def read(cls, data: Any, names: tuple[str, ...], make: Callable[[Any, Kernels], T] = lambda v, _: v) -> "Versioned[T]":
        """From the index: a bare value (every kernel), [mask, value] rows, or None (no kernel)."""
        if data is None:
            return cls((), names)
        rows = data if isinstance(data, list) else [[(1 << len(names)) - 1, data]]
        made = []
        for mask, value in rows:
            kernels = Kernels(names, mask)
            made.append((kernels, make(value, kernels)))
        return cls(tuple(made), names)

    @property
    def where(self) -> Kernels:
        """The kernels that have a value."""
        mask = 0
        for kernels, _ in self.rows:
            mask |= kernels.mask
        return Kernels(self.names, mask)

    def on(self, series: str) -> T | None:
        """The value on one kernel."""
        return next((value for kernels, value in self.rows if series in kernels), None)

    def within(self, kernels: Kernels) -> "Versioned[T]":
        """The same, cut down to some kernels."""
        return Versioned(tuple((both, v) for k, v in self.rows if (both := k & kernels)), self.names)

    def values(self) -> tuple[T, ...]:
        """The values that occur, those of older kernels first."""
        return tuple(v for _, v in sorted(self.rows, key=lambda row: row[0].mask & -row[0].mask))

    def where_is(self, test: Callable[[T], bool]) -> Kernels:
        """The kernels whose value passes."""
        mask = 0
        for kernels, value in self.rows:
            if test(value):
                mask |= kernels.mask
        return Kernels(self.names, mask)

    def map(self, change: Callable[[T], U]) -> "Versioned[U]":
        return Versioned(tuple((k, change(v)) for k, v in self.rows), self.names)

    @property
    def newest(self) -> T | None:
        """The value on the newest kernel that has one."""
        return max(self.rows, key=lambda row: row[0].mask, default=(None, None))[1]

    def __iter__(self) -> Iterator[tuple[Kernels, T]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{kernels}: {value!r}" for kernels, value in self.rows) + "}"

    def __bool__(self) -> bool:
        return bool(self.rows)
