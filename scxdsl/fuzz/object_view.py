# SPDX-License-Identifier: GPL-2.0-only
"""Where an object that runs in the machine keeps what the policy declared: the memory of a variable or of a row, and what its bytes show."""

from typing import Any

from scxdsl.lowering.row_shape import map_name
from scxdsl.machine.maps.array import Array
from scxdsl.machine.maps.storage import Storage
from scxdsl.machine.memory import Region
from scxdsl.machine.on_model import Bytecode
from scxdsl.objects.layout import Layout, Record, layout_of, unpack

MASK_BYTES = 8
"""Of a mask: the model's machines have fewer CPUs than that has bits."""


class View:
    """`program` is read, never written."""

    def __init__(self, program: Bytecode) -> None:
        self._program = program
        self._object = program.machine.object
        self._layouts: dict[tuple[str, bool], Layout] = {}

    def map(self, name: str) -> Any:
        return self._program.machine.maps[name]

    def per_cpu(self, name: str) -> list[Any]:
        """The one value of a per-CPU array, for each CPU."""
        return [unpack(self.layout(name), data) for data in self.map(name).get(0)]

    def variable(self, name: str) -> Region:
        return self._program.machine.globals.region(name)

    def row(self, kind: str, owner: Any) -> Region | None:
        """That of a task or cgroup, or the one with that number; None where there is none."""
        found = self.map(map_name(kind))
        match found:
            case Storage():
                return self.stored(map_name(kind), owner)
            case Array():
                return found.at(owner)
        return found.at(0, owner)

    def stored(self, name: str, owner: Any) -> Region | None:
        """What a storage has for a task or cgroup."""
        region = self._program.objects.region(owner)
        return self.map(name).at(region) if region is not None else None

    def layout(self, name: str, key: bool = False) -> Layout:
        """Of the values of a map, or its keys."""
        found = self._layouts.get((name, key))
        if found is None:
            described = next(d for d in self._object.maps if d.name == name)
            assert self._object.btf is not None
            found = self._layouts[name, key] = layout_of(self._object.btf, described.key_type if key else described.value_type)
        return found

    def layout_of_variable(self, name: str) -> Layout:
        variable = self._object.variable(name)
        assert variable is not None and self._object.btf is not None
        return layout_of(self._object.btf, variable.type)

    def offset(self, kind: str, field: str) -> tuple[int, Layout]:
        """Where a field lies in a row, and its layout."""
        layout = self.layout(map_name(kind))
        assert isinstance(layout, Record)
        part = layout.part(field)
        assert part is not None
        return part.offset, part.layout


def mask(region: Region, offset: int = 0) -> int:
    """The members of the mask that a pointer there leads to, as bits; none where there is no mask."""
    found = region.pointers.get(offset)
    return int.from_bytes(found.region.data[:MASK_BYTES], "little") if found is not None else 0
