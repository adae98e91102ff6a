# SPDX-License-Identifier: GPL-2.0-only
"""The globals of an object: each variable is a region of its own, so that running past one does not reach the next."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from ..objects.layout import layout_of, unpack
from ..objects.object import Object
from .errors import LoadError
from .memory import Ptr, Region


class Globals:
    """`params` replaces the initial bytes of variables by name. Raises LoadError for a name or size that does not fit."""

    def __init__(self, obj: Object, params: Mapping[str, bytes] = {}) -> None:
        self._object = obj
        self._starts: dict[str, list[int]] = {}
        self._regions: dict[str, list[Region]] = {}
        self._named: dict[str, Region] = {}
        unknown = set(params) - {g.name for g in obj.globals}
        if unknown:
            raise LoadError(f"the object has no global `{min(unknown)}`")
        for section, data in obj.sections.items():
            self._cut(section, data, params)

    def _cut(self, section: str, data: bytes, params: Mapping[str, bytes]) -> None:
        """Variables, and what lies between them (such as texts without a name) as regions too."""
        constant = section.startswith(".rodata")
        starts: list[int] = []
        regions: list[Region] = []

        def add(start: int, end: int, name: str) -> Region:
            starts.append(start)
            regions.append(Region(name, data[start:end], constant))
            return regions[-1]

        at = 0
        for g in sorted((g for g in self._object.globals if g.section == section), key=lambda g: g.offset):
            if g.offset > at:
                add(at, g.offset, f"{section}+{at}")
            region = add(g.offset, g.offset + g.size, f"the variable {g.name}")
            self._named[g.name] = region
            if g.name in params:
                if len(params[g.name]) != g.size:
                    raise LoadError(f"the global `{g.name}` takes {g.size} bytes")
                region.data[:] = params[g.name]
            at = max(at, g.offset + g.size)
        if at < len(data):
            add(at, len(data), f"{section}+{at}")
        self._starts[section], self._regions[section] = starts, regions

    def pointer(self, section: str, offset: int) -> Ptr:
        """The address of a byte of a section, in the variable that holds it."""
        starts = self._starts.get(section)
        index = bisect_right(starts, offset) - 1 if starts else -1
        if not starts or index < 0:
            raise LoadError(f"nothing lies at {section}+{offset}")
        return Ptr(self._regions[section][index], offset - starts[index])

    def region(self, name: str) -> Region:
        """The variable of that name. Raises KeyError."""
        return self._named[name]

    def value(self, name: str) -> Any:
        """A variable as a Python value, shaped by its type (see objects/layout.py). Raises KeyError."""
        region = self._named[name]
        variable = self._object.variable(name)
        assert variable is not None and self._object.btf is not None
        return unpack(layout_of(self._object.btf, variable.type), bytes(region.data))

    def snapshot(self) -> dict[str, bytes]:
        """Bytes of every variable that programs can write, by name."""
        return {name: bytes(r.data) for name, r in self._named.items() if not r.readonly}

    def names(self) -> tuple[str, ...]:
        return tuple(self._named)
