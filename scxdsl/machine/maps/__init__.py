# SPDX-License-Identifier: GPL-2.0-only
"""The maps of an object, one class a kind."""

from ...objects.object import Map as Definition
from ..errors import LoadError
from .array import Array, PerCpuArray
from .base import BpfMap, Host
from .hash import Hash, LruHash, LruPerCpuHash, PerCpuHash
from .queue import Queue, Stack
from .ring import RingBuffer, UserRingBuffer
from .storage import Storage

KINDS: dict[str, type[BpfMap]] = {
    "array": Array,
    "percpu_array": PerCpuArray,
    "hash": Hash,
    "lru_hash": LruHash,
    "percpu_hash": PerCpuHash,
    "lru_percpu_hash": LruPerCpuHash,
    "queue": Queue,
    "stack": Stack,
    "task_storage": Storage,
    "cgrp_storage": Storage,
    "ringbuf": RingBuffer,
    "user_ringbuf": UserRingBuffer,
}


def make_map(definition: Definition, host: Host) -> BpfMap:
    """Raises LoadError for a kind that the machine lacks."""
    kind = KINDS.get(definition.type_name)
    if kind is None:
        raise LoadError(f"map `{definition.name}` is of the kind {definition.type_name}, which the machine does not have")
    return kind(definition, host)
