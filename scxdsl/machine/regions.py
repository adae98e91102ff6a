# SPDX-License-Identifier: GPL-2.0-only
"""Regions that are not bytes: a callback's arguments, and kernel objects whose fields the model holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..kernel.ctype import Kind
from .errors import OutOfRange, ReadOnly, Stale, UnknownField
from .kernel import Kernel
from .memory import M64, Ptr, Region


class Context(Region):
    """The arguments of a callback, 8 bytes each, read-only (kernel/bpf/btf.c: btf_ctx_access)."""

    __slots__ = ("values",)

    def __init__(self, values: list[Any]) -> None:
        self.name = "the context"
        self.values = values
        self.size = 8 * len(values)
        self.pointers = {}
        self.readonly = True
        self.data = bytearray()

    def check(self, at: int, size: int, write: bool = False) -> None:
        if write:
            raise ReadOnly(self.name, at)
        if at & 7 or not 0 <= at < self.size:
            raise OutOfRange(self.name, self.size, at, size, False)


def _context_loader(size: int) -> Callable[[Context, int], Any]:
    mask = (1 << size * 8) - 1

    def load(self: Context, at: int) -> Any:
        if at & 7 or at < 0:
            self.check(at, size)
        try:
            return self.values[at >> 3] & mask
        except IndexError:
            self.check(at, size)
            raise

    return load


for _size in (1, 2, 4, 8):
    setattr(Context, f"load{_size * 8}", _context_loader(_size))


Getter = Callable[[Any], Any]
Setter = Callable[[Any, int], None]


@dataclass(frozen=True)
class Accessor:
    """One field of a kernel object: `get` gives the model's value of it, `set` writes it (None: read-only)."""

    path: str
    offset: int
    size: int
    get: Getter
    set: Setter | None
    mask: int


@dataclass(frozen=True)
class ObjectLayout:
    """Fields of one kernel type, at the offsets that CO-RE resolves to."""

    kernel: Kernel
    type: str
    size: int
    fields: dict[int, Accessor]


def bind(kernel: Kernel, type_: str, readers: Mapping[str, Getter], writers: Mapping[str, Setter] = {}) -> ObjectLayout:
    """The layout of `struct type_` on that kernel, fields by path (`scx.slice`); those that the kernel lacks are left out.

    A reader gets the model's object and gives an int or bool, bytes for an array or struct, or for a pointer a `Ptr`, a region or None.
    """
    struct = kernel.struct(type_)
    fields: dict[int, Accessor] = {}
    for path, get in readers.items():
        found = kernel.locate(type_, path)
        if found is None:
            continue
        pointer = found.type.kind is Kind.POINTER
        whole = found.type.kind in (Kind.ARRAY, Kind.STRUCT, Kind.UNION)
        mask = 0 if pointer or whole else (1 << (found.bits or found.size * 8)) - 1
        size = 1 << (max(8, found.bits) - 1).bit_length() >> 3 if found.bits else found.size
        fields[found.offset] = Accessor(path, found.offset, size, get, writers.get(path), mask)
    return ObjectLayout(kernel, type_, struct.size if struct else 0, fields)


