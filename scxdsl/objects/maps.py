# SPDX-License-Identifier: GPL-2.0-only
"""Maps of an object, by libbpf's convention: a variable in `.maps` whose struct type carries the numbers.

A number n is a pointer to an array of n elements, a key or value type a pointer to it
(tools/lib/bpf/libbpf.c: parse_btf_map_def).
"""

from dataclasses import replace

from ..kernel.btf import Btf, BtfError
from ..kernel.btf_types import Array, Datasec, Ptr, Struct, Var
from .errors import BadMap
from .object import Map
from .programs import own_tags

# enum bpf_map_type of include/uapi/linux/bpf.h, in order.
MAP_TYPES = (
    "unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array", "stack_trace",
    "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps", "hash_of_maps", "devmap", "sockmap",
    "cpumap", "xskmap", "sockhash", "cgroup_storage", "reuseport_sockarray", "percpu_cgroup_storage", "queue", "stack",
    "sk_storage", "devmap_hash", "struct_ops", "ringbuf", "inode_storage", "task_storage", "bloom_filter",
    "user_ringbuf", "cgrp_storage", "arena", "insn_array",
)  # fmt: skip

_NUMBERS = {"type", "max_entries", "map_flags", "key_size", "value_size", "numa_node", "map_extra", "pinning"}


def map_type_name(number: int) -> str:
    return MAP_TYPES[number] if number < len(MAP_TYPES) else str(number)


def read_maps(btf: Btf, places: dict[str, int]) -> tuple[Map, ...]:
    """The maps in order of their definition. `places` gives each one's offset in `.maps` by name.

    Raises BadMap for a definition that libbpf would refuse.
    """
    found = []
    for section in btf.of_kind(Datasec):
        if section.name != ".maps":
            continue
        for entry in section.vars:
            variable = btf[entry.type]
            if not isinstance(variable, Var):
                raise BadMap("?", "its entry in the BTF is no variable")
            if variable.name not in places:
                raise BadMap(variable.name, "the symbol table lacks it")
            found.append(replace(_one(btf, variable.name, variable.type, places[variable.name]), tags=own_tags(btf, variable.id)))
    return tuple(sorted(found, key=lambda m: m.offset))


def _one(btf: Btf, name: str, type_id: int, offset: int) -> Map:
    definition = btf.strip(type_id)
    if not isinstance(definition, Struct):
        raise BadMap(name, "its type is no struct")
    numbers: dict[str, int] = {}
    types: dict[str, int] = {}
    inner: Map | None = None
    for member in definition.members:
        if member.name in _NUMBERS:
            numbers[member.name] = _number(btf, name, member.name, member.type)
        elif member.name in ("key", "value"):
            pointer = btf.strip(member.type)
            if not isinstance(pointer, Ptr):
                raise BadMap(name, f"`{member.name}` is no pointer to a type")
            types[member.name] = pointer.target
        elif member.name == "values":
            inner = _values(btf, name, member.type)
        else:
            raise BadMap(name, f"the member `{member.name}` is not known")
    for what, id in types.items():
        try:
            size = btf.size_of(id)
        except BtfError as cause:
            raise BadMap(name, f"its {what} has no size") from cause
        if numbers.setdefault(f"{what}_size", size) != size:
            raise BadMap(name, f"two sizes are given for its {what}: {numbers[f'{what}_size']} and {size}")
    if "type" not in numbers:
        raise BadMap(name, "it has no type")
    return Map(
        name,
        numbers["type"],
        map_type_name(numbers["type"]),
        numbers.get("key_size", 0),
        numbers.get("value_size", 0),
        numbers.get("max_entries", 0),
        numbers.get("map_flags", 0),
        numbers.get("map_extra", 0),
        numbers.get("pinning", 0) == 1,
        types.get("key"),
        types.get("value"),
        inner,
        offset,
    )


def _number(btf: Btf, name: str, member: str, type_id: int) -> int:
    pointer = btf.strip(type_id)
    array = btf.strip(pointer.target) if isinstance(pointer, Ptr) else None
    if not isinstance(array, Array):
        raise BadMap(name, f"`{member}` is no pointer to an array, whose length would be the number")
    return array.length


def _values(btf: Btf, name: str, type_id: int) -> Map | None:
    """The inner map of a map of maps; None for an array of programs."""
    array = btf.strip(type_id)
    pointer = btf.strip(array.element) if isinstance(array, Array) else None
    if not isinstance(pointer, Ptr):
        raise BadMap(name, "`values` is no array of pointers")
    if isinstance(btf.strip(pointer.target), Struct):
        return _one(btf, f"{name}.inner", pointer.target, 0)
    return None