class KernelObject(Region):
    """A kernel object: `source` is the model's. Only the fields of its layout can be reached."""

    __slots__ = ("layout", "source", "fields")

    def __init__(self, layout: ObjectLayout, source: Any, name: str = "") -> None:
        self.name = name or layout.type
        self.layout = layout
        self.source = source
        self.fields = layout.fields
        self.size = layout.size
        self.pointers = {}
        self.readonly = False
        self.data = bytearray()
        self._alive = True

    @property
    def _alive(self) -> bool:
        return self.fields is not _NO_FIELDS

    @_alive.setter
    def _alive(self, value: bool) -> None:
        self.fields = self.layout.fields if value else _NO_FIELDS

    @property
    def gone(self) -> bool:
        return not self._alive

    def free(self) -> None:
        """The object is gone: every access is Stale."""
        self._alive = False

    def check(self, at: int, size: int, write: bool = False) -> None:
        if not self._alive:
            raise Stale(self.name)
        if at < 0 or at + size > self.size:
            raise OutOfRange(self.name, self.size, at, size, write)
        self._accessor(at, size, write)

    def _accessor(self, at: int, size: int, write: bool) -> Accessor:
        found = self.fields.get(at)
        if found is not None and found.size >= size and not write:
            return found
        if found is not None and found.size == size and found.set is not None:
            return found
        if not write:
            for f in self.fields.values():  # inside an array
                if f.offset <= at and at + size <= f.offset + f.size:
                    return f
        if not self._alive:
            raise Stale(self.name)
        raise UnknownField(self.layout.type, self.layout.kernel.field_at(self.layout.type, at), at, write)

    def load(self, at: int, size: int) -> Any:
        found = self.fields.get(at)
        if found is None or found.size != size:
            found = self._accessor(at, size, False)
        value = found.get(self.source)
        if found.mask:
            value &= found.mask
            return value if found.size == size else value >> (at - found.offset) * 8 & ((1 << size * 8) - 1)
        if isinstance(value, bytes | bytearray):
            start = at - found.offset
            return int.from_bytes(value[start : start + size], "little")
        if found.size != size:
            raise UnknownField(self.layout.type, found.path, at)
        return KERNEL_NULL if value is None else address(value)

    def store(self, at: int, size: int, value: Any) -> None:
        found = self._accessor(at, size, True)
        assert found.set is not None
        found.set(self.source, value)

    def read(self, at: int, size: int) -> bytes:
        """Bytes of one scalar field or array."""
        found = self._accessor(at, size, False)
        value = found.get(self.source)
        if found.mask:
            value = (int(value) & found.mask).to_bytes(found.size, "little")
        elif not isinstance(value, bytes | bytearray):
            raise UnknownField(self.layout.type, found.path, at)
        start = at - found.offset
        return bytes(value[start : start + size]).ljust(size, b"\0")

    def write(self, at: int, data: bytes) -> None:
        self.store(at, len(data), int.from_bytes(data, "little"))

    def text(self, at: int = 0) -> str:
        found = self._accessor(at, 1, False)
        return self.read(at, found.offset + found.size - at).split(b"\0")[0].decode("utf-8", "replace")


_NO_FIELDS: dict[int, Accessor] = {}


class _Nothing(Region):
    """What lies behind a NULL that came out of a kernel object: loads give 0 (kernel/bpf/verifier.c turns them into PROBE_MEM, whose fault
    clears the register: ex_handler_bpf); it cannot be written."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("what lies behind a NULL of the kernel", b"", readonly=True)


for _size in (8, 16, 32, 64):
    setattr(_Nothing, f"load{_size}", (lambda self, at: KERNEL_NULL) if _size == 64 else lambda self, at: 0)


class KernelNull(int):
    """0, as a pointer of the kernel's own: it may be read behind."""

    region = _Nothing()
    offset = 0


KERNEL_NULL = KernelNull(0)


def _object_loader(size: int) -> Callable[[KernelObject, int], Any]:
    def load(self: KernelObject, at: int) -> Any:
        found = self.fields.get(at)
        if found is not None and found.size == size and found.mask:
            return found.get(self.source) & found.mask
        return self.load(at, size)

    return load


def _object_storer(size: int) -> Callable[[KernelObject, int, Any], None]:
    return lambda self, at, value: self.store(at, size, value)


for _size in (1, 2, 4, 8):
    setattr(KernelObject, f"load{_size * 8}", _object_loader(_size))
    setattr(KernelObject, f"store{_size * 8}", _object_storer(_size))


def address(value: Any) -> Any:
    """What a register holds for a value of the model: pointers for regions, 0 for None, numbers cut to 64 bits."""
    if value is None:
        return 0
    if isinstance(value, Region):
        return Ptr(value)
    if isinstance(value, int):
        return int(value) & M64
    return value
